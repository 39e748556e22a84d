/** Samples of a service's signals, kept per source in the order of their windows. */
import type { Role } from '../roles.ts'
import type { EpochMs } from '../units.ts'

export const signalNames = [
  'decodeTps',
  'prefillTps',
  'ttftMsP95',
  'tbtMsP95',
  'prefillQueueDepth',
  'decodeQueueDepth',
] as const
export type SignalName = (typeof signalNames)[number]

/** One measurement over the window (startMs, endMs]. A null value was not observed and is never zero. */
export type Sample = {
  readonly startMs: EpochMs
  readonly endMs: EpochMs
  readonly value: number | null
  /** Requests behind a percentile; null for other signals and when the engine served no histogram. */
  readonly requests: number | null
  readonly heard: number
  readonly registered: number
}

/** All samples that one source measured of one role, oldest window first. */
export type SourceSeries = { readonly source: string; readonly role: Role; readonly samples: readonly Sample[] }

/** Sorted by (source, role): sums of floats then come out equal whatever the order of arrival was. */
export type SignalHistory = { readonly [signal in SignalName]: readonly SourceSeries[] }

export type Measured = { readonly signal: SignalName; readonly source: string; readonly role: Role; readonly sample: Sample }

/** 20 minutes of 5 s windows; more than any policy's window needs. */
const maxSamplesPerSource = 240
/** One source per collector and sub-cluster; a fleet that needs more splits the service first. */
const maxSourcesPerSignal = 64

export const noSamples: SignalHistory = {
  decodeTps: [],
  prefillTps: [],
  ttftMsP95: [],
  tbtMsP95: [],
  prefillQueueDepth: [],
  decodeQueueDepth: [],
}

/**
 * Adds a sample. Its identity is (signal, source, role, window end) and the first one stays. Both limits keep what
 * sorts highest or lowest, never what came first, so that the result does not depend on the order of arrival.
 */
export const addSample = (history: SignalHistory, measured: Measured): SignalHistory => {
  const series = history[measured.signal]
  const index = series.findIndex((one) => one.source === measured.source && one.role === measured.role)
  const known = series[index]
  const samples = insertByWindow(known?.samples ?? [], measured.sample)
  if (known && samples === known.samples) return history
  const changed = { source: measured.source, role: measured.role, samples }
  const all = known ? series.with(index, changed) : [...series, changed].sort(bySource).slice(0, maxSourcesPerSignal)
  return { ...history, [measured.signal]: all }
}

const insertByWindow = (samples: readonly Sample[], sample: Sample): readonly Sample[] => {
  const last = samples.at(-1)
  if (!last || last.endMs < sample.endMs) return [...samples, sample].slice(-maxSamplesPerSource)
  const index = samples.findIndex((one) => one.endMs >= sample.endMs)
  if (samples[index]?.endMs === sample.endMs) return samples
  return samples.toSpliced(index, 0, sample).slice(-maxSamplesPerSource)
}

const bySource = (a: SourceSeries, b: SourceSeries): number =>
  compareText(a.source, b.source) || compareText(a.role, b.role)

/** Order of UTF-16 code units: the same in every locale. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Drops windows that ended at or before `before`, and sources that have none left. */
export const dropSamplesBefore = (history: SignalHistory, before: EpochMs): SignalHistory =>
  mapSignals(history, (series) => series.some((one) => startsBefore(one, before)) ? series.map(after(before)).filter(hasSamples) : series)

/** What was measured over windows that ended by `horizon`: all that a decision may look at. */
export const samplesUntil = (history: SignalHistory, horizon: EpochMs): SignalHistory =>
  mapSignals(history, (series) =>
    series.some((one) => endsAfter(one, horizon)) ? series.map(until(horizon)).filter(hasSamples) : series,
  )

/** End of the earliest window that ended after `horizon`, or null: a decision will see it `lateness` later. */
export const nextWindowEnd = (history: SignalHistory, horizon: EpochMs): EpochMs | null => {
  const ends = signalNames.flatMap((signal) =>
    history[signal].flatMap((series) => series.samples.find((sample) => sample.endMs > horizon)?.endMs ?? []),
  )
  return ends.length === 0 ? null : Math.min(...ends)
}

const mapSignals = (
  history: SignalHistory,
  change: (series: readonly SourceSeries[]) => readonly SourceSeries[],
): SignalHistory => ({
  decodeTps: change(history.decodeTps),
  prefillTps: change(history.prefillTps),
  ttftMsP95: change(history.ttftMsP95),
  tbtMsP95: change(history.tbtMsP95),
  prefillQueueDepth: change(history.prefillQueueDepth),
  decodeQueueDepth: change(history.decodeQueueDepth),
})

const startsBefore = (series: SourceSeries, before: EpochMs): boolean => (series.samples[0]?.endMs ?? before) <= before
const endsAfter = (series: SourceSeries, horizon: EpochMs): boolean => (series.samples.at(-1)?.endMs ?? horizon) > horizon
const hasSamples = (series: SourceSeries): boolean => series.samples.length > 0

const after = (before: EpochMs) => (series: SourceSeries): SourceSeries =>
  startsBefore(series, before) ? { ...series, samples: series.samples.filter((sample) => sample.endMs > before) } : series

const until = (horizon: EpochMs) => (series: SourceSeries): SourceSeries =>
  endsAfter(series, horizon) ? { ...series, samples: series.samples.filter((sample) => sample.endMs <= horizon) } : series
