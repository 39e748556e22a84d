/** Which signals a measurement record speaks of. */
import type { CacheObserved, LatencyObserved, TpsObserved } from '../events/observed.ts'
import { mostCounted, mostLatencyMs, mostServiceTps, plausible } from './plausible.ts'
import type { Measured, Sample, SignalName } from './sample.ts'

export type MeasurementEvent = TpsObserved | LatencyObserved | CacheObserved

/**
 * The samples inside a record. A value that is not finite, negative or beyond every plausible bound becomes null (not
 * observed): what cannot be measured must not be counted, and must not stop the partition either.
 */
export const measuredBy = (event: MeasurementEvent): readonly Measured[] => {
  switch (event.type) {
    case 'TpsObserved':
      return [measured(event, event.role === 'decode' ? 'decodeTps' : 'prefillTps', plausible(event.tps, mostServiceTps))]
    case 'LatencyObserved':
      return [
        measured(event, 'ttftMsP95', plausible(event.ttftMsP95, mostLatencyMs)),
        measured(event, 'tbtMsP95', plausible(event.tbtMsP95, mostLatencyMs)),
      ]
    case 'CacheObserved':
      return [
        measured(event, event.role === 'decode' ? 'decodeQueueDepth' : 'prefillQueueDepth', plausible(event.queueDepth, mostCounted)),
        measured(event, event.role === 'decode' ? 'decodeRequestsRunning' : 'prefillRequestsRunning', plausible(event.requestsRunning, mostCounted)),
      ]
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
  value,
  requests: event.type === 'LatencyObserved' ? plausible(event.requests, mostCounted) : null,
  heard: plausible(event.instancesHeard, mostCounted) ?? 0,
  registered: plausible(event.instancesRegistered, mostCounted) ?? 0,
})
