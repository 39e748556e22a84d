/** When a process stops to trust its clock: by what the log said of the times of its own ticks, partition by partition. */
import type { EpochMs } from '../../core/units.ts'
import type { IgnoredReason } from './claim.ts'

/** A tick of ours that was read back: its time, and why the fold ignored it; null when it took effect. */
export type OwnTick = { readonly partition: number; readonly time: EpochMs; readonly ignored: IgnoredReason | null }

/** One late tick is a hiccup of the broker; three in a row on one partition are a wrong clock. */
export const ticksUntilWithdrawal = 3

type Streak = { readonly skewedTicks: number; readonly readBackAt: EpochMs }

/**
 * Counts skewed ticks in a row. Each partition counts for itself, since one stall of the broker delays a tick on all of
 * them; and a tick counts only when it was sent after the one before was read back, since of ticks that waited out the
 * same stall all are late.
 */
export class ClockTrust {
  private readonly streaks = new Map<number, Streak>()

  /** `now`: the time at which the tick was read back, by the clock that the tick was sent with. */
  note({ partition, time, ignored }: OwnTick, now: EpochMs): void {
    const { skewedTicks, readBackAt } = this.streaks.get(partition) ?? { skewedTicks: 0, readBackAt: -Infinity }
    if (ignored !== 'clock-skew') this.streaks.delete(partition)
    else if (time >= readBackAt) this.streaks.set(partition, { skewedTicks: skewedTicks + 1, readBackAt: now })
  }

  /** False from the first skewed tick of a partition to its next good one: nothing is decided there meanwhile. */
  unblemished(): boolean {
    return this.streaks.size === 0
  }

  isLost(): boolean {
    return [...this.streaks.values()].some(({ skewedTicks }) => skewedTicks >= ticksUntilWithdrawal)
  }

  /** The partition is ours no more. */
  forget(partition: number): void {
    this.streaks.delete(partition)
  }

  /** A new membership begins. */
  reset(): void {
    this.streaks.clear()
  }
}
