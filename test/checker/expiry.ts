/**
 * S13, expiry (docs/invariants.md): ∀ rollout of intent i: its first effect at ≤ i.expiresAt + eps. Later effects of a rollout that began in time
 * may come later. eps: one call and its answer, the clocks of orchestrator and sub-cluster, and writes that a fault delayed.
 */
import type { Violation } from './evidence.ts'
import { delayedMs } from './delayed-writes.ts'
import { callMs, isUndo, lineAt, skewMs, type View } from './view.ts'

export const expiry = (view: View): readonly Violation[] => {
  const eps = callMs(view.run) + skewMs(view, /orchestrator|sub-cluster/) + delayedMs(view)
  return [...view.rollouts.values()].flatMap(({ id, service, intentId, writes }): Violation[] => {
    const first = writes.find((write) => !isUndo(write))
    const intent = view.intents.get(intentId)?.record
    if (first === undefined || intent === undefined || first.line.time <= intent.expiresAt + eps) return []
    return [{ invariant: 'S13', service, detail: `${id} had its first effect ${first.line.time - intent.expiresAt} ms after its intent expired`, at: lineAt(first) }]
  })
}
