/** What the benches make of their rounds. */
import { describe, expect, it } from 'vitest'
import { fitLine, median, quantile } from '../../bench/statistics.ts'

describe('the median of rounds', () => {
  it('is the one in the middle, or between the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
  })
})

describe('a quantile', () => {
  it('is a value that was measured: the smallest that the share of all do not exceed', () => {
    const values = Array.from({ length: 200 }, (_, index) => 200 - index)
    expect(quantile(values, 0.99)).toBe(198)
    expect(quantile(values, 0.5)).toBe(100)
    expect(quantile([7], 0.99)).toBe(7)
  })

  it('of nothing is refused', () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError)
  })
})

describe('the line through fleets', () => {
  it('goes through points that lie on one', () => {
    const { slope, intercept, worstResidual } = fitLine([10, 100, 1000].map((x) => ({ x, y: 5 + 3 * x })))
    expect(slope).toBeCloseTo(3)
    expect(intercept).toBeCloseTo(5)
    expect(worstResidual).toBeCloseTo(0)
  })

  it('shows by its residual that a cost grows with the square of the fleet', () => {
    expect(fitLine([10, 100, 1000, 10_000].map((x) => ({ x, y: x * x }))).worstResidual).toBeGreaterThan(0.5)
  })
})
