/**
 * From the object of a group to its instances: which to create, which to remove and where a new one may run. The
 * emulator and the memory twin reconcile with it.
 */
import type { NodeObservation } from '../events/observed.ts'
import type { GroupStatus, InstanceStatus } from '../ports.ts'
import { roles, type Role, type RoleCounts } from '../roles.ts'
import type { GroupObject } from './group-object.ts'

type Member = Pick<InstanceStatus, 'instance' | 'role' | 'phase' | 'registered' | 'createdAt'>

export type InstanceChanges = {
  readonly create: readonly { readonly role: Role; readonly instance: string }[]
  /** Unregistered victims first, of those the ones that are not ready, then the newest. */
  readonly remove: readonly string[]
}

/**
 * What brings `members` to the object's counts; `object` is null when the group was deleted. Failed and terminating
 * members do not count: a failed one is replaced. `nextOrdinal` gives numbers that the group never used before.
 */
export const instanceChanges = (object: GroupObject | null, members: readonly Member[], nextOrdinal: () => number): InstanceChanges => {
  const perRole = roles.map((role) => {
    const alive = members.filter((member) => member.role === role && isAlive(member))
    const missing = (object?.counts[role] ?? 0) - alive.length
    return { role, missing, victims: [...alive].sort(victimsFirst).slice(0, Math.max(0, -missing)) }
  })
  return {
    create: perRole.flatMap(({ role, missing }) =>
      Array.from({ length: Math.max(0, missing) }, () => ({ role, instance: `${object?.group}-${role}-${nextOrdinal()}` })),
    ),
    remove: perRole.flatMap(({ victims }) => victims.map((victim) => victim.instance)),
  }
}

export const isAlive = (member: Pick<Member, 'phase'>): boolean => member.phase !== 'failed' && member.phase !== 'terminating'

/** Receives traffic: registered and still ready. */
export const isServing = (member: Pick<Member, 'phase' | 'registered'>): boolean => member.registered && member.phase === 'ready'

const victimsFirst = (a: Member, b: Member): number =>
  Number(a.registered) - Number(b.registered) ||
  Number(a.phase === 'ready') - Number(b.phase === 'ready') ||
  b.createdAt - a.createdAt ||
  (a.instance < b.instance ? 1 : -1)

const countRoles = (members: readonly Pick<InstanceStatus, 'role'>[]): RoleCounts => ({
  prefill: members.filter((member) => member.role === 'prefill').length,
  decode: members.filter((member) => member.role === 'decode').length,
})

/** Instances per role that receive traffic. */
export const servingCounts = (group: Pick<GroupStatus, 'instances'>): RoleCounts => countRoles(group.instances.filter(isServing))

/** Instances per role that could receive traffic. */
export const readyCounts = (group: Pick<GroupStatus, 'instances'>): RoleCounts =>
  countRoles(group.instances.filter((member) => member.phase === 'ready'))

/** Path of a node from the VDC downwards: a domain is a prefix of it. */
export const nodePath = (node: NodeObservation): string =>
  [node.vdc, node.cluster, node.subCluster, node.s2, node.s1, node.node].join('/')

export const isInsideDomain = (node: NodeObservation, domain: string): boolean => `${nodePath(node)}/`.startsWith(`${domain}/`)

/**
 * The node of a new instance: inside the group's domain, of its GPU type, and the fullest that still has room, so that
 * whole nodes stay free for large instances. Null when none has room: the instance stays pending.
 */
export const chooseNode = (
  nodes: readonly NodeObservation[],
  need: { readonly domain: string; readonly gpuType: string; readonly gpus: number },
): NodeObservation | null => {
  const fits = (node: NodeObservation): boolean =>
    node.schedulable && node.gpuType === need.gpuType && node.gpusFree >= need.gpus && isInsideDomain(node, need.domain)
  return nodes.filter(fits).reduce<NodeObservation | null>((best, node) => (best === null || node.gpusFree < best.gpusFree ? node : best), null)
}
