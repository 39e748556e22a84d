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
  'prefillRequestsRunning',
  'decodeRequestsRunning',
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

/** A percentile over no requests: the engine answered, and there was nothing to measure. */
export const isIdleSample = (sample: Sample): boolean => sample.value === null && sample.requests === 0

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
  prefillRequestsRunning: [],
  decodeRequestsRunning: [],
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

export type Memory = {
  /** Windows that ended later are still to be looked at. */
  readonly horizon: EpochMs
  /** No rule looks further back. */
  readonly since: EpochMs
  /** A source that has been silent since then is forgotten: it is missing, no longer stale. */
  readonly before: EpochMs
}

/**
 * Drops what no rule will look at again. Later than `since` all samples stay, those without a value too: a mean needs to
 * know which part of its window was not heard. Beyond it only the newest of a source tells anything: how long it has
 * been silent, and whether it answers at all.
 */
export const forgetSamples = (history: SignalHistory, { horizon, since, before }: Memory): SignalHistory =>
  keepSamples(history, (sample, samples) => {
    if (sample.endMs <= before) return false
    if (sample.endMs > horizon || sample.endMs > since) return true
    const seen = samples.filter(({ endMs }) => endMs <= horizon)
    return sample === seen.at(-1) || sample === seen.findLast(({ value }) => value !== null)
  })

/** What a decision may look at: windows that ended by `horizon`. */
export const samplesUntil = (history: SignalHistory, horizon: EpochMs): SignalHistory =>
  keepSamples(history, ({ endMs }) => endMs <= horizon)

/** End of the earliest window that ended after `horizon`, or null: a decision will see it `lateness` later. */
export const nextWindowEnd = (history: SignalHistory, horizon: EpochMs): EpochMs | null => {
  const ends = signalNames.flatMap((signal) =>
    history[signal].flatMap((series) => series.samples.find((sample) => sample.endMs > horizon)?.endMs ?? []),
  )
  return ends.length === 0 ? null : Math.min(...ends)
}

type Keep = (sample: Sample, samples: readonly Sample[]) => boolean

/** Filters every source's samples and leaves out sources that have none left. */
const keepSamples = (history: SignalHistory, keep: Keep): SignalHistory => {
  const keepOf = (series: SourceSeries): SourceSeries => {
    const samples = series.samples.filter((sample) => keep(sample, series.samples))
    return samples.length === series.samples.length ? series : { ...series, samples }
  }
  const keepAll = (all: readonly SourceSeries[]): readonly SourceSeries[] => all.map(keepOf).filter(({ samples }) => samples.length > 0)
  return {
    decodeTps: keepAll(history.decodeTps),
    prefillTps: keepAll(history.prefillTps),
    ttftMsP95: keepAll(history.ttftMsP95),
    tbtMsP95: keepAll(history.tbtMsP95),
    prefillQueueDepth: keepAll(history.prefillQueueDepth),
    decodeQueueDepth: keepAll(history.decodeQueueDepth),
    prefillRequestsRunning: keepAll(history.prefillRequestsRunning),
    decodeRequestsRunning: keepAll(history.decodeRequestsRunning),
  }
}
