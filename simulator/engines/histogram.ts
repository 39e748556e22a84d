/** Histograms: with vLLM's own bucket bounds for exposition, and a fine logarithmic one for reports. */

export type Histogram = { readonly bounds: readonly number[]; readonly counts: number[]; sum: number; count: number }

export const createHistogram = (bounds: readonly number[]): Histogram => ({
  bounds,
  counts: new Array<number>(bounds.length + 1).fill(0),
  sum: 0,
  count: 0,
})

/** Adds `weight` observations of `value`. */
export const observe = (histogram: Histogram, value: number, weight = 1): void => {
  let index = 0
  while (index < histogram.bounds.length && value > (histogram.bounds[index] as number)) index++
  histogram.counts[index] = (histogram.counts[index] ?? 0) + weight
  histogram.sum += value * weight
  histogram.count += weight
}

/** Bounds in seconds as a vLLM v1 server of 2026 exposes them. */
export const vllmBounds = {
  timeToFirstToken: [
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560,
  ],
  interTokenLatency: [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80],
  requestLatency: [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680],
} as const

/** Buckets grow by 1 %, from 0.1 ms to about 20 min: percentiles are exact to 1 % in constant memory. */
const growth = Math.log(1.01)
const leastMs = 0.1
const buckets = 1640

/** Latencies of a whole run in ms. */
export type LatencyDigest = {
  add(valueMs: number): void
  /** Null while nothing was added. */
  quantileMs(q: number): number | null
  meanMs(): number | null
  /** Share of values ≤ `limitMs`; null while nothing was added. */
  shareWithin(limitMs: number): number | null
  count(): number
}

export const createLatencyDigest = (): LatencyDigest => {
  const counts = new Float64Array(buckets)
  let count = 0
  let sum = 0
  const bucketOf = (ms: number): number => Math.min(buckets - 1, Math.max(0, Math.floor(Math.log(ms / leastMs) / growth)))
  const quantileMs = (q: number): number | null => {
    let seen = 0
    for (let index = 0; index < buckets; index++) {
      seen += counts[index] as number
      if (seen > 0 && seen >= q * count) return leastMs * Math.exp((index + 1) * growth)
    }
    return null
  }
  return {
    add: (ms) => {
      const bucket = bucketOf(Math.max(ms, leastMs))
      counts[bucket] = (counts[bucket] ?? 0) + 1
      count += 1
      sum += ms
    },
    quantileMs,
    meanMs: () => (count === 0 ? null : sum / count),
    shareWithin: (limitMs) => (count === 0 ? null : counts.subarray(0, bucketOf(limitMs)).reduce((a, b) => a + b, 0) / count),
    count: () => count,
  }
}
