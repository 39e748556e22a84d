/** Means over windows of samples. Each returns null where nothing was observed. */
import type { DurationMs, EpochMs } from '../units.ts'
import { fixed } from '../units.ts'
import type { Sample, SourceSeries } from './sample.ts'

/** A sample whose value was observed. */
export type ValuedSample = Sample & { readonly value: number }

export const isValued = (sample: Sample): sample is ValuedSample => sample.value !== null

/** The window (end − length, end], by where samples end. */
export type Window = { readonly endMs: EpochMs; readonly lengthMs: DurationMs }

export const isWithin = (sample: Sample, { endMs, lengthMs }: Window): boolean =>
  sample.endMs > endMs - lengthMs && sample.endMs <= endMs

/** Newest observed sample of a source, of those that ended by `horizon`. */
export const newestValued = ({ samples }: SourceSeries, horizon: EpochMs = Infinity): ValuedSample | null => {
  for (let index = samples.length - 1; index >= 0; index--) {
    const sample = samples[index] as Sample
    if (sample.endMs <= horizon && isValued(sample)) return sample
  }
  return null
}

/**
 * Mean of a source over a window. A percentile weighs as much as the requests behind it, every other value as much
 * as the time it stands for, so that one short window after a restart does not move the mean.
 */
export const meanOver = ({ samples }: SourceSeries, window: Window): number | null => {
  let weight = 0
  let weighted = 0
  for (const sample of samples) {
    if (!isValued(sample) || !isWithin(sample, window)) continue
    weight += weightOf(sample)
    weighted += sample.value * weightOf(sample)
  }
  return weight === 0 ? null : fixed(weighted / weight)
}

/** At least 1. */
export const weightOf = (sample: Sample): number => Math.max(1, sample.requests ?? sample.endMs - sample.startMs)

/** Mean over the window, or the newest sample when the window is shorter than the source's period. */
export const recentValue = (series: SourceSeries, window: Window): number | null =>
  meanOver(series, window) ?? newestValued(series)?.value ?? null

/** From this much on a newer mean counts as higher than an older one: 10 %, above the noise of a p95. */
export const risingRatio = 1.1

/**
 * True when the newer half of the window lies above the older half and above `floor`. Below the floor a rise is noise:
 * TTFT that goes from 100 to 120 ms under an SLO of 1 s is no reason to keep a fleet large.
 */
export const isRising = (series: SourceSeries, window: Window, floor: number): boolean => {
  const half = window.lengthMs / 2
  const older = meanOver(series, { endMs: window.endMs - half, lengthMs: half })
  const newer = meanOver(series, { endMs: window.endMs, lengthMs: half })
  return older !== null && newer !== null && newer >= floor && newer > fixed(older * risingRatio)
}
