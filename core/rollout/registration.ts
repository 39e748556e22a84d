/**
 * The gate plan of one group: which instances to open to traffic and which to close, in an order that keeps the
 * registered P/D in band after every single change. Level-triggered: it looks at the group as it stands and at
 * nothing else, so a registrar that starts anew goes on where the last one stopped.
 */
import type { GroupStatus, InstanceStatus } from '../ports.ts'
import { inBand, prefillRange } from '../ratio-band.ts'
import { roles, type Role, type RoleCounts } from '../roles.ts'
import { isServing, readyCounts, servingCounts } from './group-instances.ts'

export type GateChange = { readonly instance: string; readonly registered: boolean }

/** One gate of one role, one instance up or down. */
type Move = { readonly role: Role; readonly open: boolean }

/**
 * Gate changes that bring `group` as near to its registration target as readiness and band allow.
 *
 * - An instance that is registered but no longer ready serves nobody: its gate is closed first, so that it comes back
 *   through the band as any other does.
 * - Each role moves only towards `min(registrationTarget, ready)`, never past it: nothing is closed below that, even
 *   when a node loss put the group out of band. Then only changes that lead back towards the band are made, and the
 *   rest waits for the replacement. Closing healthy instances would cost capacity when it is scarcest.
 * - While both counts are in band, one slack instance always leaves a way (proof: with hi ≥ lo the two conditions that
 *   block an opening of P and one of D contradict each other), so the plan ends early only if the target itself, as far
 *   as it is ready, is out of band: 6P ready beside 0D stay closed at 0.5:1 but for the first.
 */
export const planRegistration = (group: GroupStatus): readonly GateChange[] => {
  const dead = group.instances.filter((member) => member.registered && !isServing(member))
  const queues = gateQueues(group)
  const changes: GateChange[] = dead.map((member) => ({ instance: member.instance, registered: false }))
  let serving = servingCounts(group)
  for (let move = nextMove(group, serving); move !== null; move = nextMove(group, serving)) {
    const instance = (move.open ? queues.open : queues.close)[move.role].shift()
    if (instance === undefined) break
    changes.push({ instance, registered: move.open })
    serving = after(serving, move)
  }
  return changes
}

/** The oldest ready instance is opened first and the newest closed first: warm caches stay in service. */
const gateQueues = (group: GroupStatus): { open: Record<Role, string[]>; close: Record<Role, string[]> } => {
  const members = [...group.instances].sort(byAge)
  const names = (role: Role, wanted: (member: InstanceStatus) => boolean): string[] =>
    members.filter((member) => member.role === role && wanted(member)).map((member) => member.instance)
  const closed = (member: InstanceStatus): boolean => member.phase === 'ready' && !member.registered
  return {
    open: { prefill: names('prefill', closed), decode: names('decode', closed) },
    close: { prefill: names('prefill', isServing).reverse(), decode: names('decode', isServing).reverse() },
  }
}

const byAge = (a: InstanceStatus, b: InstanceStatus): number =>
  a.createdAt - b.createdAt || (a.instance < b.instance ? -1 : 1)

const nextMove = (group: GroupStatus, serving: RoleCounts): Move | null => {
  const ready = readyCounts(group)
  const wanted = roles.flatMap((role): Move[] => {
    const aim = Math.min(group.registrationTarget[role], ready[role])
    return serving[role] === aim ? [] : [{ role, open: serving[role] < aim }]
  })
  const allowed = wanted.filter((move) => isAllowed(group, serving, move))
  return [...allowed].sort((a, b) => distance(group, after(serving, a)) - distance(group, after(serving, b)))[0] ?? null
}

/** In band afterwards, or at least less far out of it than before. */
const isAllowed = (group: GroupStatus, serving: RoleCounts, move: Move): boolean => {
  const next = after(serving, move)
  if (inBand(next, group.band)) return true
  return !inBand(serving, group.band) && excess(group, next) < excess(group, serving)
}

/** How many prefill instances the counts are outside of the band; 0 inside. */
const excess = (group: GroupStatus, counts: RoleCounts): number => {
  const { least, most } = prefillRange(counts.decode, group.band)
  return Math.max(0, least - counts.prefill, counts.prefill - most)
}

/** Distance from the middle of the band in prefill instances: the deficient role comes first. */
const distance = (group: GroupStatus, counts: RoleCounts): number =>
  Math.abs(counts.prefill - ((group.band.lo + group.band.hi) / 2) * counts.decode)

const after = (counts: RoleCounts, move: Move): RoleCounts => ({ ...counts, [move.role]: counts[move.role] + (move.open ? 1 : -1) })
