/**
 * A process of the product: a clock that may be wrong, and every way in which it meets the world. It can die at any await, and
 * be paused at any, because between two answers of ports it only computes.
 */
import type { Logger, WallTimers, WorldClock } from '../../core/ports.ts'
import type { EpochMs } from '../../core/units.ts'
import type { Ticket } from './scheduler.ts'
import type { Stage } from './stage.ts'

/** Milliseconds that a question and its answer travel; with 0 there, it takes effect at once, which saves a step. */
export type Travel = { readonly there: number; readonly back: number }

/** `only`: questions of this kind count, as `appends to intents`; null: all. */
export type Crash = { readonly calls: number; readonly isAfterEffect: boolean; readonly only: string | null; readonly onDeath: () => void }
type CrashPlan = Crash & { callsLeft: number }

export class SimProcess {
  readonly name: string
  readonly stage: Stage
  readonly clock: WorldClock
  readonly timers: WallTimers
  readonly log: Logger
  alive = true
  clockOffsetMs = 0
  #resumesAtMs: EpochMs = 0
  #crash: CrashPlan | null = null
  readonly #whenDead: (() => void)[] = []
  readonly #whenPaused: ((resumesAtMs: EpochMs) => void)[] = []

  constructor(name: string, stage: Stage) {
    this.name = name
    this.stage = stage
    this.clock = {
      now: () => stage.nowMs + this.clockOffsetMs,
      speed: 1,
      at: (wallMs) => wallMs,
      sleep: (duration) => new Promise((resolve) => void this.later(duration, resolve)),
    }
    this.timers = {
      after: (wallMs, call) => {
        const ticket = this.later(wallMs, call)
        return () => ticket.cancel()
      },
    }
    this.log = loggerOf(this)
  }

  get isPaused(): boolean {
    return this.#resumesAtMs > this.stage.scheduler.nowMs
  }

  /** Something reaches this process after `delayMs`: late when it is paused then, never when it is dead. */
  later(delayMs: number, call: () => void): Ticket {
    const ticket = this.stage.scheduler.after(delayMs, () => this.#deliver(ticket, call))
    return ticket
  }

  /** A question to a server. Its effect happens even when this process dies meanwhile; its answer then reaches nobody. */
  ask<T>(travel: Travel, effect: () => T, kind = ''): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.alive || this.#diesBefore(kind)) return
      const arrive = (): void => {
        try {
          const answer = effect()
          this.later(travel.back, () => resolve(answer))
        } catch (error) {
          this.later(travel.back, () => reject(error as Error))
        }
      }
      if (travel.there === 0) arrive()
      else this.stage.scheduler.after(travel.there, arrive)
      this.#countCall(kind)
    })
  }

  /** It dies at its `calls`-th question from now, right before sending it or before hearing the answer. */
  planCrash(crash: Crash): void {
    this.#crash = { ...crash, callsLeft: crash.calls }
  }

  die(): void {
    if (!this.alive) return
    this.alive = false
    for (const call of this.#whenDead) call()
  }

  pauseUntil(atMs: EpochMs): void {
    this.#resumesAtMs = atMs
    for (const call of this.#whenPaused) call(atMs)
  }

  onDeath(call: () => void): void {
    this.#whenDead.push(call)
  }

  onPause(call: (resumesAtMs: EpochMs) => void): void {
    this.#whenPaused.push(call)
  }

  #deliver(ticket: Ticket, call: () => void): void {
    if (!this.alive) return
    if (!this.isPaused) return call()
    this.stage.scheduler.at(this.#resumesAtMs, () => {
      if (ticket.call !== null) this.#deliver(ticket, call)
    })
  }

  #diesBefore(kind: string): boolean {
    if (this.#crash === null || this.#crash.callsLeft > 1 || this.#crash.isAfterEffect || !this.#isCounted(kind)) return false
    this.#fall(this.#crash)
    return true
  }

  #isCounted(kind: string): boolean {
    return this.#crash?.only === null || this.#crash?.only === kind
  }

  #countCall(kind: string): void {
    if (this.#crash === null || !this.#isCounted(kind)) return
    this.#crash.callsLeft -= 1
    if (this.#crash.callsLeft <= 0) this.#fall(this.#crash)
  }

  #fall({ onDeath }: CrashPlan): void {
    this.#crash = null
    this.die()
    onDeath()
  }
}

/** Warnings and errors are a part of the story; nobody reads the rest. */
const loggerOf = (process: SimProcess): Logger => {
  const say = (fields: object, message: string): void => {
    const { stage } = process
    if (stage.isNarrated) stage.tell(process.name, `${message}${causeOf(fields)}`)
  }
  const logger: Logger = { debug: () => undefined, info: () => undefined, warn: say, error: say, child: () => logger }
  return logger
}

const causeOf = (fields: object): string => ('err' in fields && fields.err instanceof Error ? `: ${fields.err.message}` : '')
