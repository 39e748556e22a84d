/** What is made of the rounds: medians, percentiles, and a line through points. */

/** Throws RangeError on an empty list. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
  if (value === undefined) throw new RangeError('quantile of nothing')
  return value
}

/** The mean of the two in the middle when their number is even. Throws RangeError on an empty list. */
export const median = (values: readonly number[]): number => (quantile(values, 0.5) + quantile(values.map((value) => -value), 0.5) * -1) / 2

export type Point = { readonly x: number; readonly y: number }
export type Line = { readonly intercept: number; readonly slope: number; /** Largest distance of a point from the line, as a share of its own y. */ readonly worstResidual: number }

/** Least squares with weights 1/y², so that a fleet of 10 weighs as much as one of 10,000: relative distances are what is made small. */
export const fitLine = (points: readonly Point[]): Line => {
  const sum = (of: (point: Point) => number): number => points.reduce((total, point) => total + of(point) / point.y ** 2, 0)
  const [weight, x, y, xx, xy] = [sum(() => 1), sum((point) => point.x), sum((point) => point.y), sum(({ x: at }) => at * at), sum((point) => point.x * point.y)]
  const slope = (weight * xy - x * y) / (weight * xx - x * x)
  const intercept = (y - slope * x) / weight
  const residuals = points.map((point) => Math.abs(intercept + slope * point.x - point.y) / point.y)
  return { intercept, slope, worstResidual: Math.max(...residuals) }
}
