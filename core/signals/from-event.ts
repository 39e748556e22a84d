/** Which signals a measurement record speaks of. */
import type { CacheObserved, LatencyObserved, TpsObserved } from '../events/observed.ts'
import type { Measured, Sample, SignalName } from './sample.ts'

export type MeasurementEvent = TpsObserved | LatencyObserved | CacheObserved

/**
 * The samples inside a record. A value that is not a finite number of at least 0 becomes null (not observed): what
 * cannot be measured must not be counted, and must not stop the partition either.
 */
export const measuredBy = (event: MeasurementEvent): readonly Measured[] => {
  switch (event.type) {
    case 'TpsObserved':
      return [measured(event, event.role === 'decode' ? 'decodeTps' : 'prefillTps', event.tps)]
    case 'LatencyObserved':
      return [measured(event, 'ttftMsP95', event.ttftMsP95), measured(event, 'tbtMsP95', event.tbtMsP95)]
    case 'CacheObserved':
      return [measured(event, event.role === 'decode' ? 'decodeQueueDepth' : 'prefillQueueDepth', event.queueDepth)]
  }
}

const measured = (event: MeasurementEvent, signal: SignalName, value: number | null): Measured => ({
  signal,
  source: event.source,
  role: event.role,
  sample: sampleOf(event, value),
})

const sampleOf = (event: MeasurementEvent, value: number | null): Sample => ({
  startMs: event.windowStartMs,
  endMs: event.windowEndMs,
  value: countable(value),
  requests: event.type === 'LatencyObserved' ? countable(event.requests) : null,
  heard: countable(event.instancesHeard) ?? 0,
  registered: countable(event.instancesRegistered) ?? 0,
})

const countable = (value: number | null): number | null =>
  value !== null && Number.isFinite(value) && value >= 0 ? value : null
