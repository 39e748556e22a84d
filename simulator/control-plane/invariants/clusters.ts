/** From the sub-clusters' own change logs: one effect per step, the band, expiry, and the kill switch. */
import type { ScaleIntentEmitted } from '../../../core/events/decided.ts'
import type { FleetChange, GroupWriteChange } from '../../../core/rollout/fleet-change.ts'
import { inBand } from '../../../core/ratio-band.ts'
import { sameCounts, showCounts } from '../../../core/roles.ts'
import type { EpochMs } from '../../../core/units.ts'
import type { History } from '../history.ts'
import type { Violation } from './violation.ts'

/** An effect that was on its way when something changed may still arrive: a call, its delay on the way, and a clock's error. */
const onItsWayMs = 45_000

export const clusterViolations = (history: History): readonly Violation[] => {
  const intents = intentsById(history)
  const stops = fleetStops(history)
  return Object.values(history.evidence.subClusters).flatMap((changes) => [
    ...doubledEffects(changes),
    ...changes.flatMap(bandViolation),
    ...firstEffects(changes).flatMap((change) => [...expiryViolation(change, intents), ...stopViolation(change, stops)]),
  ])
}

const isWrite = (change: FleetChange): change is GroupWriteChange => change.kind === 'written'

const isEffect = ({ countsBefore, countsAfter, targetBefore, targetAfter }: GroupWriteChange): boolean =>
  !sameCounts(countsBefore, countsAfter) || !sameCounts(targetBefore, targetAfter)

const violation = (invariant: string, { service, time }: FleetChange, detail: string): Violation => ({ invariant, service, detail, atMs: time })

const doubledEffects = (changes: readonly FleetChange[]): readonly Violation[] => {
  const seen = new Set<string>()
  const found: Violation[] = []
  for (const change of changes.filter(isWrite)) {
    if (seen.has(change.key)) found.push(violation('S1', change, `the key ${change.key} took effect twice`))
    seen.add(change.key)
  }
  return found
}

/** What the product does never leaves the band, and what the world did is never made worse: only phases may leave it. */
const bandViolation = (change: FleetChange): readonly Violation[] => {
  if (change.kind !== 'written' && change.kind !== 'gate') return []
  const { servingBefore, servingAfter, band } = change
  if (inBand(servingAfter, band) || !inBand(servingBefore, band)) return []
  return [violation('S5', change, `${change.kind} left the band: ${showCounts(servingBefore)} to ${showCounts(servingAfter)}`)]
}

const firstEffects = (changes: readonly FleetChange[]): readonly GroupWriteChange[] => {
  const begun = new Set<string>()
  return changes.filter(isWrite).filter((change) => {
    if (change.undoes !== null || !isEffect(change)) return false
    const rollout = `${change.intentId}/${change.group}`
    const isFirst = !begun.has(rollout)
    begun.add(rollout)
    return isFirst
  })
}

const expiryViolation = (change: GroupWriteChange, intents: ReadonlyMap<string, ScaleIntentEmitted>): readonly Violation[] => {
  const intent = intents.get(change.intentId)
  if (intent === undefined) return [violation('S2', change, `an effect of ${change.intentId}, which no record of intents names`)]
  const lateMs = change.time - intent.expiresAt
  return lateMs > onItsWayMs ? [violation('S13', change, `${change.key} began ${lateMs} ms after the intent's expiry`)] : []
}

type Stop = { readonly fromMs: EpochMs; readonly toMs: EpochMs; readonly control: string }

const stopViolation = (change: GroupWriteChange, stops: readonly Stop[]): readonly Violation[] => {
  const stop = stops.find(({ fromMs, toMs }) => change.time > fromMs + onItsWayMs && change.time < toMs)
  return stop === undefined ? [] : [violation('S15', change, `${change.key} began ${change.time - stop.fromMs} ms after the ${stop.control} was ordered`)]
}

const fleetStops = ({ evidence }: History): readonly Stop[] => {
  const stops: Stop[] = []
  const open = new Map<string, EpochMs>()
  for (const { event, appendedAtMs } of evidence.topics.get('controls') ?? []) {
    if (event?.type !== 'ControlSet' || event.scope !== 'fleet') continue
    const fromMs = open.get(event.control)
    if (event.value === 'on') open.set(event.control, fromMs ?? appendedAtMs)
    else if (fromMs !== undefined) {
      stops.push({ fromMs, toMs: appendedAtMs, control: event.control })
      open.delete(event.control)
    }
  }
  return [...stops, ...[...open].map(([control, fromMs]) => ({ fromMs, toMs: evidence.run.toMs, control }))]
}

const intentsById = ({ evidence }: History): ReadonlyMap<string, ScaleIntentEmitted> =>
  new Map((evidence.topics.get('intents') ?? []).flatMap(({ event }) => (event?.type === 'ScaleIntentEmitted' ? [[event.intentId, event] as const] : [])))
