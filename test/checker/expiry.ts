/**
 * S13, expiry (docs/invariants.md): ∀ rollout of intent i: its first effect at ≤ i.expiresAt + eps. Later effects of a rollout that began in time
 * may come later. eps: one call and its answer, the clocks of orchestrator and sub-cluster, and writes that a fault delayed.
 */
import type { Violation } from './evidence.ts'
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

/** How long a write could be under way: as the fault injector says, or the sub-cluster's own log of planted faults. */
export const delayedMs = ({ evidence }: View): number => {
  const told = evidence.nemesis.filter(({ fault }) => fault === 'delayed-write').map(({ fromMs, toMs }) => toMs - fromMs)
  const planted = Object.values(evidence.subClusters).flatMap((lines) => lines.filter(({ kind }) => kind === 'fault')).flatMap((line) => (line.kind === 'fault' && line.detail.includes('api-delayed-write') ? [Number(/"delayMs":(\d+)/.exec(line.detail)?.[1] ?? 0)] : []))
  return [...told, ...planted].reduce((most, one) => Math.max(most, one), 0)
}
