/**
 * One source per sub-cluster. Sources are named `<collector>/<subCluster>`; two collectors over one sub-cluster (a spare,
 * or a restart under a new id) measure the same engines, and their sum would be twice the demand.
 */
import { groupBy } from '../group-by.ts'
import { isIdleSample, signalNames } from './sample.ts'
import type { Sample, SignalHistory, SourceSeries } from './sample.ts'

/** The sub-cluster that a source looks at: what follows the first slash, or the whole name where there is none. */
export const subClusterOf = (source: string): string => source.slice(source.indexOf('/') + 1)

/** Of the sources of each sub-cluster and role only the freshest, signal by signal. */
export const onePerSubCluster = (history: SignalHistory): SignalHistory =>
  Object.fromEntries(signalNames.map((signal) => [signal, freshestOfEach(history[signal])])) as SignalHistory

/** Order stays that of the series, so that sums come out equal at every replay. */
const freshestOfEach = (series: readonly SourceSeries[]): readonly SourceSeries[] => {
  const rivals = groupBy(series, ({ source, role }) => `${role} ${subClusterOf(source)}`)
  const chosen = new Set([...rivals.values()].map((all) => all.reduce(fresher)))
  return series.filter((one) => chosen.has(one))
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
