/**
 * One source per sub-cluster. Sources are named `<collector>/<subCluster>`; two collectors over one sub-cluster (a spare,
 * or a restart under a new id) measure the same engines, and their sum would be twice the demand. A foreign producer may
 * speak for the whole service (`<producer>/*`): then what it says and what the sub-clusters' sources say is the same load too.
 */
import { groupBy } from '../group-by.ts'
import { isIdleSample, mapEach, signalNames } from './sample.ts'
import type { Sample, SignalHistory, SignalName, SourceSeries } from './sample.ts'
import type { DurationMs } from '../units.ts'

/** The sub-cluster that a source looks at: what follows the first slash, or the whole name where there is none. */
export const subClusterOf = (source: string): string => source.slice(source.indexOf('/') + 1)

/** What follows the slash in the name of a source that speaks for all sub-clusters. */
export const wholeService = '*'

/**
 * Of the sources of each sub-cluster and role only the freshest, signal by signal; and of those either the sub-clusters' or
 * the one of the whole service, never their sum.
 */
export const onePerSubCluster = (history: SignalHistory): SignalHistory => {
  let chosen: { [signal in SignalName]: readonly SourceSeries[] } | null = null
  for (const signal of signalNames)
    if (haveRivals(history[signal])) (chosen ??= mapEach((one) => history[one]))[signal] = freshestOfEach(history[signal])
  return chosen ?? history
}

/** False in a fleet with one collector per sub-cluster, where nothing is to be chosen: at nearly every evaluation. */
const haveRivals = (series: readonly SourceSeries[]): boolean =>
  series.some(({ source, role }, index) =>
    series.some((other, place) => place > index && other.role === role && (areRivals(source, other.source) || isWhole(source) || isWhole(other.source))),
  )

const areRivals = (a: string, b: string): boolean => subClusterOf(a) === subClusterOf(b)

const isWhole = (source: string): boolean => subClusterOf(source) === wholeService

/** Order stays that of the series, so that sums come out equal at every replay. */
const freshestOfEach = (series: readonly SourceSeries[]): readonly SourceSeries[] => {
  const rivals = groupBy(series, ({ source, role }) => `${role} ${subClusterOf(source)}`)
  const freshest = [...rivals.values()].map((all) => all.reduce(fresher))
  const chosen = new Set([...groupBy(freshest, ({ role }) => role).values()].flatMap(partsOrWhole))
  return series.filter((one) => chosen.has(one))
}

/**
 * Two rounds of a collector. Who measures the engines goes before who speaks for them all until it has been silent for so
 * long; choosing the latest word instead would change the source at every sample.
 */
const partsLeadMs: DurationMs = 10_000

const partsOrWhole = (series: readonly SourceSeries[]): readonly SourceSeries[] => {
  const whole = series.find(({ source }) => isWhole(source))
  if (whole === undefined) return series
  const parts = series.filter((one) => one !== whole)
  const lastOfParts = Math.max(-1, ...parts.map((one) => lastEnd(one, saysSomething)))
  return lastOfParts >= 0 && lastOfParts >= lastEnd(whole, saysSomething) - partsLeadMs ? parts : [whole]
}

/** Who measured last; a source that only says that it failed comes after one that measured. The first of equals stays. */
const fresher = (a: SourceSeries, b: SourceSeries): SourceSeries => {
  const lead = lastEnd(b, saysSomething) - lastEnd(a, saysSomething)
  if (lead !== 0) return lead > 0 ? b : a
  return lastEnd(b, () => true) > lastEnd(a, () => true) ? b : a
}

const saysSomething = (sample: Sample): boolean => sample.value !== null || isIdleSample(sample)

/** -1 when there is no such sample. */
const lastEnd = (series: SourceSeries, test: (sample: Sample) => boolean): number =>
  series.samples.findLast(test)?.endMs ?? -1
