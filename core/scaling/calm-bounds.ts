/** The bounds that a calm service's samples stay in, and which sample does. */
import type { Role, RoleCounts } from '../roles.ts'
import type { LatencyObserved, TpsObserved } from '../events/observed.ts'
import type { DisaggregatedServiceSpec } from '../service/specification.ts'
import { roleOfSignal } from '../signals/evidence.ts'
import type { MeasurementEvent } from '../signals/from-event.ts'
import type { SignalHistory } from '../signals/sample.ts'
import { secondsToMs } from '../units.ts'
import type { EpochMs } from '../units.ts'

/** Values of one source of the demand signal, both ends included. */
export type SourceBand = { readonly source: string; readonly lo: number; readonly hi: number }

/** A source that speaks for all of its instances of a role. */
export type FullVoice = { readonly source: string; readonly role: Role; readonly registered: number }

/** Milliseconds, `least` included; of every source. */
export type LatencyBand = { readonly least: number; readonly below: number }

export type Calm = {
  /** While each source stays in its band, so does the mean of each over any window, and the sum of them where policies ask for the same. */
  readonly demand: readonly SourceBand[]
  /** Inside, the latency guard neither acts nor objects. */
  readonly ttftMs: LatencyBand
  readonly tbtMs: LatencyBand
  /** Where a shrink waits: the sources as they are, all heard in full, and nobody waits at any instance. Null where neither matters. */
  readonly voices: readonly FullVoice[] | null
  /** What each of these samples recommends, for the stabilisation windows. */
  readonly recommended: RoleCounts
  /** When what the verdict waits for is over; null when it waits for nothing. */
  readonly untilMs: EpochMs | null
  /** When the first of the sources turns stale, unless it is heard again until then. */
  readonly freshUntilMs: EpochMs
  /** End of the first window outside the bounds; null while all were inside. */
  readonly stirredAtMs: EpochMs | null
}

/** Samples of a window that ended then are looked at. */
export const stirredBy = (calm: Calm, windowEndMs: EpochMs): Calm =>
  calm.stirredAtMs !== null && calm.stirredAtMs <= windowEndMs ? calm : { ...calm, stirredAtMs: windowEndMs }

type Known = { readonly signals: SignalHistory; readonly spec: DisaggregatedServiceSpec }

/** True when no rule sees a difference after this record; running requests and caches only matter beside a demand of zero. */
export const isCalmSample = (calm: Calm, event: MeasurementEvent, known: Known): boolean => {
  const { policies, evidence } = known.spec
  switch (event.type) {
    case 'TpsObserved':
      return event.role !== roleOfSignal(policies.proportional.signal) || (isCovered(event, calm, evidence.minCoverage) && isExpected(calm, event, known))
    case 'LatencyObserved':
      return isCovered(event, calm, evidence.minCoverage) && isInside(event, event.ttftMsP95, { band: calm.ttftMs, role: 'prefill' }) && isInside(event, event.tbtMsP95, { band: calm.tbtMs, role: 'decode' })
    case 'CacheObserved':
      return calm.voices === null || event.queueDepth === null || event.queueDepth === 0
  }
}

/** A thin sample makes the evidence thin, which people are told at once, and which forbids to shrink. */
const isCovered = (event: MeasurementEvent, { voices }: Calm, minCoverage: number): boolean => {
  const { source, role, instancesHeard: heard, instancesRegistered: registered } = event
  if (voices === null) return heard >= registered * minCoverage
  return heard === registered && voices.some((voice) => voice.source === source && voice.role === role && voice.registered === registered)
}

const isExpected = (calm: Calm, event: TpsObserved, known: Known): boolean => isInBand(calm, event) && !isAfterGap(known, event)

const isInBand = ({ demand }: Calm, { source, tps }: TpsObserved): boolean =>
  tps !== null && demand.some((band) => band.source === source && tps >= band.lo && tps <= band.hi)

/**
 * Longer than evidence stays fresh nothing was heard of the source before. Its silence is noticed at a tick; but there may have been none, and
 * then the stabilisation window begins anew with this sample (evaluate.ts).
 */
const isAfterGap = ({ signals, spec }: Known, { source, windowEndMs }: TpsObserved): boolean => {
  const series = signals[spec.policies.proportional.signal].find((one) => one.source === source)
  const newest = series?.samples[series.samples.length - 1]
  return newest !== undefined && windowEndMs - newest.endMs > secondsToMs(spec.evidence.staleAfterSeconds)
}

/** `role`: whose engines measure it; of the other one nothing is expected. */
const isInside = (event: LatencyObserved, value: number | null, { band, role }: { readonly band: LatencyBand; readonly role: LatencyObserved['role'] }): boolean =>
  value === null ? event.role !== role : value >= band.least && value < band.below
