/**
 * S3, one verdict (docs/invariants.md): ∀ intent: at most one terminal state, and ∀ group of it: committed or rolled back, not both. That every
 * intent has one at the end is L1, since an open one is legal. Asked of the facts in `rollouts` (repeats with equal content count once)
 * and, before the decider derived anything, of the workflows' own reports. STUCK is no verdict: a repaired rollout ends after it.
 * An intent that the decider gave up as lost (IntentExpired without a report) may be reported on later; such reports are ignored by design.
 */
import type { Violation } from './evidence.ts'
import { endsOf, placeOf, type RolloutView, type View } from './view.ts'

const intentOutcomes = ['completed', 'refused', 'expired', 'superseded', 'halted']

export const oneVerdict = (view: View): readonly Violation[] => [
  ...[...view.facts.keys()].flatMap((intentId) => ofIntent(view, intentId)),
  ...[...view.services.values()].flatMap(({ service, reports }) => {
    const ofIntents = reports.filter(({ record }) => record.group === null && intentOutcomes.includes(record.outcome))
    return [...byKey(ofIntents, ({ record }) => record.intentId)].flatMap(([intentId, ends]) =>
      new Set(ends.map(({ record }) => record.outcome)).size < 2 ? [] : [{ invariant: 'S3', service, detail: `${intentId} was reported as ${ends.map(({ record }) => record.outcome).join(' and ')}`, at: placeOf(ends[1] ?? ends[0] as never) }],
    )
  }),
  ...[...view.rollouts.values()].flatMap(ofRollout),
]

const ofIntent = (view: View, intentId: string): readonly Violation[] => {
  const ends = endsOf(view, intentId)
  const second = ends[1]
  if (second === undefined) return []
  return [{ invariant: 'S3', service: second.record.service, detail: `${intentId} ended as ${ends.map(({ type, record }) => `${type} (${record.detail})`).join(' and as ')}`, at: placeOf(second) }]
}

const ofRollout = ({ id, service, reports, facts }: RolloutView): readonly Violation[] => {
  const reported = reports.filter(({ record }) => record.outcome === 'committed' || record.outcome === 'rolled-back')
  const derived = facts.filter(({ type }) => type === 'RolloutCommitted' || type === 'RolloutRolledBack')
  return [
    ...(reported.length < 2 ? [] : [{ invariant: 'S3', service, detail: `${id} was reported as ${reported.map(({ record }) => record.outcome).join(' and ')}`, at: placeOf(reported[1] as never) }]),
    ...(derived.length < 2 ? [] : [{ invariant: 'S3', service, detail: `${id} ended as ${derived.map(({ type }) => type).join(' and ')}`, at: placeOf(derived[1] as never) }]),
  ]
}

const byKey = <T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> => {
  const found = new Map<string, T[]>()
  for (const one of all) found.set(keyOf(one), [...(found.get(keyOf(one)) ?? []), one])
  return found
}
