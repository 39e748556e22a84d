/** The P/D band of DESIGN section 5 rule 4, written anew: `lo·D − s·max(1, lo) ≤ P ≤ hi·D + s·max(1, hi)` with s groups of slack. */
import type { Band, Counts } from './evidence.ts'

/** Floating point is not compared to the last bit. */
const epsilon = 1e-6

/** How many prefill instances the counts lie outside of the band; 0 inside. */
export const excess = ({ prefill, decode }: Counts, { lo, hi }: Band, groups = 1): number => {
  const least = lo * decode - groups * Math.max(1, lo)
  const most = hi * decode + groups * Math.max(1, hi)
  const outside = Math.max(least - prefill, prefill - most)
  return outside > epsilon ? outside : 0
}
