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

/** A series that its owner adds to in place. */
export type OwnSeries = { readonly source: string; readonly role: Role; readonly samples: Sample[] }

/**
 * The history of whoever folds, changed in place: to copy a list for each sample costs more than all else that a sample causes,
 * because copies of a thousand services outlive the young generation and are then collected dearly.
 */
export type OwnHistory = { [signal in SignalName]: readonly OwnSeries[] }

export type Measured = { readonly signal: SignalName; readonly source: string; readonly role: Role; readonly sample: Sample }

/** 20 minutes of 5 s windows; more than any policy's window needs. */
const maxSamplesPerSource = 240
/** Of all sources together, while nobody ticks: a snapshot may be due then, and it takes 1 MB at some 30 to 36 bytes a sample. */
const maxSamples = 20_000
/** One source per collector and sub-cluster; a fleet that needs more splits the service first. */
const maxSourcesPerSignal = 64

export const noSamples = (): OwnHistory => ({
  decodeTps: [],
  prefillTps: [],
  ttftMsP95: [],
  tbtMsP95: [],
  prefillQueueDepth: [],
  decodeQueueDepth: [],
  prefillRequestsRunning: [],
  decodeRequestsRunning: [],
})

/**
 * Adds a sample in place. Its identity is (signal, source, role, window end) and the first one stays. Both limits keep what
 * sorts highest or lowest, never what came first, so that the result does not depend on the order of arrival.
 * Makes room, too: samples that ended by `outside` lie outside every window that is still to be looked at.
 */
export const takeSample = (history: OwnHistory, measured: Measured, outside: EpochMs): void => {
  const series = history[measured.signal]
  const known = series[indexOfSource(series, measured)]
  if (known !== undefined) return takeIn(known.samples, measured.sample, { outside, most: mostOf(history, known) })
  const changed = { source: measured.source, role: measured.role, samples: [measured.sample] }
  history[measured.signal] = [...series, changed].sort(bySource).slice(0, maxSourcesPerSignal)
}

/** How many samples a source may hold; the sources are not counted for one that holds fewer than its share of the most that there may be. */
const mostOf = (history: OwnHistory, { samples }: OwnSeries): number => {
  if (samples.length < leastShare) return maxSamplesPerSource
  return Math.min(maxSamplesPerSource, Math.floor(maxSamples / countSeries(history)))
}

/** Series of all signals together. */
export const countSeries = (history: SignalHistory): number => {
  let count = 0
  for (const signal of signalNames) count += history[signal].length
  return count
}

const leastShare = Math.floor(maxSamples / (signalNames.length * maxSourcesPerSignal))

/** For whoever goes another way from here. */
export const copyHistory = (history: SignalHistory): OwnHistory =>
  mapEach((signal) => history[signal].map(({ source, role, samples }) => ({ source, role, samples: [...samples] })))

/** The fields always stand in the same order, whatever the order of a snapshot was. */
export const mapEach = <Series>(of: (signal: SignalName) => readonly Series[]): { [signal in SignalName]: readonly Series[] } => ({
  decodeTps: of('decodeTps'),
  prefillTps: of('prefillTps'),
  ttftMsP95: of('ttftMsP95'),
  tbtMsP95: of('tbtMsP95'),
  prefillQueueDepth: of('prefillQueueDepth'),
  decodeQueueDepth: of('decodeQueueDepth'),
  prefillRequestsRunning: of('prefillRequestsRunning'),
  decodeRequestsRunning: of('decodeRequestsRunning'),
})

/** -1 when the source has not measured the role yet. */
const indexOfSource = (series: readonly SourceSeries[], { source, role }: Measured): number => {
  for (let index = 0; index < series.length; index++) {
    const one = series[index] as SourceSeries
    if (one.role === role && one.source === source) return index
  }
  return -1
}

const takeIn = (samples: Sample[], sample: Sample, { outside, most }: { readonly outside: EpochMs; readonly most: number }): void => {
  const last = samples[samples.length - 1]
  if (last === undefined || last.endMs < sample.endMs) {
    const first = Math.max(firstKept(samples, outside), samples.length + 1 - most)
    // One goes for one that comes, at most samples; to splice makes a list of what it took out.
    if (first === 1) samples.shift()
    else if (first > 1) samples.splice(0, first)
    samples.push(sample)
    return
  }
  const index = samples.findIndex((one) => one.endMs >= sample.endMs)
  if (samples[index]?.endMs === sample.endMs) return
  samples.splice(index, 0, sample)
  if (samples.length > most) samples.shift()
}

/** Goes past what the next evaluation would drop anyway: samples outside, whose next one is outside too and of the same kind. */
const firstKept = (samples: readonly Sample[], outside: EpochMs): number => {
  let first = 0
  for (let next = samples[1]; next !== undefined && next.endMs <= outside && isLike(samples[first] as Sample, next); next = samples[first + 1]) first++
  return first
}

const isLike = (a: Sample, b: Sample): boolean => (a.value === null) === (b.value === null)

const bySource = (a: SourceSeries, b: SourceSeries): number =>
  compareText(a.source, b.source) || compareText(a.role, b.role)

/** Order of UTF-16 code units: the same in every locale. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Forgets samples up to `before`: a source that has been silent since then is missing, no longer stale. */
export const forgetSamples = (history: OwnHistory, before: EpochMs): OwnHistory =>
  mapSeries(history, (series) => (oldestEnd(series) > before ? series : keepSamples(series, ({ endMs }) => endMs > before)))

/** What a decision may look at: windows that ended by `horizon`. */
export const samplesUntil = (history: OwnHistory, horizon: EpochMs): SignalHistory =>
  mapSeries(history, (series) => (newestEnd(series) <= horizon ? series : keepSamples(series, ({ endMs }) => endMs <= horizon)))

const oldestEnd = ({ samples }: SourceSeries): EpochMs => samples[0]?.endMs ?? -1
const newestEnd = ({ samples }: SourceSeries): EpochMs => samples[samples.length - 1]?.endMs ?? -1

/** End of the earliest window that ended after `horizon`, or null: a decision will see it `lateness` later. */
export const nextWindowEnd = (history: SignalHistory, horizon: EpochMs): EpochMs | null => {
  let earliest = Infinity
  for (const signal of signalNames)
    for (const series of history[signal])
      if (newestEnd(series) > horizon) earliest = Math.min(earliest, series.samples.find(({ endMs }) => endMs > horizon)?.endMs ?? Infinity)
  return earliest === Infinity ? null : earliest
}

/** End of the newest window that ended by `horizon`, or null: the newest that a decision sees. */
export const lastWindowEnd = (history: SignalHistory, horizon: EpochMs): EpochMs | null => {
  let latest = -1
  for (const signal of signalNames)
    for (const series of history[signal])
      if (newestEnd(series) > latest) latest = Math.max(latest, series.samples.findLast(({ endMs }) => endMs <= horizon)?.endMs ?? -1)
  return latest < 0 ? null : latest
}

/** The series with these samples; itself when all stay. */
export const keepSamples = (series: OwnSeries, keep: (sample: Sample) => boolean): OwnSeries => {
  const samples = series.samples.filter(keep)
  return samples.length === series.samples.length ? series : { source: series.source, role: series.role, samples }
}

/**
 * Changes series one by one and leaves out those that have no samples left. Lists and the history in which nothing changed
 * are given back as they are: at most evaluations nothing does.
 */
export const mapSeries = (history: OwnHistory, change: (series: OwnSeries, signal: SignalName) => OwnSeries): OwnHistory => {
  let changed: OwnHistory | null = null
  for (const signal of signalNames) {
    const before = history[signal]
    const after = mapList(before, (series) => change(series, signal))
    if (after !== before) (changed ??= mapEach((one) => history[one]))[signal] = after
  }
  return changed ?? history
}

const mapList = (all: readonly OwnSeries[], change: (series: OwnSeries) => OwnSeries): readonly OwnSeries[] => {
  let changed: OwnSeries[] | null = null
  for (let index = 0; index < all.length; index++) {
    const before = all[index] as OwnSeries
    const after = change(before)
    if (after !== before) changed ??= all.slice(0, index)
    if (after.samples.length > 0) changed?.push(after)
  }
  return changed ?? all
}
