/** Signs of life of the collectors: zero demand counts only beside a live one for that service. */
import type { CollectorHeartbeat } from '../events/observed.ts'
import type { DurationMs, EpochMs } from '../units.ts'

export type Heartbeat = { readonly source: string; readonly timeMs: EpochMs; readonly targetsScraped: number }

/** Keeps the newest per source, sorted by source. */
export const addHeartbeat = (heartbeats: readonly Heartbeat[], event: CollectorHeartbeat): readonly Heartbeat[] => {
  const index = heartbeats.findIndex((one) => one.source === event.source)
  const known = heartbeats[index]
  const beat = { source: event.source, timeMs: event.time, targetsScraped: event.targetsScraped }
  if (known === undefined) return [...heartbeats, beat].sort((a, b) => (a.source < b.source ? -1 : 1))
  return known.timeMs >= event.time ? heartbeats : heartbeats.with(index, beat)
}

export const dropHeartbeatsBefore = (heartbeats: readonly Heartbeat[], before: EpochMs): readonly Heartbeat[] =>
  heartbeats.some((one) => one.timeMs <= before) ? heartbeats.filter((one) => one.timeMs > before) : heartbeats

/** True when `source` said within `maxAge` before `now` that it lives, and read at least one engine. */
export const isAlive = (heartbeats: readonly Heartbeat[], source: string, within: { now: EpochMs; maxAge: DurationMs }): boolean =>
  heartbeats.some((one) => one.source === source && one.targetsScraped > 0 && within.now - one.timeMs <= within.maxAge)
