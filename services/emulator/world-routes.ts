/** What the emulator offers beside the sub-cluster's API: engines' metrics, faults, change log, workload and report. */
import type { FastifyInstance } from 'fastify'
import type { Emulation } from './emulation.ts'
import { notFound, parseBody } from './http-errors.ts'
import { workloadSchema } from './scenario.ts'
import { changesQuery, faultBody, reportQuery } from './write-bodies.ts'

type Named = { readonly Params: { readonly name: string } }

export const addWorldRoutes = (http: FastifyInstance, emulation: Emulation): void => {
  addMetricsRoutes(http, emulation)
  addFaultRoutes(http, emulation)
  addRecordRoutes(http, emulation)
  addWorkloadRoutes(http, emulation)
}

const prometheusText = 'text/plain; version=0.0.4; charset=utf-8'

const addMetricsRoutes = (http: FastifyInstance, { world }: Emulation): void => {
  http.get<Named>('/engines/:name/metrics', async ({ params }, reply) =>
    reply.header('content-type', prometheusText).send(world.enginePage(params.name) ?? notFound('engine', params.name)),
  )
  http.get<Named>('/nodes/:name/metrics', async ({ params }, reply) =>
    reply.header('content-type', prometheusText).send(world.nodePage(params.name) ?? notFound('node', params.name)),
  )
}

const addFaultRoutes = (http: FastifyInstance, { world, apiFaults }: Emulation): void => {
  http.post('/faults', async ({ body }) => {
    const fault = parseBody(faultBody, body)
    return 'times' in fault ? apiFaults.plant(fault) : world.plantFault(fault)
  })
  http.get('/faults', async () => ({ faults: [...world.faults.list(), ...apiFaults.list()] }))
  http.delete<Named>('/faults/:name', async ({ params }) =>
    world.liftFault(params.name) || apiFaults.lift(params.name) ? {} : notFound('fault', params.name),
  )
}

const addRecordRoutes = (http: FastifyInstance, { world, clock }: Emulation): void => {
  http.get('/changes', async ({ query }, reply) => {
    const lines = world.changes(parseBody(changesQuery, query).after).map((change) => `${JSON.stringify(change)}\n`)
    return reply.header('content-type', 'application/x-ndjson').send(lines.join(''))
  })
  http.get('/report', async ({ query }) => {
    const { service, ttftMs, tbtMs } = parseBody(reportQuery, query)
    const chosen = [...world.services.values()].filter(({ options }) => (service ?? options.service) === options.service)
    if (service !== undefined && chosen.length === 0) notFound('service', service)
    const services = chosen.map(({ options, tally }) =>
      tally.report(options.service, world.now, { ttftMs: ttftMs ?? options.slo.ttftMs, tbtMs: tbtMs ?? options.slo.tbtMs }),
    )
    return { time: world.now, speed: clock.speed, services }
  })
}

const addWorkloadRoutes = (http: FastifyInstance, emulation: Emulation): void => {
  http.get('/workloads', async () => ({
    time: emulation.world.now,
    workloads: [...emulation.world.services.values()].map((serving) => ({ service: serving.options.service, running: serving.workload(), waiting: serving.waiting() })),
  }))
  http.post<Named>('/workloads/:name/start', async ({ params, body }) => {
    const config = body === undefined || body === null ? undefined : parseBody(workloadSchema, body)
    if (!emulation.startWorkload(params.name, config)) notFound('service', params.name)
    return { startedAt: emulation.world.now }
  })
  http.post<Named>('/workloads/:name/stop', async ({ params }) => (emulation.stopWorkload(params.name) ? {} : notFound('service', params.name)))
}
