/** What every part of one history shares: time, chance, the count of what bit, and the story for people. */
import type { Random } from '../prng.ts'
import type { EpochMs } from '../../core/units.ts'
import { Scheduler } from './scheduler.ts'

/** Hears the story of a history; absent where thousands are run. */
export type Narrator = (line: { readonly atMs: EpochMs; readonly who: string; readonly what: string }) => void

export class Stage {
  readonly scheduler: Scheduler
  readonly random: Random
  /** How often each fault changed the course of things. */
  readonly hits = new Map<string, number>()
  /** What must never happen, found while it happened. */
  readonly alarms: { readonly atMs: EpochMs; readonly service: string; readonly detail: string }[] = []
  readonly #narrator: Narrator | null

  constructor(startMs: EpochMs, random: Random, narrator: Narrator | null) {
    this.scheduler = new Scheduler(startMs)
    this.random = random
    this.#narrator = narrator
  }

  get nowMs(): EpochMs {
    return Math.floor(this.scheduler.nowMs)
  }

  get isNarrated(): boolean {
    return this.#narrator !== null
  }

  hit(fault: string): void {
    this.hits.set(fault, (this.hits.get(fault) ?? 0) + 1)
  }

  alarm(service: string, detail: string): void {
    this.alarms.push({ atMs: this.nowMs, service, detail })
    this.tell('alarm', detail)
  }

  tell(who: string, what: string): void {
    this.#narrator?.({ atMs: this.nowMs, who, what })
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.random.next()
  }

  chance(probability: number): boolean {
    return this.random.next() < probability
  }

  pick<T>(all: readonly T[]): T {
    return all[Math.floor(this.random.next() * all.length)] as T
  }
}
