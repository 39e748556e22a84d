/**
 * S13, expiry (docs/invariants.md): ∀ rollout of intent i: its first effect at ≤ i.expiresAt + eps. Later effects of a rollout that began in time
 * may come later. eps: one call and its answer, and the clocks of orchestrator and sub-cluster. Later still only where a fault held that
 * sub-cluster's writes back when the call was made, by no more than it did (`delayed-write`).
 */
import type { Violation } from './evidence.ts'
import { mayBeCalledBy, writeDelaysOf } from './delayed-writes.ts'
import { callMs, isUndo, lineAt, skewMs, type View } from './view.ts'

export const expiry = (view: View): readonly Violation[] => {
  const eps = callMs(view.run) + skewMs(view, /orchestrator|sub-cluster/)
  const delays = writeDelaysOf(view)
  return [...view.rollouts.values()].flatMap(({ id, service, intentId, writes }): Violation[] => {
    const first = writes.find((write) => !isUndo(write))
    const intent = view.intents.get(intentId)?.record
    if (first === undefined || intent === undefined || first.line.time <= intent.expiresAt + eps || mayBeCalledBy(delays, first, intent.expiresAt + eps)) return []
    return [{ invariant: 'S13', service, detail: `${id} had its first effect ${first.line.time - intent.expiresAt} ms after its intent expired`, at: lineAt(first) }]
  })
}
