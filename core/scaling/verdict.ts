/** What `decide` answers: an order, or a hold with a literal reason. */
import type { DecisionKind, Evidence, LimitApplied, PolicyAsk } from '../events/decided.ts'
import type { RoleCounts } from '../roles.ts'
import type { EpochMs } from '../units.ts'

export const holdReasons = [
  /** No owner of the partition has said yet what operators ordered for the service. */
  'CONTROLS_UNKNOWN',
  'KILL_SWITCH',
  'FROZEN',
  'PAUSED',
  /** An order was due; the service's mode only recommends. */
  'RECOMMEND_ONLY',
  /** The service stands at the counts that an operator ordered by hand. */
  'MANUAL',
  /** Not every sub-cluster has said how many instances the service has. */
  'INSTANCES_UNKNOWN',
  'EVIDENCE_MISSING',
  'EVIDENCE_FAILED',
  'EVIDENCE_STALE',
  /** Too few of the registered instances were heard from. */
  'COVERAGE_LOW',
  'INSIDE_TOLERANCE',
  'COOLDOWN_OUT',
  'COOLDOWN_IN',
  'STABILISING',
  'WARMING_UP',
  'ROLLOUT_OPEN',
  'LATENCY_VETO',
  'RISING_VETO',
  'QUEUE_VETO',
  /** The smaller fleet would be too close to its thresholds. */
  'CONSOLIDATION',
  /** The guard waits until its last step shows in the latency. */
  'GUARD_RESTING',
  'RATE_LIMITED',
  'NO_FEASIBLE_PAIR',
  'AT_BOUNDS',
  'FAILURE_BACKOFF',
  /** What the decision rests on does not fit into a record. */
  'ARGUMENT_TOO_LARGE',
] as const
export type HoldReason = (typeof holdReasons)[number]

/** Words for people. Made when a record needs them: most verdicts are holds like the one before, of which none is written. */
export type Text = string | (() => string)

export const textOf = (text: Text): string => (typeof text === 'string' ? text : text())

/** What a policy wants, before it is written down. */
export type Ask = Omit<PolicyAsk, 'reason'> & { readonly reason: Text }

export const writtenAsk = ({ policy, direction, target, reason }: Ask): PolicyAsk => ({ policy, direction, target, reason: textOf(reason) })

/** The asks in these directions, each with its policy's name. */
export const showAsks = (asks: readonly Ask[], direction: Ask['direction'] | null = null): string =>
  asks.filter((ask) => direction === null || ask.direction === direction).map(({ policy, reason }) => `${policy}: ${textOf(reason)}`).join('; ')

/** An order before it gets its names. */
export type Order = { readonly kind: DecisionKind; readonly to: RoleCounts; readonly reason: string }

/** A rule that forbids to act now. */
export type Hold = {
  readonly reason: HoldReason
  readonly detail: Text
  /** When it ends by itself; null when only new input can end it. */
  readonly untilMs: EpochMs | null
  /** The order that would have been given: for RECOMMEND_ONLY, where it is what readers want. */
  readonly withheld: Order | null
}

export const hold = (reason: HoldReason, detail: Text, untilMs: EpochMs | null = null): Hold => ({ reason, detail, untilMs, withheld: null })

/** What one direction came to. */
export type Outcome =
  | { readonly order: Order; readonly limits: readonly LimitApplied[] }
  | { readonly hold: Hold; readonly limits: readonly LimitApplied[] }

export type Verdict = Outcome & {
  /** Counts that the order starts from; null while they are not known. */
  readonly current: RoleCounts | null
  readonly evidence: readonly Evidence[]
  readonly asks: readonly Ask[]
  /** What was wanted before restraint, for the stabilisation windows; null when nothing can be said. */
  readonly recommended: RoleCounts | null
  readonly isRatioSatisfied: boolean
  /** Earliest time at which the verdict may change without new input; null when none. */
  readonly recheckAtMs: EpochMs | null
}
