/**
 * S6, evidence for less (docs/invariants.md): ∀ decision d that takes something away, from the records before its tick and nothing else:
 *  - every required signal (demand, TTFT, TBT) has a finite value whose window ended at most `staleAfterSeconds` before d, and not later than
 *    d − lateness; sources that were heard cover `minCoverage` of the registered instances of the role;
 *  - every sub-cluster that ever held instances of the service gave a complete report as young as that, and none since that is incomplete;
 * b) zero demand counts only beside a heartbeat as young as that, of a collector that read at least one engine;
 * c) the counts that d starts from are not less than half of what stands in the change logs: a short list is no small fleet;
 * d) TTFT and TBT are below their SLO at every fresh source, and d itself notes nothing that rises (an order by hand is exempt: it
 *    answers for the load, DESIGN 5.5);
 * e) is the sum of these: where an input is missing, no d takes anything away.
 * Weaker than the product: what "rising" means is the policy's, so d) takes the decision's own word for it; S17 decides it again.
 */
import type { Role, Violation } from './evidence.ts'
import type { CollectorHeartbeat, InstancesObserved, LatencyObserved, ScaleDecided, Sample } from './records.ts'
import { evidenceBefore, type RecentInputs } from './recent-inputs.ts'
import type { Spec } from './spec.ts'
import { configurationAt, placeOf, showCounts, standingAt, type Entry, type ServiceView, type View } from './view.ts'

export const takesAway = ({ from, to }: Pick<ScaleDecided, 'from' | 'to'>): boolean => to.prefill < from.prefill || to.decode < from.decode

export const scaleInEvidence = (view: View): readonly Violation[] =>
  [...view.services.values()].flatMap((service) =>
    service.decisions.filter(({ record }) => takesAway(record)).flatMap((decision) =>
      faultsOf(view, service, decision).map((detail) => ({ invariant: 'S6', service: service.service, detail: `${decision.record.decisionId} takes ${showCounts(decision.record.from)} to ${showCounts(decision.record.to)}: ${detail}`, at: placeOf(decision) })),
    ),
  )

/** Everything that one decision could know. */
type Case = { readonly view: View; readonly decision: ScaleDecided; readonly spec: Spec; readonly staleMs: number; readonly recent: RecentInputs }

const faultsOf = (view: View, service: ServiceView, { record }: Entry<ScaleDecided>): readonly string[] => {
  const configured = configurationAt(service, record.inputs.tickOffset)
  if (configured === null) return ['no configuration is on record']
  const { spec } = configured
  const staleMs = spec.evidence.staleAfterSeconds * 1_000
  const recent = evidenceBefore(service, { offset: record.inputs.tickOffset, notBeforeMs: record.time - staleMs, horizonMs: record.time - view.run.latenessMs })
  const given = { view, decision: record, spec, staleMs, recent }
  return [...demandFaults(given), ...latencyFaults(given), ...instanceFaults(given), ...inventoryFaults(view, record), ...risingFaults(record)]
}

const demandFaults = ({ spec, recent, staleMs, decision }: Case): readonly string[] => {
  const role: Role = spec.policies.proportional.signal === 'decodeTps' ? 'decode' : 'prefill'
  const fresh = newestBySource(recent.samples('TpsObserved').filter((one) => one.role === role && isNumber(one.tps)))
  if (fresh.length === 0) return [`no value of its demand within ${staleMs} ms`]
  const idle = fresh.reduce((sum, { tps }) => sum + (tps ?? 0), 0) === 0
  const dead = idle ? fresh.filter(({ source }) => !recent.heartbeats().some((beat) => isAlive(beat, source, decision.time - staleMs))) : []
  return [...coverageFaults({ spec, recent }, { role, heard: fresh, what: 'demand' }), ...dead.map(({ source }) => `zero demand of ${source} without a heartbeat`)]
}

const isNumber = (value: number | null): value is number => value !== null && Number.isFinite(value) && value >= 0
const isAlive = (beat: CollectorHeartbeat, source: string, since: number): boolean => beat.source === source && beat.targetsScraped > 0 && beat.time >= since

const newestBySource = <S extends Sample>(samples: readonly S[]): readonly S[] => {
  const newest = new Map<string, S>()
  for (const sample of samples) {
    const known = newest.get(sample.source)
    if (known === undefined || sample.windowEndMs > known.windowEndMs) newest.set(sample.source, sample)
  }
  return [...newest.values()]
}

type Heard = { readonly role: Role; readonly heard: readonly Sample[]; readonly what: string }

/**
 * Of the sources of one sub-cluster (`<collector>/<sub-cluster>`) the one that heard most counts; a whole-service source (`…/*`) counts alone.
 * Registered: as the sub-clusters reported, which is what the collector's own idea of it is measured against.
 */
const coverageFaults = ({ spec, recent }: Pick<Case, 'spec' | 'recent'>, { role, heard, what }: Heard): readonly string[] => {
  const registered = recent.reports().reduce((sum, report) => sum + registeredIn(report, role), 0)
  const parts = new Map<string, number>()
  for (const { source, instancesHeard, instancesRegistered } of heard) {
    const part = source.slice(source.indexOf('/') + 1)
    parts.set(part, Math.max(parts.get(part) ?? 0, instancesRegistered === 0 ? 0 : instancesHeard))
  }
  const whole = parts.get('*') ?? 0
  parts.delete('*')
  const sum = Math.max(whole, [...parts.values()].reduce((all, one) => all + one, 0))
  // An instance that was registered since the last window may be missing from it: one per role is nothing.
  if (sum + 1e-9 >= spec.evidence.minCoverage * (registered - 1) || registered === 0) return []
  return [`its ${what} was heard from ${sum} of ${registered} ${role} instances`]
}

const registeredIn = ({ groups }: InstancesObserved, role: Role): number =>
  groups.reduce((sum, group) => sum + group.roles.filter((one) => one.role === role).reduce((all, one) => all + one.registered, 0), 0)

const latencies = [['ttftMsP95', 'prefill'], ['tbtMsP95', 'decode']] as const

const latencyFaults = ({ spec, recent, staleMs, decision }: Case): readonly string[] =>
  latencies.flatMap(([signal, natural]) => {
    const said = recent.samples('LatencyObserved').filter((one) => isNumber(one[signal]) || isIdle(one, signal))
    const speaking = said.some(({ role }) => role === natural) ? said.filter(({ role }) => role === natural) : said
    const fresh = newestBySource(speaking)
    if (fresh.length === 0) return [`no ${signal} within ${staleMs} ms`]
    const broken = isByHand(decision) ? [] : fresh.filter((one) => (one[signal] ?? 0) >= spec.slo[signal] && windowMean(speaking, one.source, signal) >= spec.slo[signal])
    return [...coverageFaults({ spec, recent }, { role: fresh[0]?.role ?? natural, heard: fresh, what: signal }), ...broken.map(({ source }) => `${signal} of ${source} breaks its SLO`)]
  })

/** A percentile over no requests: the engine answered, and there was nothing to measure. */
const isIdle = (sample: LatencyObserved, signal: 'ttftMsP95' | 'tbtMsP95'): boolean => sample[signal] === null && sample.requests === 0

const windowMean = (samples: readonly LatencyObserved[], source: string, signal: 'ttftMsP95' | 'tbtMsP95'): number => {
  const values = samples.flatMap((one) => (one.source === source && one[signal] !== null ? [{ value: one[signal], weight: Math.max(1, one.requests ?? 1) }] : []))
  const weight = values.reduce((sum, one) => sum + one.weight, 0)
  return weight === 0 ? 0 : values.reduce((sum, { value, weight: w }) => sum + value * w, 0) / weight
}

export const isByHand = ({ asks }: ScaleDecided): boolean => asks.some(({ policy, direction }) => policy === 'manual' && direction === 'in')

const instanceFaults = ({ view, recent, decision, staleMs }: Case): readonly string[] =>
  recent.subClusters().flatMap(({ subCluster, newest, complete }) => {
    if (!hasHeld(view, subCluster, decision)) return []
    if (complete === null || complete.observedAt < decision.time - staleMs) return [`${subCluster} gave no complete report of its instances within ${staleMs} ms`]
    return newest.complete ? [] : [`the last report of ${subCluster} was incomplete`]
  })

/** The change log knows; one that holds nothing of the service may be silent. */
const hasHeld = ({ groups }: View, subCluster: string, { service, time }: ScaleDecided): boolean =>
  [...groups.values()].some((group) => group.subCluster === subCluster && group.service === service && (group.lines[0]?.line.time ?? Infinity) <= time)

const inventoryFaults = (view: View, { service, from, time }: ScaleDecided): readonly string[] => {
  const { prefill, decode } = standingAt(view, service, time)
  const standing = prefill + decode
  if (2 * (from.prefill + from.decode) >= standing) return []
  return [`it starts from ${showCounts(from)} where ${standing} instances stand`]
}

const risingFaults = (decision: ScaleDecided): readonly string[] => {
  if (isByHand(decision)) return []
  return decision.evidence.filter(({ rising }) => rising).map(({ signal }) => `${signal} rises, as it says itself`)
}
