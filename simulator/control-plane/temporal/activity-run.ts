/** One attempt of an activity inside a worker. The server may have given it up long before it ends. */
import { CancelledFailure } from '@temporalio/common'
import type { SimProcess } from '../process.ts'
import { current, type RunningActivity } from './current.ts'

/** Waits of the product look every 150 ms; a longer pause is a slower worker, and 15 times cheaper to simulate. Heartbeats are due after 4 s. */
const shortestSleepMs = 2_400

export class ActivityRun implements RunningActivity {
  readonly process: SimProcess
  readonly attempt: number
  readonly scheduledAtMs: number
  lastHeartbeatMs: number
  readonly #onHeartbeat: () => boolean
  #cancel: (() => void) | null = null
  #isCancelled = false

  /** `onHeartbeat` tells the server, and answers whether the activity is to be cancelled. */
  constructor(process: SimProcess, { attempt, scheduledAtMs }: Pick<RunningActivity, 'attempt' | 'scheduledAtMs'>, onHeartbeat: () => boolean) {
    this.process = process
    this.attempt = attempt
    this.scheduledAtMs = scheduledAtMs
    this.lastHeartbeatMs = process.stage.scheduler.nowMs
    this.#onHeartbeat = onHeartbeat
  }

  heartbeat(): void {
    const { stage } = this.process
    stage.scheduler.after(stage.between(1, 20), () => {
      if (this.#onHeartbeat()) this.process.later(stage.between(1, 20), () => this.cancel())
    })
  }

  cancel(): void {
    this.#isCancelled = true
    current.activity = this
    this.#cancel?.()
  }

  sleep(durationMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const refuse = (): void => reject(new CancelledFailure('the activity was cancelled'))
      if (this.#isCancelled) return refuse()
      this.#cancel = refuse
      this.process.later(Math.max(durationMs, shortestSleepMs), () => {
        this.#cancel = null
        current.activity = this
        resolve()
      })
    })
  }

  /** The answer of a port arrives in a step of its own, with this attempt as the one that runs. */
  hear<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const arrive = (call: () => void): void =>
        void this.process.later(0, () => {
          current.activity = this
          call()
        })
      answer.then(
        (value) => arrive(() => resolve(value)),
        (error: unknown) => arrive(() => reject(error as Error)),
      )
    })
  }
}
