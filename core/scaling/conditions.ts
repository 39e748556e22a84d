/** What the decider thinks of a service, in the words of Kubernetes. */
import type { Condition } from '../events/decided.ts'
import type { EpochMs } from '../units.ts'
import { activityControl } from './controls.ts'
import type { ActivityControl } from './controls.ts'
import type { ServiceState } from './service-state.ts'
import { textOf } from './verdict.ts'
import type { HoldReason, Verdict } from './verdict.ts'

/** A condition's new state; its message is only written when it is news, which at most evaluations it is not. */
type Assessment = Pick<Condition, 'type' | 'status' | 'reason'> & { readonly message: () => string }

/**
 * The conditions after a verdict. One whose status and reason stay keeps its message and its time; when all do, the list stays
 * what it is. Only the counts in the message about the ratio are news by themselves: they change with an order and with what
 * comes of it, where demand and ages change at every look.
 */
export const conditionsAfter = (state: ServiceState, verdict: Verdict, nowMs: EpochMs): readonly Condition[] => {
  const control = activityControl(state.controls?.directives ?? null, nowMs)
  const assessed = [ableToScale(state, verdict), scalingActive(verdict, control), scalingLimited(verdict), ratioSatisfied(verdict)]
  if (assessed.every((next, index) => isSame(state.conditions[index], next))) return state.conditions
  return assessed.map((next) => conditionAfter(state.conditions.find(({ type }) => type === next.type), next, nowMs))
}

const isSame = (before: Condition | undefined, next: Assessment): boolean =>
  before !== undefined && before.type === next.type && before.status === next.status && before.reason === next.reason && !hasOtherCounts(before, next)

const hasOtherCounts = ({ message }: Condition, next: Assessment): boolean => next.type === 'RatioSatisfied' && message !== next.message()

const conditionAfter = (before: Condition | undefined, next: Assessment, nowMs: EpochMs): Condition => {
  if (before && isSame(before, next)) return before
  const lastTransitionTime = before && before.status === next.status ? before.lastTransitionTime : nowMs
  return { type: next.type, status: next.status, reason: next.reason, message: next.message(), lastTransitionTime }
}

const failureHolds = ['FAILURE_BACKOFF'] as const

const ableToScale = (state: ServiceState, verdict: Verdict): Assessment => {
  const [stuck] = state.stuckGroups
  if (stuck) return { type: 'AbleToScale', status: 'False', reason: 'RolloutStuck', message: () => `group ${stuck.group} waits for repair` }
  const held = heldBy(verdict, failureHolds)
  if (held) return { type: 'AbleToScale', status: 'False', reason: 'FailureBackoff', message: held }
  return { type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale', message: () => 'no rollout is stuck, and none failed lately' }
}

const evidenceHolds = ['INSTANCES_UNKNOWN', 'EVIDENCE_MISSING', 'EVIDENCE_FAILED', 'EVIDENCE_STALE', 'COVERAGE_LOW'] as const

/** A control in force comes before what the evidence would let happen. */
const scalingActive = (verdict: Verdict, control: ActivityControl | null): Assessment => {
  if (control) return { type: 'ScalingActive', status: 'False', reason: control.code, message: () => control.detail }
  const held = heldBy(verdict, evidenceHolds)
  return held
    ? { type: 'ScalingActive', status: 'False', reason: 'EvidenceIncomplete', message: held }
    : { type: 'ScalingActive', status: 'True', reason: 'ValidEvidence', message: () => 'the target follows the signals' }
}

const limitHolds = ['AT_BOUNDS', 'RATE_LIMITED', 'NO_FEASIBLE_PAIR'] as const

const scalingLimited = (verdict: Verdict): Assessment => {
  const held = heldBy(verdict, limitHolds)
  const [limit] = verdict.limits
  if (held) return { type: 'ScalingLimited', status: 'True', reason: 'AskLimited', message: held }
  if (limit) return { type: 'ScalingLimited', status: 'True', reason: 'AskLimited', message: () => `${limit.limit}: ${limit.detail}` }
  return { type: 'ScalingLimited', status: 'False', reason: 'DesiredWithinRange', message: () => 'no limit changes what is wanted' }
}

const ratioSatisfied = ({ current, isRatioSatisfied }: Verdict): Assessment => {
  if (!current) return { type: 'RatioSatisfied', status: 'Unknown', reason: 'InstancesUnknown', message: () => 'the counts are not known' }
  return isRatioSatisfied
    ? { type: 'RatioSatisfied', status: 'True', reason: 'InBand', message: () => `${current.prefill}P+${current.decode}D is in band` }
    : { type: 'RatioSatisfied', status: 'False', reason: 'OutOfBand', message: () => `${current.prefill}P+${current.decode}D is out of band` }
}

/** Writes the hold's detail when its reason is one of `reasons`, else null. */
const heldBy = (verdict: Verdict, reasons: readonly HoldReason[]): (() => string) | null => {
  if (!('hold' in verdict) || !reasons.includes(verdict.hold.reason)) return null
  const { reason, detail } = verdict.hold
  return () => `${reason}: ${textOf(detail)}`
}
