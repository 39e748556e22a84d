/** Evidence of waiting requests. No policy requires it; where it is served, a queue vetoes scale-in. */
import type { Evidence } from '../events/decided.ts'
import type { Role } from '../roles.ts'
import type { DurationMs } from '../units.ts'
import { fixed } from '../units.ts'
import type { SignalHistory } from './sample.ts'
import { coverageOf, isFreshSeries, newestAge } from './source-coverage.ts'
import type { Sight } from './source-coverage.ts'
import { isRising, newestValued } from './window.ts'

/** Queues are looked at over a minute: long enough for two halves of six scrapes. */
export const queueWindowMs: DurationMs = 60_000

/** Requests that wait at the role's instances now, summed over sources. A rise counts from one request an instance on. */
export const queueEvidence = (history: SignalHistory, sight: Sight, role: Role): Evidence => {
  const signal = role === 'prefill' ? 'prefillQueueDepth' : 'decodeQueueDepth'
  const series = history[signal]
  const fresh = series.filter((one) => isFreshSeries(one, sight))
  const window = { endMs: sight.horizonMs, lengthMs: queueWindowMs }
  const ageMs = newestAge(series, sight)
  return {
    signal,
    state: fresh.length > 0 ? 'fresh' : ageMs === null ? 'missing' : 'stale',
    value: fresh.length === 0 ? null : fixed(fresh.reduce((sum, one) => sum + (newestValued(one)?.value ?? 0), 0)),
    ageMs,
    coverage: coverageOf(series, sight, role),
    rising: fresh.some((one) => isRising(one, window, Math.max(1, sight.registered[role] / fresh.length))),
  }
}
