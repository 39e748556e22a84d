/** How much of a role the sources of a signal speak for, and how recently they spoke. */
import type { Role, RoleCounts } from '../roles.ts'
import type { DurationMs, EpochMs } from '../units.ts'
import { fixed } from '../units.ts'
import { isIdleSample } from './sample.ts'
import type { Sample, SourceSeries } from './sample.ts'
import { isWithin, newestValued } from './window.ts'
import type { Window } from './window.ts'

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

/**
 * Instances heard from / instances registered, 0 to 1, the lowest of the window: a mean is as thin as the thinnest
 * sample that may be missing from it. The denominator is the larger of what the sources and what the sub-clusters report:
 * a source that vanished with its samples must not make the rest look complete. Null when nothing is registered.
 */
export const coverageOf = (series: readonly SourceSeries[], sight: Sight, { role, window }: { role: Role; window: Window }): number | null => {
  const recent = series.filter((one) => isRecent(one.samples.at(-1) ?? null, sight))
  const registeredOf = (one: SourceSeries): number => one.samples.at(-1)?.registered ?? 0
  const heard = recent.reduce((sum, one) => sum + lowestShare(one, window) * registeredOf(one), 0)
  const registered = Math.max(sight.registered[role], recent.reduce((sum, one) => sum + registeredOf(one), 0))
  return registered === 0 ? null : Math.min(1, fixed(heard / registered))
}

/** Lowest share heard of a source inside the window; its newest sample counts also when the window is shorter than its period. */
const lowestShare = ({ samples }: SourceSeries, window: Window): number =>
  Math.min(...samples.filter((sample) => isWithin(sample, window) || sample === samples.at(-1)).map(shareOf))

/** 1 where nobody was registered: nobody is missing from it. */
const shareOf = (sample: Sample): number => {
  if (sample.registered === 0) return 1
  return sample.value !== null || isIdleSample(sample) ? sample.heard / sample.registered : 0
}
