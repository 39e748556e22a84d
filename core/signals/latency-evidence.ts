/** Evidence of TTFT and TBT: the highest of the sources, since an SLO that is broken in one place is broken. */
import type { Evidence } from '../events/decided.ts'
import type { Role } from '../roles.ts'
import type { DurationMs } from '../units.ts'
import { isIdleSample } from './sample.ts'
import type { SignalHistory, SourceSeries } from './sample.ts'
import { coverageOf, freshSeries, newestAge } from './source-coverage.ts'
import type { Sight } from './source-coverage.ts'
import { isRising, recentValue } from './window.ts'

export type LatencySignal = {
  readonly signal: 'ttftMsP95' | 'tbtMsP95'
  /** Milliseconds. */
  readonly slo: number
  readonly windowMs: DurationMs
}

/** A rise counts from half the SLO on. */
export const risingFloorOfSlo = 0.5

export const latencyEvidence = (history: SignalHistory, sight: Sight, latency: LatencySignal): Evidence => {
  const { role, series } = speaking(history[latency.signal], latency.signal)
  const fresh = freshSeries(series, sight)
  const window = { endMs: sight.horizonMs, lengthMs: latency.windowMs }
  return {
    signal: latency.signal,
    state: latencyState(series, fresh, sight),
    value: fresh.length === 0 ? null : fresh.reduce((worst, one) => Math.max(worst, recentValue(one, window) ?? 0), 0),
    ageMs: newestAge(series, sight),
    coverage: coverageOf(series, sight, { role, window }),
    rising: fresh.some((one) => isRising(one, window, latency.slo * risingFloorOfSlo)),
  }
}

/**
 * The role whose engines measure the signal: prefill for TTFT and decode for TBT when they say anything, else the other
 * one, because some engines measure both latencies where the answer leaves.
 */
const speaking = (series: readonly SourceSeries[], signal: LatencySignal['signal']): { role: Role; series: readonly SourceSeries[] } => {
  const natural: Role = signal === 'ttftMsP95' ? 'prefill' : 'decode'
  const other: Role = natural === 'prefill' ? 'decode' : 'prefill'
  const of = (role: Role): readonly SourceSeries[] => series.filter((one) => one.role === role)
  const role = of(natural).some(saysAnything) || !of(other).some(saysAnything) ? natural : other
  return { role, series: of(role) }
}

const saysAnything = (series: SourceSeries): boolean =>
  series.samples.some((sample) => sample.value !== null || isIdleSample(sample))

const latencyState = (series: readonly SourceSeries[], fresh: readonly SourceSeries[], sight: Sight): Evidence['state'] => {
  if (series.length === 0) return 'missing'
  if (fresh.length > 0) return 'fresh'
  if (series.every((one) => isIdleNow(one, sight))) return 'idle'
  return newestAge(series, sight) === null ? 'failed' : 'stale'
}

const isIdleNow = (series: SourceSeries, sight: Sight): boolean => {
  const newest = series.samples.at(-1)
  return newest !== undefined && isIdleSample(newest) && sight.nowMs - newest.endMs <= sight.staleAfterMs
}
