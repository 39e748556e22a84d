/**
 * The quantities that every part of the product speaks of. Each name carries its unit; plain numbers cross module
 * borders only under such a name.
 */

/** Milliseconds since 1970-01-01T00:00:00Z in world time (equal to wall time unless a simulation scales it). */
export type EpochMs = number

/** A length of world time in milliseconds. */
export type DurationMs = number

/** Offset of a record inside its partition. */
export type Offset = number

export const secondsToMs = (seconds: number): DurationMs => Math.round(seconds * 1000)

/** Six decimals: fine enough for a ratio of loads, coarse enough to be equal on every CPU that replays it. */
const FIXED_POINT = 1_000_000

/**
 * Rounds to fixed point. Every computed float passes through here before it is compared or recorded, so that a
 * replay on another machine takes the same branch.
 */
export const fixed = (value: number): number => {
  const rounded = Math.round(value * FIXED_POINT) / FIXED_POINT
  return Object.is(rounded, -0) ? 0 : rounded
}

/** A measured number as people read it: 5280, 41.9, 1.61. Records keep the exact value beside the text. */
export const showNumber = (value: number | null): string => {
  if (value === null) return '?'
  const decimals = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return String(Math.round(value * 10 ** decimals) / 10 ** decimals)
}

/** Stops the process when `condition` does not hold: a bug, not an operating error. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`BUG: ${message}`)
}
