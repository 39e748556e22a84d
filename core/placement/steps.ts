/** The order in which instances of both roles are added or removed, so that stopping early keeps the proportion. */
import type { Role, RoleCounts } from '../roles.ts'

/** Instances in all. */
export const sizeOf = (counts: RoleCounts): number => counts.prefill + counts.decode

/**
 * `counts` as single instances; after i of n steps `round(i·P/n)` are prefill. 1P+2D gives decode, prefill, … such
 * that each beginning is as near to 1:2 as whole instances allow.
 */
export const proportionalSteps = (counts: RoleCounts): readonly Role[] => {
  const size = sizeOf(counts)
  const prefillAfter = (step: number): number => Math.round((step * counts.prefill) / size)
  return Array.from({ length: size }, (_, step) => (prefillAfter(step + 1) > prefillAfter(step) ? 'prefill' : 'decode'))
}

/** Instances per role among the first `length` steps. */
export const countSteps = (steps: readonly Role[], length = steps.length): RoleCounts => {
  const prefill = steps.slice(0, length).filter((role) => role === 'prefill').length
  return { prefill, decode: Math.min(length, steps.length) - prefill }
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b))

/** The smallest whole ratio: 9:7 is a batch of 16 instances, 2:4 one of 3. Null when the ratio has no whole batch. */
export const ratioBatch = (ratio: RoleCounts): RoleCounts | null => {
  if (!Number.isInteger(ratio.prefill) || !Number.isInteger(ratio.decode)) return null
  if (ratio.prefill <= 0 || ratio.decode <= 0) return null
  const divisor = greatestCommonDivisor(ratio.prefill, ratio.decode)
  return { prefill: ratio.prefill / divisor, decode: ratio.decode / divisor }
}
