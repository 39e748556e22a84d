/**
 * Sends a partition's ticks: one in flight, the next only when the last was read back. A tick that is late is skipped,
 * never queued: ticks queued through an outage arrived 223 times back in time when that was tried.
 */
import type { Clock } from '../../core/ports.ts'
import type { DurationMs, EpochMs } from '../../core/units.ts'

export type TickerOptions = {
  readonly clock: Clock
  readonly periodMs: DurationMs
  /** Appends a tick and gives its time, or null when this is no moment to tick. */
  readonly send: (time: EpochMs) => Promise<unknown> | null
  readonly onSkipped: () => void
  readonly onFailed: (error: unknown) => void
}

export class Ticker {
  private readonly options: TickerOptions
  private inFlight: EpochMs | null = null
  private stopped = false

  constructor(options: TickerOptions) {
    this.options = options
    void this.run()
  }

  /** No tick is sent after this returns. */
  stop(): void {
    this.stopped = true
  }

  /** The tick of that time was folded and its outputs were acknowledged. */
  readBack(time: EpochMs): void {
    if (this.inFlight === time) this.inFlight = null
  }

  private async run(): Promise<void> {
    const { clock, periodMs } = this.options
    while (!this.stopped) {
      this.beat(clock.now())
      await clock.sleep(periodMs)
    }
  }

  private beat(time: EpochMs): void {
    if (this.inFlight !== null) return this.options.onSkipped()
    const sending = this.options.send(time)
    if (sending === null) return
    this.inFlight = time
    sending.catch((error: unknown) => {
      // Whether it arrived is unknown. If it did, it is read back like any other; the next one has a later time.
      this.readBack(time)
      this.options.onFailed(error)
    })
  }
}
