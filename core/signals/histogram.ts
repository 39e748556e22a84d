/**
 * Cumulative histograms as engines expose them, and quantiles over a window: the difference of two readings, summed
 * over instances, interpolated linearly inside the bucket as PromQL's histogram_quantile does.
 */
import { counterGrowth } from './counter.ts'

/** Upper bounds in ascending order, the last one infinite, with cumulative counts. */
export type Histogram = { readonly bounds: readonly number[]; readonly counts: readonly number[] }

/** Why a histogram cannot be used, or null. Falling buckets and a missing +Inf bucket make a quantile a guess. */
export const histogramFault = ({ bounds, counts }: Histogram): string | null => {
  if (bounds.at(-1) !== Number.POSITIVE_INFINITY) return 'no +Inf bucket'
  const falls = counts.findIndex((count, index) => index > 0 && count < (counts[index - 1] as number))
  return falls < 0 ? null : `bucket ${bounds[falls]} falls below bucket ${bounds[falls - 1]}`
}

/** What was observed between two readings; after a reset, what the later one shows. Null when the bounds changed. */
export const histogramGrowth = (before: Histogram, after: Histogram): Histogram | null => {
  if (!sameBounds(before, after)) return null
  const reset = (after.counts.at(-1) ?? 0) < (before.counts.at(-1) ?? 0)
  if (reset) return after
  return { bounds: after.bounds, counts: after.counts.map((count, index) => counterGrowth(before.counts[index] ?? 0, count) ?? 0) }
}

/** Sum of histograms with equal bounds; those with other bounds are left out. Null for an empty list. */
export const mergeHistograms = (histograms: readonly Histogram[]): Histogram | null => {
  const [first, ...rest] = histograms
  if (first === undefined) return null
  return rest.reduce((sum, next) => (sameBounds(sum, next) ? addCounts(sum, next) : sum), first)
}

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
