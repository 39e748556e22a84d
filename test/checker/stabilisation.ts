/**
 * S7 d (docs/invariants.md): ∀ decision d that takes something away because of the load alone, ∀ tick T of its owner inside the stabilisation window of
 * scaleDown before d, since when nothing about the service has changed but its load: with need = what the load needed at T,
 *   need > (1 − tolerance)·d.from  ⇒  d.to ≥ d.from        need ≤ (1 − tolerance)·d.from  ⇒  d.to ≥ ⌈need⌉        (in the signal's role)
 * Weaker than the product: need is taken from the lowest sample that each sub-cluster gave within the policy's window, not from its mean, and that window ends with
 * the newest sample, as it did when that was looked at: until the next is, an older one may leave without anybody looking; a few ticks of the window are looked at, not all; runs in which a collector's clock is wrong are left out, and so is a service that is measured as a whole.
 */
import type { Role, Violation } from './evidence.ts'
import type { ScaleDecided, TpsObserved } from './records.ts'
import { evidenceBefore } from './recent-inputs.ts'
import { takesAway } from './scale-in-evidence.ts'
import type { Spec } from './spec.ts'
import type { Tick } from './ticks.ts'
import { configurationAt, placeOf, skewMs, type Entry, type ServiceView, type View } from './view.ts'

/** Evenly over the window: a load that a scale-in forgot lasted longer than a tick. */
const mostTicks = 6
/** What is written shows in reports of instances some rounds later. */
const settlesMs = 60_000

export const stabilisation = (view: View): readonly Violation[] =>
  forEachTakenForLoad(view, ofDecision)

type Formula = (view: View, service: ServiceView, decision: Entry<ScaleDecided>) => readonly Violation[]

/** None where a collector's clock is wrong: nobody can say then what was measured when. */
export const forEachTakenForLoad = (view: View, formula: Formula): readonly Violation[] =>
  skewMs(view, /collector/) > 1_000 ? [] : [...view.services.values()].flatMap((service) => service.decisions.filter(({ record }) => isForLoad(record)).flatMap((decision) => formula(view, service, decision)))

const isForLoad = (decision: ScaleDecided): boolean =>
  takesAway(decision) && decision.asks.every(({ policy, direction }) => direction !== 'in' || policy === 'proportional')

type Case = { readonly view: View; readonly service: ServiceView; readonly spec: Spec; readonly role: Role }

const ofDecision = (view: View, service: ServiceView, decision: Entry<ScaleDecided>): readonly Violation[] => {
  const { record } = decision
  const spec = configurationAt(service, record.inputs.tickOffset)?.spec
  if (spec === undefined) return []
  const role: Role = spec.policies.proportional.signal === 'decodeTps' ? 'decode' : 'prefill'
  const given = { view, service, spec, role }
  for (const tick of ticksOf(given, record)) {
    const floor = floorAt(given, record, tick)
    if (floor === null || record.to[role] >= floor) continue
    const detail = `${record.decisionId} takes ${role} from ${record.from[role]} to ${record.to[role]}; ${(record.time - tick.time) / 1_000} s before, the load asked for ${floor} to stay`
    return [{ invariant: 'S7', service: service.service, detail, at: placeOf(decision) }]
  }
  return []
}

const ticksOf = ({ view, service, spec }: Case, { time, inputs }: ScaleDecided): readonly Tick[] => {
  const counted = view.ticks.get(inputs.partition)?.counted ?? []
  const own = counted.find(({ offset }) => offset === inputs.tickOffset)
  const sinceMs = Math.max(time - 1_000 * spec.behavior.scaleDown.stabilizationWindowSeconds, stillSinceMs(view, service, time))
  const inside = counted.filter((tick) => tick.time > sinceMs && tick.time < time && tick.epoch === own?.epoch && !tick.isClaim)
  const step = Math.max(1, Math.ceil(inside.length / mostTicks))
  return inside.filter((_, index) => index % step === 0)
}

/**
 * When something other than the load changed last: what stands or is believed to (an order that expired in an outage leaves more than
 * was ordered), what was configured, what operators ordered. Infinity under an order of theirs.
 */
export const stillSinceMs = (view: View, { service, configured, controls, decisions, reports }: ServiceView, time: number): number => {
  const writes = view.writes.filter(({ line }) => line.service === service && line.time < time).map(({ line }) => line.time + settlesMs)
  const ordered = controls.filter(({ record }) => record.time < time)
  if ((ordered.at(-1)?.record.directives.length ?? 0) > 0) return Infinity
  const news = [...ordered, ...configured, ...decisions, ...reports].map(({ record }) => record.time).filter((at) => at < time)
  return Math.max(...writes, ...news, -Infinity)
}

/** Instances of the role that the load of that moment says must stay; null when nothing was heard. */
const floorAt = ({ view, service, spec, role }: Case, { time, from }: ScaleDecided, tick: Tick): number | null => {
  const { behavior, policies, evidence } = spec
  const horizonMs = tick.time - view.run.latenessMs
  const windowMs = 1_000 * policies.proportional.windowSeconds
  const recent = evidenceBefore(service, { offset: tick.offset, notBeforeMs: horizonMs - 2 * windowMs + 1, horizonMs })
  const all = recent.samples('TpsObserved').filter((one) => one.role === role && one.tps !== null)
  const endMs = Math.max(...all.map(({ windowEndMs }) => windowEndMs))
  const samples = endMs > horizonMs - windowMs ? all.filter(({ windowEndMs }) => windowEndMs > endMs - windowMs) : []
  const isInside = endMs > time - view.run.latenessMs - 1_000 * behavior.scaleDown.stabilizationWindowSeconds
  if (samples.length === 0 || !isInside) return null
  const need = leastOf(samples, tick.time - 1_000 * evidence.staleAfterSeconds) / policies.proportional.targetPerInstance
  return need > from[role] * (1 - behavior.scaleDown.tolerance) ? from[role] : Math.ceil(need - 1e-6)
}

/** The sum over sub-clusters (`<collector>/<sub-cluster>`) of the least that each said; 0 for one that is stale, and where one source speaks for all. */
const leastOf = (samples: readonly TpsObserved[], freshSinceMs: number): number => {
  const parts = new Map<string, { least: number; newestMs: number }>()
  for (const { source, tps, windowEndMs } of samples) {
    const part = source.slice(source.indexOf('/') + 1)
    const known = parts.get(part) ?? { least: Infinity, newestMs: 0 }
    parts.set(part, { least: Math.min(known.least, tps ?? 0), newestMs: Math.max(known.newestMs, windowEndMs) })
  }
  if (parts.has('*')) return 0
  return [...parts.values()].reduce((sum, { least, newestMs }) => sum + (newestMs >= freshSinceMs ? least : 0), 0)
}
