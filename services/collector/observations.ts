/** From a sub-cluster's groups to records about instances and inventory. Pure. */
import type { InstancesObserved, InventoryObserved, NodeObservation, RoleObservation } from '../../core/events/observed.ts'
import { groupBy } from '../../core/group-by.ts'
import type { GroupStatus, InstanceStatus } from '../../core/ports.ts'
import { roles, type Role } from '../../core/roles.ts'
import type { EpochMs } from '../../core/units.ts'

export type ClusterView = {
  readonly cell: string
  readonly subCluster: string
  readonly observedAt: EpochMs
  readonly complete: boolean
  readonly groups: readonly GroupStatus[]
  readonly nodes: readonly NodeObservation[]
}

/** One record per service; a service without groups here gets an empty one, which is news too. */
export const instancesObserved = (view: ClusterView, service: string): InstancesObserved => ({
  type: 'InstancesObserved',
  service,
  subCluster: view.subCluster,
  complete: view.complete,
  observedAt: view.observedAt,
  groups: view.groups
    .filter((group) => group.service === service)
    .map((group) => ({
      group: group.group,
      domain: group.domain,
      sequence: group.sequence,
      roles: roles.map((role) => roleObservation(group, role)),
    })),
})

const roleObservation = (group: GroupStatus, role: Role): RoleObservation => {
  const instances = group.instances.filter((instance) => instance.role === role && instance.phase !== 'terminating')
  const count = (test: (instance: InstanceStatus) => boolean): number => instances.filter(test).length
  return {
    role,
    desired: group.counts[role],
    scheduled: count((instance) => instance.node !== null),
    ready: count((instance) => instance.phase === 'ready'),
    registered: count((instance) => instance.phase === 'ready' && instance.registered),
    gpuType: group.gpuTypes[role],
  }
}

/** Nodes and groups of each S2 domain. A group whose domain spans several S2 switches stands in the first of them. */
export const inventoriesObserved = (view: ClusterView): readonly InventoryObserved[] => {
  const domains = groupBy(view.nodes, (node) => `${node.vdc}/${node.cluster}/${node.subCluster}/${node.s2}`)
  const paths = [...domains.keys()].sort()
  return paths.map((path) => ({
    type: 'InventoryObserved',
    cell: view.cell,
    subCluster: view.subCluster,
    s2: (domains.get(path)?.[0] as NodeObservation).s2,
    observedAt: view.observedAt,
    nodes: domains.get(path) ?? [],
    groups: view.groups.filter((group) => homeOf(group.domain, paths) === path).map(placedGroup),
  }))
}

/**
 * The inventory of a domain that had nodes and has none in a complete look. Groups whose home it was and which no domain
 * with nodes took over are named: they still stand as objects.
 */
export const inventoryOfGone = (view: ClusterView, { s2, ...before }: InventoryObserved): InventoryObserved => {
  const standing = new Set(inventoriesObserved(view).flatMap(({ groups }) => groups.map(({ group }) => group)))
  const mine = new Set(before.groups.map(({ group }) => group))
  const orphans = view.groups.filter(({ group }) => mine.has(group) && !standing.has(group))
  return { type: 'InventoryObserved', cell: view.cell, subCluster: view.subCluster, s2, observedAt: view.observedAt, nodes: [], groups: orphans.map(placedGroup) }
}

const homeOf = (domain: string, paths: readonly string[]): string | undefined =>
  paths.find((path) => domain === path || domain.startsWith(`${path}/`)) ?? paths.find((path) => path.startsWith(`${domain}/`))

const placedGroup = (group: GroupStatus): InventoryObserved['groups'][number] => ({
  group: group.group,
  service: group.service,
  uid: group.uid,
  resourceVersion: group.resourceVersion,
  sequence: group.sequence,
  counts: group.counts,
  gpuTypes: group.gpuTypes,
  domain: group.domain,
})
