/**
 * The fleet of one sub-cluster as a value: nodes, groups and their instances. A controller's reconciliation is part of
 * every step. What time does to an instance (start-up, failure) comes from outside through `setPhase`.
 */
import type { NodeObservation } from '../events/observed.ts'
import type { GroupId, ServiceId } from '../ids.ts'
import type { GroupStatus, InstanceStatus } from '../ports.ts'
import { noInstances, type RoleCounts } from '../roles.ts'
import type { EpochMs } from '../units.ts'
import type { FleetChange, PhaseChange } from './fleet-change.ts'
import { chooseNode, instanceChanges, servingCounts } from './group-instances.ts'
import { emptyGroupStore, type GroupObject, type GroupStore } from './group-object.ts'

/** An instance with what the sub-cluster knows beyond its status. */
export type Member = InstanceStatus & {
  readonly group: GroupId
  readonly service: ServiceId
  readonly gpus: number
  /** Key of the write that created it, or the cause of its replacement. */
  readonly createdBy: string
}

export type Fleet = {
  readonly store: GroupStore
  /** `gpusFree` is what the node has apart from the fleet's own instances. */
  readonly nodes: readonly NodeObservation[]
  readonly members: ReadonlyMap<string, Member>
  /** Number of the next instance; never used twice, so a name means one instance for ever. */
  readonly nextOrdinal: number
}

export type FleetStep = { readonly fleet: Fleet; readonly changes: readonly FleetChange[] }

export const createFleet = (nodes: readonly NodeObservation[]): Fleet => ({
  store: emptyGroupStore,
  nodes: nodes.map((node) => ({ ...node, gpusFree: node.gpus })),
  members: new Map(),
  nextOrdinal: 0,
})

/** Creates what is missing and begins to terminate what is too much in `group`; a failed member is replaced. */
export const reconcile = (fleet: Fleet, group: GroupId, cause: { readonly at: EpochMs; readonly by: string }): FleetStep => {
  const object = fleet.store.groups.get(group) ?? null
  let nextOrdinal = fleet.nextOrdinal
  const { create, remove } = instanceChanges(object, membersOf(fleet, group), () => nextOrdinal++)
  const members = new Map(fleet.members)
  const changed: Member[] = []
  const put = (member: Member): void => {
    members.set(member.instance, member)
    changed.push(member)
  }
  for (const { role, instance } of object === null ? [] : create) {
    put({ ...newMember(object as GroupObject, cause), role, instance, gpuType: object?.gpuTypes[role] ?? '', gpus: object?.gpusPerInstance[role] ?? 0 })
  }
  for (const instance of remove) {
    put({ ...(members.get(instance) as Member), phase: 'terminating', registered: false })
  }
  return withPhases(fleet, { ...fleet, members, nextOrdinal }, { changed, ...cause })
}

const newMember = (object: GroupObject, cause: { readonly at: EpochMs; readonly by: string }) => ({
  group: object.group,
  service: object.service,
  node: null,
  phase: 'pending' as const,
  registered: false,
  metricsUrl: null,
  createdAt: cause.at,
  createdBy: cause.by,
})

/** Gives a node to each pending member that fits somewhere, oldest first. */
export const schedule = (fleet: Fleet, at: EpochMs): FleetStep => {
  const free = new Map(observeNodes(fleet).map((node) => [node.node, node]))
  const members = new Map(fleet.members)
  const changed: Member[] = []
  for (const member of fleet.members.values()) {
    const domain = fleet.store.groups.get(member.group)?.domain
    if (member.phase !== 'pending' || domain === undefined) continue
    const node = chooseNode([...free.values()], { domain, gpuType: member.gpuType, gpus: member.gpus })
    if (node === null) continue
    free.set(node.node, { ...node, gpusFree: node.gpusFree - member.gpus })
    const starting: Member = { ...member, node: node.node, phase: 'starting' }
    members.set(member.instance, starting)
    changed.push(starting)
  }
  return withPhases(fleet, { ...fleet, members }, { changed, at, by: 'scheduled' })
}

/** Moves one instance to a phase. Unknown instances are left alone: they are gone already. */
export const setPhase = (fleet: Fleet, instance: string, to: { readonly phase: InstanceStatus['phase']; readonly at: EpochMs; readonly by: string }): FleetStep => {
  const member = fleet.members.get(instance)
  if (member === undefined || member.phase === to.phase) return { fleet, changes: [] }
  const changed: Member = { ...member, phase: to.phase }
  return withPhases(fleet, { ...fleet, members: new Map(fleet.members).set(instance, changed) }, { changed: [changed], ...to })
}

/** The instance no longer exists; its GPUs are free. */
export const dropMember = (fleet: Fleet, instance: string, at: EpochMs): FleetStep => {
  const member = fleet.members.get(instance)
  if (member === undefined) return { fleet, changes: [] }
  const members = new Map(fleet.members)
  members.delete(instance)
  const step = withPhases(fleet, { ...fleet, members }, { changed: [member], at, by: member.phase })
  return { ...step, changes: step.changes.map((change) => ({ ...(change as PhaseChange), phase: 'gone' })) }
}

/** Opens or closes one gate; null when the group has no such instance. */
export const setGate = (fleet: Fleet, gate: { readonly group: GroupId; readonly instance: string; readonly registered: boolean }, at: EpochMs): FleetStep | null => {
  const member = fleet.members.get(gate.instance)
  if (member === undefined || member.group !== gate.group || member.phase === 'terminating') return null
  if (member.registered === gate.registered) return { fleet, changes: [] }
  const next = { ...fleet, members: new Map(fleet.members).set(gate.instance, { ...member, registered: gate.registered }) }
  const { instance, role } = member
  return { fleet: next, changes: [{ kind: 'gate', instance, role, registered: gate.registered, ...surroundings(fleet, next, { group: gate.group, at }) }] }
}

export const setSchedulable = (fleet: Fleet, node: string, schedulable: boolean): Fleet => ({
  ...fleet,
  nodes: fleet.nodes.map((known) => (known.node === node ? { ...known, schedulable } : known)),
})

/** Nodes with the GPUs that the fleet's instances leave free. */
export const observeNodes = (fleet: Fleet): readonly NodeObservation[] => {
  const held = new Map<string, number>()
  for (const { node, gpus } of fleet.members.values()) if (node !== null) held.set(node, (held.get(node) ?? 0) + gpus)
  return fleet.nodes.map((node) => ({ ...node, gpusFree: node.gpusFree - (held.get(node.node) ?? 0) }))
}

/** All instances of a group, oldest first. */
export const membersOf = (fleet: Fleet, group: GroupId): readonly Member[] =>
  [...fleet.members.values()].filter((member) => member.group === group)

/** The group with its instances; null when it does not exist. */
export const groupStatus = (fleet: Fleet, group: GroupId): GroupStatus | null => {
  const object = fleet.store.groups.get(group)
  return object === undefined ? null : { ...object, instances: membersOf(fleet, group).map(statusOf) }
}

const statusOf = (member: Member): InstanceStatus => ({
  instance: member.instance,
  role: member.role,
  node: member.node,
  gpuType: member.gpuType,
  phase: member.phase,
  registered: member.registered,
  metricsUrl: member.metricsUrl,
  createdAt: member.createdAt,
})

/** What served in `group` before and after a change, for its line in the log. */
export const surroundings = (before: Fleet, after: Fleet, { group, at }: { readonly group: GroupId; readonly at: EpochMs }) => {
  const object = after.store.groups.get(group) ?? before.store.groups.get(group)
  return {
    time: at,
    group,
    service: object?.service ?? '',
    band: object?.band ?? { lo: 0, hi: 0 },
    servingBefore: serving(before, group),
    servingAfter: serving(after, group),
  }
}

const serving = (fleet: Fleet, group: GroupId): RoleCounts => {
  const members = membersOf(fleet, group)
  return members.length === 0 ? noInstances : servingCounts({ instances: members })
}

type PhaseMoves = { readonly changed: readonly Member[]; readonly at: EpochMs; readonly by: string }

const withPhases = (before: Fleet, after: Fleet, { changed, at, by }: PhaseMoves): FleetStep => ({
  fleet: after,
  changes: changed.map(({ instance, role, node, phase, group }): PhaseChange => ({
    kind: 'phase', instance, role, node, phase, cause: by, ...surroundings(before, after, { group, at }),
  })),
})
