/** Rates of counters. A counter that fell was reset: what it shows now was counted since. */

/** Growth of a counter between two readings; null when either is missing. Never negative. */
export const counterGrowth = (before: number | null, after: number | null): number | null => {
  if (before === null || after === null) return null
  return after >= before ? after - before : after
}

/** Growth per second over `elapsedMs`; null when a reading is missing or no time passed. */
export const counterRate = (growth: number | null, elapsedMs: number): number | null =>
  growth === null || elapsedMs <= 0 ? null : growth / (elapsedMs / 1000)
