/** Rates of counters. A counter that fell was reset: what it shows now was counted since. */

/** A counter as one target serves it, by series (one per engine behind the address). */
export type CounterReading = ReadonlyMap<string, number>

/** Growth of one series between two readings; null when either is missing. Never negative. */
export const counterGrowth = (before: number | null, after: number | null): number | null => {
  if (before === null || after === null) return null
  return after >= before ? after - before : after
}

/**
 * Growth of a counter over all of its series, each differenced alone: in their sum the restart of one rank of eight
 * reads as a fall to seven eighths, and all that the seven ever counted as growth. Null when either reading is missing,
 * and when a series came or went: what happened in it is not known.
 */
export const growthOverSeries = (before: CounterReading | null, after: CounterReading | null): number | null => {
  if (before === null || after === null || !haveSameSeries(before, after)) return null
  return [...after].reduce((sum, [series, value]) => sum + (counterGrowth(before.get(series) ?? null, value) ?? 0), 0)
}

/** True when both maps have the same keys. */
export const haveSameSeries = (before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): boolean =>
  before.size === after.size && [...after.keys()].every((series) => before.has(series))

/** Growth per second over `elapsedMs`; null when a reading is missing or no time passed. */
export const counterRate = (growth: number | null, elapsedMs: number): number | null =>
  growth === null || elapsedMs <= 0 ? null : growth / (elapsedMs / 1000)
