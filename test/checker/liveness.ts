/**
 * Liveness after the last heal, and quiet upgrades (docs/invariants.md).
 * L1 convergence: `convergeMs` after `healedAtMs`, and with no order in the last `convergeMs`: every intent has ended, every rollout that began has
 *    ended (STUCK waits for a person and is named in the counts), the specification is what the last completed intent ordered.
 * L2 catch-up: by then each partition ticks, and its owner has decided up to what stood there a few ticks before the end.
 * L3 no starvation: every managed service has a verdict at most `convergeMs` after its manifest, and a snapshot of the last 15 minutes. (Holds
 *    are written on a change of reason only, so a verdict per period cannot be seen from outside.)
 * L4 upgrade is quiet: over a nemesis line `upgrade`, which promises unchanged input: no decision and no forward effect.
 */
import type { Violation } from './evidence.ts'
import { isOvertaken, isToldToAnother } from './owner-version.ts'
import type { ScaleIntentEmitted } from './records.ts'
import { endsOf, isUndo, lineAt, placeOf, sameCounts, showCounts, standingAt, type Entry, type RolloutView, type ServiceView, type View } from './view.ts'
import { decode } from './wire.ts'

export const liveness = (view: View): readonly Violation[] => {
  const { run } = view
  const isHealed = run.toMs >= run.healedAtMs + run.convergeMs
  return [
    ...(isHealed ? [...view.services.values()].flatMap((service) => [...converged(view, service), ...heard(view, service)]) : []),
    ...(isHealed ? [...view.rollouts.values()].flatMap((rollout) => ended(view, rollout)) : []),
    ...(isHealed ? caughtUp(view) : []),
    ...quietUpgrades(view),
  ]
}

const isManaged = ({ configured, removed }: ServiceView): boolean => (configured.at(-1)?.offset ?? -1) > (removed.at(-1)?.offset ?? -1)

const converged = (view: View, service: ServiceView): readonly Violation[] => {
  const { toMs, convergeMs, healedAtMs } = view.run
  const settledBy = Math.min(toMs - convergeMs, Math.max(healedAtMs, view.run.fromMs) + toMs)
  const isOver = (intent: Entry<ScaleIntentEmitted>): boolean =>
    endsOf(view, intent.record.intentId).length > 0 || isToldToAnother(view, service, intent.record.intentId) || isOvertaken(view, service, intent)
  const open = service.intents.filter((intent) => intent.record.expiresAt <= settledBy && isManaged(service) && !isOver(intent))
  const violate = (detail: string, at: string): Violation => ({ invariant: 'L1', service: service.service, detail, at })
  const last = service.intents.at(-1)
  const stands = last === undefined || last.record.emittedAt > toMs - convergeMs || !isManaged(service) ? null : wrongCounts(view, last.record)
  return [
    ...open.map((intent) => violate(`${intent.record.intentId} has no end ${toMs - intent.record.expiresAt} ms after it expired`, placeOf(intent))),
    ...(stands === null ? [] : [violate(stands, placeOf(last as never))]),
  ]
}

/** A partial end is an end: the decider goes on from what it sees, or holds. */
const wrongCounts = (view: View, { intentId, target, service }: { readonly intentId: string; readonly target: { readonly prefill: number; readonly decode: number }; readonly service: string }): string | null => {
  const end = endsOf(view, intentId)[0]
  if (end?.type !== 'IntentCompleted' || end.record.partial === true) return null
  const standing = standingAt(view, service, view.run.toMs)
  return sameCounts(standing, target) ? null : `${intentId} completed with ${showCounts(target)}, and ${showCounts(standing)} stand`
}

const ended = (view: View, { id, service, writes, reports }: RolloutView): readonly Violation[] => {
  const last = writes.at(-1)
  const { toMs, convergeMs } = view.run
  const isOver = reports.some(({ record }) => record.outcome === 'committed' || record.outcome === 'rolled-back')
  const waitsForAPerson = reports.some(({ record }) => record.outcome === 'stuck' || record.outcome === 'halted')
  if (last === undefined || isOver || waitsForAPerson || last.line.time > toMs - convergeMs) return []
  return [{ invariant: 'L1', service, detail: `${id} has no end ${toMs - last.line.time} ms after its last effect`, at: lineAt(last) }]
}

const heard = (view: View, service: ServiceView): readonly Violation[] => {
  const { toMs, convergeMs, healedAtMs, speed = 1 } = view.run
  const since = service.configured.at(-1)
  if (since === undefined || !isManaged(service) || toMs < Math.max(since.record.time, healedAtMs) + convergeMs) return []
  const violate = (detail: string): Violation => ({ invariant: 'L3', service: service.service, detail, at: placeOf(since) })
  const verdicts = [...service.decisions, ...service.holds]
  const bytes = service.snapshots.at(-1)?.value
  const snapshot = bytes ? decode<'SnapshotTaken'>(bytes) : null
  const late = snapshot === null || snapshot.time < toMs - snapshotMs * Math.max(1, speed)
  return [...(verdicts.length > 0 ? [] : [violate('it has no verdict at all')]), ...(late ? [violate(`its last snapshot is ${snapshot ? `${toMs - snapshot.time} ms old` : 'missing'}`)] : [])]
}

/** Each service gets one every 10 minutes; half of that again for the tick that brings it. */
const snapshotMs = 15 * 60_000

const caughtUp = (view: View): readonly Violation[] =>
  [...view.ticks].flatMap(([partition, { counted }]): Violation[] => {
    const { toMs, tickMs, speed = 1 } = view.run
    const last = counted.at(-1)
    const allowedMs = 60_000 * Math.max(1, speed)
    const isUsed = [...view.services.values()].some((service) => isManaged(service) && service.inputs[0]?.partition === partition)
    if (last === undefined || !isUsed) return []
    const violate = (detail: string): Violation => ({ invariant: 'L2', service: '', detail, at: `signals/${partition}@${last.offset}` })
    if (last.time < toMs - allowedMs) return [violate(`the last tick is ${toMs - last.time} ms old`)]
    const due = counted.findLast(({ time }) => time <= last.time - Math.max(allowedMs, 10 * tickMs))
    return due === undefined || last.decidedThrough >= due.offset ? [] : [violate(`it is decided up to ${last.decidedThrough}; the tick at ${due.offset} is ${last.time - due.time} ms old`)]
  })

const quietUpgrades = (view: View): readonly Violation[] =>
  view.evidence.nemesis.filter(({ fault }) => fault === 'upgrade').flatMap(({ fromMs, toMs }): Violation[] => [
    ...[...view.decisions.values()].filter(({ record }) => record.time > fromMs && record.time <= toMs).map((decision) => ({ invariant: 'L4', service: decision.record.service, detail: `${decision.record.decisionId} was taken during an upgrade on unchanged input`, at: placeOf(decision) })),
    ...view.writes.filter((write) => !isUndo(write) && write.line.time > fromMs && write.line.time <= toMs).map((write) => ({ invariant: 'L4', service: write.line.service, detail: `${write.line.key} took effect during an upgrade on unchanged input`, at: lineAt(write) })),
  ])
