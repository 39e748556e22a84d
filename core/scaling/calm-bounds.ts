/** The bounds that a calm service's samples stay in, and which sample does. */
import type { LatencyObserved, TpsObserved } from '../events/observed.ts'
import type { RoleCounts } from '../roles.ts'
import type { DisaggregatedServiceSpec } from '../service/specification.ts'
import { roleOfSignal } from '../signals/evidence.ts'
import type { MeasurementEvent } from '../signals/from-event.ts'
import type { EpochMs } from '../units.ts'

/** Values of one source of the demand signal, both ends included. */
export type SourceBand = { readonly source: string; readonly lo: number; readonly hi: number }

export type Calm = {
  /** What stood, and so was recommended, through the calm; it may be unknown by the time when somebody looks again. */
  readonly counts: RoleCounts
  /** While each source stays in its band, so does the mean of each over any window, and the sum of them inside the tolerances. */
  readonly demand: readonly SourceBand[]
  /** Below the first tier of the latency guard. */
  readonly ttftMsBelow: number
  readonly tbtMsBelow: number
  /** When the first of the sources turns stale, unless it is heard again until then. */
  readonly freshUntilMs: EpochMs
  /** End of the first window outside the bounds; null while all were inside. */
  readonly stirredAtMs: EpochMs | null
}

/** Samples of a window that ended then are looked at. */
export const stirredBy = (calm: Calm, windowEndMs: EpochMs): Calm =>
  calm.stirredAtMs !== null && calm.stirredAtMs <= windowEndMs ? calm : { ...calm, stirredAtMs: windowEndMs }

/** True when no rule sees a difference after this record; queues, running requests and caches only matter to what wants to shrink. */
export const isCalmSample = (calm: Calm, event: MeasurementEvent, { policies, evidence }: DisaggregatedServiceSpec): boolean => {
  switch (event.type) {
    case 'TpsObserved':
      return event.role !== roleOfSignal(policies.proportional.signal) || (isCovered(event, evidence.minCoverage) && isInBand(calm, event))
    case 'LatencyObserved':
      return isCovered(event, evidence.minCoverage) && isLow(event, event.ttftMsP95, { below: calm.ttftMsBelow, role: 'prefill' }) && isLow(event, event.tbtMsP95, { below: calm.tbtMsBelow, role: 'decode' })
    case 'CacheObserved':
      return true
  }
}

/** A thin sample makes the evidence thin, which people are told at once. */
const isCovered = ({ instancesHeard, instancesRegistered }: MeasurementEvent, minCoverage: number): boolean => instancesHeard >= instancesRegistered * minCoverage

const isInBand = ({ demand }: Calm, { source, tps }: TpsObserved): boolean =>
  tps !== null && demand.some((band) => band.source === source && tps >= band.lo && tps <= band.hi)

/** `role`: whose engines measure it; of the other one nothing is expected. */
const isLow = (event: LatencyObserved, value: number | null, { below, role }: { below: number; role: LatencyObserved['role'] }): boolean =>
  value === null ? event.role !== role : value >= 0 && value < below
