/** The P/D band: the one place that says whether counts are in band. */
import type { RatioBand } from './events/decided.ts'
import type { RoleCounts } from './roles.ts'
import { fixed } from './units.ts'

/**
 * True when `lo·D − s·max(1, lo) ≤ P ≤ hi·D + s·max(1, hi)` with s groups of slack (DESIGN 5.4). One instance of slack
 * per group, else 3:1 could never start from nothing: with lo = hi = 3 and s = 1, 3P+0D and 0P+1D are in band, 7P+1D
 * is not.
 */
export const inBand = (counts: RoleCounts, band: RatioBand, groups = 1): boolean => {
  const { least, most } = prefillRange(counts.decode, band, groups)
  return counts.prefill >= least && counts.prefill <= most
}

/** Fewest and most prefill instances that are in band beside `decode` decode instances, not rounded. */
export const prefillRange = (decode: number, band: RatioBand, groups = 1): { least: number; most: number } => ({
  least: fixed(band.lo * decode - groups * Math.max(1, band.lo)),
  most: fixed(band.hi * decode + groups * Math.max(1, band.hi)),
})
