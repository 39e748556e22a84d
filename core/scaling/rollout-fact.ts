/** The record of `rollouts` that a report stands for. */
import type { RolloutEvent } from '../events/decided.ts'
import type { ReportOutcome, RolloutReported } from '../events/input.ts'
import type { RoleCounts } from '../roles.ts'

/** Null when a report of a group names none: nothing can be said about it. */
export const rolloutFact = (event: RolloutReported): RolloutEvent | null => {
  const { service, intentId, sequence, detail, time, outcome, group } = event
  const fact = { service, intentId, sequence, detail, time }
  // Halted before anything was begun: for readers of `rollouts` the intent was refused, and the detail says by which control.
  if (outcome === 'halted' && group === null) return { ...fact, type: 'IntentRefused' }
  if (isOfIntent(outcome)) return { ...fact, ...intentFact(outcome, event.partial) }
  return group === null ? null : { ...fact, group, ...groupFact(event, outcome) }
}

type IntentOutcome = 'completed' | 'refused' | 'expired' | 'superseded'
type GroupOutcome = Exclude<ReportOutcome, IntentOutcome>

const isOfIntent = (outcome: ReportOutcome): outcome is IntentOutcome =>
  outcome === 'completed' || outcome === 'refused' || outcome === 'expired' || outcome === 'superseded'

const intentFact = (outcome: IntentOutcome, partial: boolean) => {
  switch (outcome) {
    case 'completed':
      return { type: 'IntentCompleted', partial } as const
    case 'refused':
      return { type: 'IntentRefused' } as const
    case 'expired':
      return { type: 'IntentExpired' } as const
    case 'superseded':
      return { type: 'IntentSuperseded' } as const
  }
}

const groupFact = (event: RolloutReported, outcome: GroupOutcome) => {
  switch (outcome) {
    case 'placed':
      return { type: 'RolloutPlaced', target: countsOf(event) ?? { prefill: 0, decode: 0 } } as const
    case 'committed':
      return { type: 'RolloutCommitted', counts: countsOf(event) } as const
    case 'rolled-back':
      return { type: 'RolloutRolledBack', counts: countsOf(event) } as const
    case 'stuck':
      return { type: 'RolloutStuck', step: event.step ?? '' } as const
    default:
      return { type: 'RolloutStepDone', step: event.step ?? '', outcome } as const
  }
}

const countsOf = ({ prefill, decode }: RolloutReported): RoleCounts | null =>
  prefill === null || decode === null ? null : { prefill, decode }
