/** A clock that stands still until a test moves it. */
import type { Clock } from '../../../core/ports.ts'
import type { DurationMs, EpochMs } from '../../../core/units.ts'

export type ManualClock = Clock & {
  /** Moves time on and wakes sleepers whose time has come, in order of their times; then lets everybody finish. */
  advance(duration: DurationMs): Promise<void>
}

export const createManualClock = (start: EpochMs): ManualClock => {
  let now = start
  let sleepers: { readonly at: EpochMs; wake(): void }[] = []
  const wakeUntil = (time: EpochMs): void => {
    const due = sleepers.filter(({ at }) => at <= time).sort((a, b) => a.at - b.at)
    sleepers = sleepers.filter(({ at }) => at > time)
    for (const { wake } of due) wake()
  }
  return {
    speed: 1,
    now: () => now,
    sleep: (duration) => new Promise((resolve) => sleepers.push({ at: now + duration, wake: resolve })),
    advance: async (duration) => {
      now += duration
      wakeUntil(now)
      await settled()
    },
  }
}

/** The same time, seen by a process whose clock is wrong by `offset`. */
export const wrongBy = (clock: ManualClock, offset: DurationMs): Clock => ({ ...clock, now: () => clock.now() + offset })

/** The memory log uses promises only: one turn of the event loop runs everything that can run. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
