/** How much of a role the sources of a signal speak for, and how recently they spoke. */
import type { Role, RoleCounts } from '../roles.ts'
import type { DurationMs, EpochMs } from '../units.ts'
import { fixed } from '../units.ts'
import type { Sample, SourceSeries } from './sample.ts'
import { newestValued } from './window.ts'

/** From where samples are looked at. */
export type Sight = {
  readonly nowMs: EpochMs
  /** Windows end here; nothing later is looked at. */
  readonly horizonMs: EpochMs
  readonly staleAfterMs: DurationMs
  readonly registered: RoleCounts
}

/** True when the source's newest observed value is young enough. */
export const isFreshSeries = (series: SourceSeries, sight: Sight): boolean =>
  isRecent(newestValued(series), sight)

const isRecent = (sample: Sample | null, sight: Sight): boolean =>
  sample !== null && sight.nowMs - sample.endMs <= sight.staleAfterMs

/** Age of the newest observed value over all sources; null when none has one. */
export const newestAge = (series: readonly SourceSeries[], sight: Sight): DurationMs | null => {
  const ends = series.flatMap((one) => newestValued(one)?.endMs ?? [])
  return ends.length === 0 ? null : sight.nowMs - Math.max(...ends)
}

/** A percentile over no requests: the engine answered, and there was nothing to measure. */
export const isIdleSample = (sample: Sample): boolean => sample.value === null && sample.requests === 0

/**
 * Instances heard from / instances registered, 0 to 1. The denominator is the larger of what the sources and what the
 * sub-clusters report: a source that vanished with its samples must not make the rest look complete. Null when
 * nothing is registered.
 */
export const coverageOf = (series: readonly SourceSeries[], sight: Sight, role: Role): number | null => {
  const newest = series.map((one) => one.samples.at(-1) ?? null).filter((sample) => isRecent(sample, sight)) as readonly Sample[]
  const heard = newest.reduce((sum, sample) => sum + (sample.value !== null || isIdleSample(sample) ? sample.heard : 0), 0)
  const registered = Math.max(sight.registered[role], newest.reduce((sum, sample) => sum + sample.registered, 0))
  return registered === 0 ? null : Math.min(1, fixed(heard / registered))
}
