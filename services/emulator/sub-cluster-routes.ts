/** The sub-cluster's API: the port `SubCluster` over HTTP. Each handler decides and acts in one turn: writes are atomic. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { GroupStatus } from '../../core/ports.ts'
import type { FleetWrite } from '../../core/rollout/fleet-write.ts'
import type { WorldSubCluster } from '../../simulator/sub-cluster.ts'
import type { ApiMethod } from './api-faults.ts'
import type { Emulation } from './emulation.ts'
import { badRequest, notFound, parseBody } from './http-errors.ts'
import { applyBody, gateBody, registrationTargetBody, undoBody } from './write-bodies.ts'

type Path = { readonly Params: { readonly name: string; readonly group: string; readonly instance: string } }
type Call = FastifyRequest<Path>

export const addSubClusterRoutes = (http: FastifyInstance, { world, apiFaults }: Emulation): void => {
  const base = '/sub-clusters/:name'
  /** Finds the sub-cluster, then runs the call under the planted API faults. */
  const served =
    <T>(method: ApiMethod, effect: (subCluster: WorldSubCluster, call: Call) => T) =>
    async (call: Call): Promise<T> => {
      const subCluster = world.subClusters.get(call.params.name) ?? notFound('sub-cluster', call.params.name)
      return apiFaults.around(method, () => effect(subCluster, call))
    }
  http.get<Path>(`${base}/nodes`, served('listNodes', (subCluster) => subCluster.nodes()))
  http.get<Path>(`${base}/groups`, served('listGroups', (subCluster, call) => ({
    complete: true,
    groups: subCluster.groups().map((group) => withMetricsUrls(group, call)),
  })))
  http.get<Path>(`${base}/groups/:group`, served('readGroup', (subCluster, call) => {
    const group = subCluster.group(call.params.group)
    return { group: group === null ? null : withMetricsUrls(group, call) }
  }))
  const write = <M extends FleetWrite['method']>(method: M, path: string, schema: z.ZodType<Extract<FleetWrite, { method: M }>['write']>): void => {
    http.post<Path>(`${base}/groups/:group/${path}`, async (call) => {
      const body = parseBody(schema, call.body)
      if (body.group !== call.params.group) return badRequest(`group ${body.group} in the body; the path says ${call.params.group}`)
      const order = { method, write: body } as unknown as FleetWrite
      return served(method, (subCluster) => subCluster.write(order, world.now))(call)
    })
  }
  write('applyGroup', 'apply', applyBody)
  write('setRegistrationTarget', 'registration-target', registrationTargetBody)
  write('undo', 'undo', undoBody)
  http.post<Path>(`${base}/groups/:group/instances/:instance/registered`, served('setRegistered', (subCluster, call) => {
    const { group, instance } = call.params
    const { registered } = parseBody(gateBody, call.body)
    if (!subCluster.setGate({ group, instance, registered }, world.now)) notFound('instance', `${group}/${instance}`)
    return {}
  }))
}

/** A ready instance listens at this server, under the name by which the caller reached it. */
const withMetricsUrls = (group: GroupStatus, call: Call): GroupStatus => ({
  ...group,
  instances: group.instances.map((instance) => ({
    ...instance,
    metricsUrl: listens(instance.phase) ? `${call.protocol}://${call.host}/engines/${encodeURIComponent(instance.instance)}/metrics` : null,
  })),
})

const listens = (phase: string): boolean => phase === 'ready' || phase === 'terminating'
