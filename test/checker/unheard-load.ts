/**
 * S7 e (docs/invariants.md): ∀ decision d that takes something away because of the load alone, ∀ gap in what was measured of the load, longer than evidence stays
 * fresh, that ended at b inside the stabilisation window of scaleDown before d, since when nothing about the service has changed but its load: d.to ≥ d.from.
 * What the load asked for in the gap nobody knows, so that a whole window is to pass after it.
 * Weaker than the product: before the first measurement is no gap, and a gap is what no source at all measured; runs in which a collector's clock is wrong are left out.
 */
import type { Violation } from './evidence.ts'
import type { ScaleDecided, TpsObserved } from './records.ts'
import { evidenceBefore } from './recent-inputs.ts'
import { forEachTakenForLoad, stillSinceMs } from './stabilisation.ts'
import { configurationAt, placeOf, type Entry, type ServiceView, type View } from './view.ts'
import { decode } from './wire.ts'

export const unheardLoad = (view: View): readonly Violation[] =>
  forEachTakenForLoad(view, ofDecision)

const ofDecision = (view: View, service: ServiceView, decision: Entry<ScaleDecided>): readonly Violation[] => {
  const { record } = decision
  const spec = configurationAt(service, record.inputs.tickOffset)?.spec
  if (spec === undefined) return []
  const horizonMs = record.time - view.run.latenessMs
  const sinceMs = horizonMs - 1_000 * spec.behavior.scaleDown.stabilizationWindowSeconds
  const staleAfterMs = 1_000 * spec.evidence.staleAfterSeconds
  const role = spec.policies.proportional.signal === 'decodeTps' ? 'decode' : 'prefill'
  const samples = evidenceBefore(service, { offset: record.inputs.tickOffset, notBeforeMs: sinceMs - staleAfterMs, horizonMs }).samples('TpsObserved')
  const ends = samples.flatMap((one) => (one.role === role && one.tps !== null ? [one.windowEndMs] : [])).sort((a, b) => a - b)
  const heardAgainMs = ends.find((end, index) => end > sinceMs && end - (ends[index - 1] ?? sinceMs - staleAfterMs) > staleAfterMs)
  if (heardAgainMs === undefined || heardAgainMs <= firstHeardMs(service) || stillSinceMs(view, service, record.time) > heardAgainMs || record.to[role] >= record.from[role]) return []
  const detail = `${record.decisionId} takes ${role} from ${record.from[role]} to ${record.to[role]} ${(record.time - heardAgainMs) / 1_000} s after its load was heard of again`
  return [{ invariant: 'S7', service: service.service, detail, at: placeOf(decision) }]
}

/** Of the first measurements, one of each role. */
const firstHeardMs = ({ inputs }: ServiceView): number => {
  const firsts = inputs.filter(({ type }) => type === 'TpsObserved').slice(0, 2).map(({ value }) => decode(value) as TpsObserved | null)
  return Math.max(...firsts.map((first) => first?.windowEndMs ?? -Infinity))
}
