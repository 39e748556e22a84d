/**
 * How one deployment group gets from its counts to others: stages of steps, each with its inverse. Both roles stand
 * in one object and move in one write, so no plan ever leaves one role changed and the other not.
 */
import type { GroupPlacement } from '../events/placed.ts'
import type { GroupId } from '../ids.ts'
import { sameCounts, showCounts } from '../roles.ts'
import type { Role, RoleCounts } from '../roles.ts'

export type WaitKind = 'await-scheduled' | 'await-ready' | 'await-registered' | 'await-gone'
export type StepKind = 'apply' | 'register' | WaitKind

/** What takes a step back. Only effects have one: there is nothing to take back from having waited. */
export type Inverse = { readonly id: string; readonly undoes: string; readonly meaning: string }

export type Step = {
  /** Unique inside the plan; workflow id + step id is the idempotency key of its effect. */
  readonly id: string
  readonly kind: StepKind
  readonly group: GroupId
  /** Set when the step looks at one role only. */
  readonly role?: Role
  /** Absolute counts that the step writes or waits for. */
  readonly counts: RoleCounts
  /** Counts that stood before, the precondition of a write. */
  readonly before: RoleCounts
  readonly inverse: Inverse | null
}

export type Stage = readonly Step[]
export type Plan = readonly Stage[]

/**
 * Grow to the larger count of each role → scheduled → ready → registration target → registered → shrink to the
 * target → gone. Stages that would change nothing are left out; registration always stands, so that
 * a rollout with equal counts would carry a changed band (nothing orders one yet: DESIGN 11). With both ends in band, the larger counts are in band too: P₁ ≤ hi·D₁ ≤ hi·max(D).
 */
export const planRollout = ({ placement }: { readonly placement: GroupPlacement }): Plan => {
  const peak = peakOf(placement)
  const stages = [...growth(placement, peak), ...registration(placement), ...reduction(placement, peak)]
  return stages.filter((stage) => stage.length > 0)
}

/** What stands between growing and shrinking. */
export const peakOf = ({ from, to }: Pick<GroupPlacement, 'from' | 'to'>): RoleCounts => ({
  prefill: Math.max(from.prefill, to.prefill),
  decode: Math.max(from.decode, to.decode),
})

/** Id of the activity that performs the step: step and target, so that a replay notices when either changes. */
export const activityIdOf = (step: Step): string =>
  step.role === undefined ? `${step.id}=${showCounts(step.counts)}` : `${step.id}=${step.counts[step.role]}`

const growth = (placement: GroupPlacement, peak: RoleCounts): Stage[] => {
  const { group, from, isNew } = placement
  if (sameCounts(from, peak) && !isNew) return []
  const grown = (['prefill', 'decode'] as const).filter((role) => peak[role] > from[role])
  const wait = (kind: WaitKind, name: string): Stage =>
    grown.map((role) => ({ id: `${name}/${role}`, kind, group, role, counts: peak, before: from, inverse: null }))
  return [
    [effect({ id: 'grow', kind: 'apply', group, counts: peak, before: from }, 'remove the instances that it added, or the group that it made')],
    wait('await-scheduled', 'scheduled'),
    wait('await-ready', 'ready'),
  ]
}

const registration = ({ group, from, to }: GroupPlacement): Stage[] => [
  [effect({ id: 'register', kind: 'register', group, counts: to, before: from }, 'give back the registration target and wait until the gates followed')],
  [{ id: 'registered', kind: 'await-registered', group, counts: to, before: from, inverse: null }],
]

const reduction = ({ group, to }: GroupPlacement, peak: RoleCounts): Stage[] => {
  if (sameCounts(peak, to)) return []
  return [
    [effect({ id: 'shrink', kind: 'apply', group, counts: to, before: peak }, 'give back the counts that it took')],
    [{ id: 'gone', kind: 'await-gone', group, counts: to, before: peak, inverse: null }],
  ]
}

const effect = (step: Omit<Step, 'inverse'>, meaning: string): Step => ({
  ...step,
  inverse: { id: `undo/${step.id}`, undoes: step.id, meaning },
})
