/** Keeps one process running: what ends by itself, or is killed, is started again with nothing but what is durable. */
import type { EpochMs } from '../../../core/units.ts'
import { SimProcess, type Crash } from '../process.ts'
import type { Stage } from '../stage.ts'

/** Resolves when the process works; `died` rejects when it must be ended. */
export type Boot = (process: SimProcess) => Promise<{ readonly died?: Promise<never> }>

export class Supervisor {
  readonly name: string
  current: SimProcess | null = null
  /** The next lives are wrong about the time by so much. */
  clockOffsetMs = 0
  #lives = 0
  #heldUntilMs: EpochMs = 0
  #isStopped = false
  readonly #stage: Stage
  readonly #boot: Boot

  constructor(stage: Stage, name: string, boot: Boot) {
    this.#stage = stage
    this.name = name
    this.#boot = boot
  }

  start(): void {
    if (this.current?.alive === true || this.#isStopped) return
    if (this.#stage.scheduler.nowMs < this.#heldUntilMs) return
    const process = new SimProcess(`${this.name}.${++this.#lives}`, this.#stage)
    process.clockOffsetMs = this.clockOffsetMs
    this.current = process
    this.#boot(process).then(
      ({ died }) => died?.catch((error: unknown) => this.#endedByItself(process, error)),
      (error: unknown) => this.#endedByItself(process, error),
    )
  }

  /** Ends it now; whatever wants to start it, it comes back then. */
  holdDownUntil(atMs: EpochMs): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, atMs)
    this.current?.die()
    this.#stage.scheduler.at(atMs + this.#stage.between(100, 3_000), () => this.start())
  }

  /** For good. */
  stop(): void {
    this.#isStopped = true
    this.current?.die()
  }

  setClockOffset(ms: number): void {
    this.clockOffsetMs = ms
    if (this.current !== null) this.current.clockOffsetMs = ms
  }

  /** Ends it at one of its next questions to the world. */
  crashSoon({ downMs, onDeath, ...crash }: Crash & { readonly downMs: number }): void {
    this.current?.planCrash({
      ...crash,
      onDeath: () => {
        onDeath()
        this.restartAfter(downMs)
      },
    })
  }

  restartAfter(downMs: number): void {
    this.#stage.scheduler.after(downMs, () => this.start())
  }

  #endedByItself(process: SimProcess, error: unknown): void {
    if (!process.alive) return
    this.#stage.hit('process-ended-by-itself')
    this.#stage.tell(process.name, `ends: ${error instanceof Error ? error.message : String(error)}`)
    process.die()
    this.restartAfter(this.#stage.between(1_000, 4_000))
  }
}
