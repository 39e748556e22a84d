/**
 * Cumulative histograms as engines expose them, and quantiles over a window: the difference of two readings, summed
 * over instances, interpolated linearly inside the bucket as PromQL's histogram_quantile does.
 */
import { groupBy } from '../group-by.ts'

/** Upper bounds in ascending order, the last one infinite, with cumulative counts. */
export type Histogram = { readonly bounds: readonly number[]; readonly counts: readonly number[] }

/** Beyond this no bound of a bucket is in seconds: 11 days. */
const mostBound = 1e6

/** Why a histogram cannot be used, or null. Falling buckets and a missing +Inf bucket make a quantile a guess. */
export const histogramFault = ({ bounds, counts }: Histogram): string | null => {
  if (bounds.at(-1) !== Number.POSITIVE_INFINITY) return 'no +Inf bucket'
  const odd = bounds.slice(0, -1).find((bound) => !(Math.abs(bound) <= mostBound))
  if (odd !== undefined) return `bound ${odd}; at most ${mostBound}`
  const falls = counts.findIndex((count, index) => index > 0 && count < (counts[index - 1] as number))
  return falls < 0 ? null : `bucket ${bounds[falls]} falls below bucket ${bounds[falls - 1]}`
}

/** What was observed between two readings; after a reset, what the later one shows. Null when the bounds changed. */
export const histogramGrowth = (before: Histogram, after: Histogram): Histogram | null => {
  if (!sameBounds(before, after)) return null
  // A bucket never falls, so that any that did says that the engine began anew, even when it has counted more since.
  const isReset = after.counts.some((count, index) => count < (before.counts[index] ?? 0))
  if (isReset) return after
  return { bounds: after.bounds, counts: after.counts.map((count, index) => count - (before.counts[index] ?? 0)) }
}

/** Sums of the histograms that have the same bounds, in order of first appearance; those of others cannot be added. */
export const sumByBounds = (histograms: readonly Histogram[]): readonly Histogram[] =>
  [...groupBy(histograms, ({ bounds }) => bounds.join(' ')).values()].map((alike) => alike.reduce(addCounts))

const sameBounds = (a: Histogram, b: Histogram): boolean =>
  a.bounds.length === b.bounds.length && a.bounds.every((bound, index) => bound === b.bounds[index])

const addCounts = (a: Histogram, b: Histogram): Histogram => ({
  bounds: a.bounds,
  counts: a.counts.map((count, index) => count + (b.counts[index] ?? 0)),
})

/**
 * The q-quantile in the unit of the bounds; null when nothing was observed. In the +Inf bucket the answer is the
 * largest finite bound: the true value is at least that. Example: bounds 0.1, 0.2, ∞ with counts 0, 10, 10 give 0.15
 * for q = 0.5.
 */
export const histogramQuantile = ({ bounds, counts }: Histogram, q: number): number | null => {
  const total = counts.at(-1) ?? 0
  if (total <= 0) return null
  const rank = q * total
  const index = counts.findIndex((count) => count >= rank)
  const upper = bounds[index] as number
  const lower = index === 0 ? 0 : (bounds[index - 1] as number)
  if (upper === Number.POSITIVE_INFINITY) return lower
  const below = index === 0 ? 0 : (counts[index - 1] as number)
  const inside = (counts[index] as number) - below
  return inside === 0 ? upper : lower + (upper - lower) * ((rank - below) / inside)
}

/**
 * The highest q-quantile over the sums by bounds, null when nothing was observed. Engines of two versions have two sets
 * of bounds; the worst of them speaks for all, so that a few slow engines cannot hide behind many fast ones.
 */
export const worstQuantile = (histograms: readonly Histogram[], q: number): number | null => {
  const quantiles = sumByBounds(histograms).flatMap((sum) => histogramQuantile(sum, q) ?? [])
  return quantiles.length === 0 ? null : Math.max(...quantiles)
}
