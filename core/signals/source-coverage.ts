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
const isFreshSeries = (series: SourceSeries, sight: Sight): boolean =>
  isRecent(newestValued(series), sight)

const isRecent = (sample: Sample | null, sight: Sight): boolean =>
  sample !== null && sight.nowMs - sample.endMs <= sight.staleAfterMs

/** The sources whose newest observed value is young enough; the list itself when all of them are. */
export const freshSeries = (series: readonly SourceSeries[], sight: Sight): readonly SourceSeries[] =>
  series.every((one) => isFreshSeries(one, sight)) ? series : series.filter((one) => isFreshSeries(one, sight))

/** Age of the newest observed value over all sources; null when none has one. */
export const newestAge = (series: readonly SourceSeries[], sight: Sight): DurationMs | null => {
  let newestMs = -Infinity
  for (const one of series) newestMs = Math.max(newestMs, newestValued(one)?.endMs ?? -Infinity)
  return newestMs === -Infinity ? null : sight.nowMs - newestMs
}

/**
 * Instances heard from / instances registered, 0 to 1, the lowest of the window: a mean is as thin as the thinnest
 * sample that may be missing from it. The denominator is the larger of what the sources and what the sub-clusters report:
 * a source that vanished with its samples must not make the rest look complete. Null when nothing is registered.
 */
export const coverageOf = (series: readonly SourceSeries[], sight: Sight, { role, window }: { role: Role; window: Window }): number | null => {
  let heard = 0
  let spokenFor = 0
  for (const one of series) {
    const last = one.samples.at(-1)
    if (last === undefined || !isRecent(last, sight)) continue
    heard += lowestShare(one, window) * last.registered
    spokenFor += last.registered
  }
  const registered = Math.max(sight.registered[role], spokenFor)
  return registered === 0 ? null : Math.min(1, fixed(heard / registered))
}

/** Lowest share heard of a source inside the window; its newest sample counts also when the window is shorter than its period. */
const lowestShare = ({ samples }: SourceSeries, window: Window): number => {
  const last = samples.at(-1)
  let lowest = 1
  for (const sample of samples) if (sample === last || isWithin(sample, window)) lowest = Math.min(lowest, shareOf(sample))
  return lowest
}

/** 1 where nobody was registered: nobody is missing from it. */
const shareOf = (sample: Sample): number => {
  if (sample.registered === 0) return 1
  return sample.value !== null || isIdleSample(sample) ? sample.heard / sample.registered : 0
}
