/** What operators order, and what stands ordered. */
import type { FastifyInstance } from 'fastify'
import type { ApplyPorts } from './apply.ts'
import type { ControlAnswer, ListAnswer } from './answers.ts'
import { readControlOrder } from './control-order.ts'
import { listed } from './listed.ts'
import { orderControl } from './order-control.ts'
import { authorHeader, noQuery, parseOrDefault, parseOrRefuse, waitQuery } from './query.ts'
import { removeService } from './remove-service.ts'

/** An order is some 300 bytes. */
const ORDER_BYTES = 4096

type Asked = { readonly query: unknown; readonly headers: { readonly [name: string]: string | string[] | undefined } }
const header = 'x-heteroscale-author'

export const addControlRoutes = (scope: FastifyInstance, ports: ApplyPorts): void => {
  scope.get('/controls', async (request): Promise<ListAnswer<ControlAnswer>> => {
    parseOrRefuse(noQuery, request.query, 'query')
    return listed(ports, ports.model.controls.inForce(ports.clock.now()))
  })
  scope.post<{ Body: Buffer | undefined }>('/controls', { bodyLimit: ORDER_BYTES }, async (request, reply) => {
    const order = readControlOrder(request.body ?? Buffer.alloc(0))
    const isEmergency = order.control === 'kill-switch' && order.value === 'on'
    const answer = await orderControl(ports, { order, ...(isEmergency ? forgiving(request) : strict(request)) })
    return reply.code(answer.waiting.length === 0 ? 200 : 202).send(answer)
  })
  scope.delete<{ Params: { name: string } }>('/services/:name', async (request, reply) => {
    const answer = await removeService(ports, { service: request.params.name, ...strict(request) })
    return reply.code(answer.outcome === 'deleted' ? 200 : 202).send(answer)
  })
}

const strict = ({ query, headers }: Asked) => ({
  author: parseOrRefuse(authorHeader, headers[header], `header/${header}`),
  waitMs: parseOrRefuse(waitQuery, query, 'query').waitSeconds * 1000,
})

const forgiving = ({ query, headers }: Asked) => ({
  author: parseOrDefault(authorHeader, headers[header], 'unknown'),
  waitMs: parseOrDefault(waitQuery, query, {}).waitSeconds * 1000,
})
