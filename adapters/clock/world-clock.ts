/** The real clock, scaled: world time runs `speed` times as fast as wall time from an agreed pair of instants. */
import type { WorldClock } from '../../core/ports.ts'
import type { DurationMs, EpochMs } from '../../core/units.ts'
import { onceStopped } from './stopping.ts'

export type WorldTime = {
  /** World time at `wallEpochMs`. All processes of one world share both. */
  readonly worldEpochMs: EpochMs
  readonly wallEpochMs: EpochMs
  /** World milliseconds per wall millisecond. */
  readonly speed: number
}

/** World time of a real deployment. */
export const wallTime: WorldTime = { worldEpochMs: 0, wallEpochMs: 0, speed: 1 }

/**
 * A clock of world time. `wallNow` is an argument so that a test can hold it still.
 */
export const createWorldClock = (world: WorldTime, wallNow: () => number = Date.now): WorldClock => {
  const at = (wallEpochMs: number): EpochMs => Math.round(world.worldEpochMs + (wallEpochMs - world.wallEpochMs) * world.speed)
  return {
    speed: world.speed,
    at,
    now: () => at(wallNow()),
    sleep: (duration, stop) => sleepWall(duration / world.speed, stop),
  }
}

const sleepWall = (wallMs: DurationMs, stop?: Promise<unknown>): Promise<void> =>
  new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer)
      forget()
      resolve()
    }
    const timer = setTimeout(wake, Math.max(0, wallMs))
    const forget = stop === undefined ? () => undefined : onceStopped(stop, wake)
  })
