/** Virtual time: a queue of what happens next. Everything of a history runs in one of its steps, and nothing elsewhere. */
import type { EpochMs } from '../../core/units.ts'

/** Something that happens at its time, unless it was cancelled. */
export class Ticket {
  readonly atMs: EpochMs
  /** Of two at the same moment the one that was asked for first happens first. */
  readonly order: number
  call: (() => void) | null

  constructor(atMs: EpochMs, order: number, call: () => void) {
    this.atMs = atMs
    this.order = order
    this.call = call
  }

  cancel(): void {
    this.call = null
  }
}

const isBefore = (a: Ticket, b: Ticket): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

export class Scheduler {
  /** Fractions of a millisecond order what happens at once; clocks show whole ones. */
  nowMs: EpochMs
  /** Steps so far. */
  steps = 0
  readonly #heap: Ticket[] = []
  #order = 0

  constructor(startMs: EpochMs) {
    this.nowMs = startMs
  }

  at(atMs: EpochMs, call: () => void): Ticket {
    const ticket = new Ticket(Math.max(atMs, this.nowMs), this.#order++, call)
    this.#push(ticket)
    return ticket
  }

  after(delayMs: number, call: () => void): Ticket {
    return this.at(this.nowMs + delayMs, call)
  }

  /** Resolves in a step of its own, when everything that the present one set off has run. */
  settled(): Promise<void> {
    return new Promise((resolve) => void this.after(0, resolve))
  }

  /** Does what is due next; false when nothing is due before `untilMs`. Promises must be let run before the next step. */
  step(untilMs: EpochMs): boolean {
    for (let next = this.#heap[0]; next !== undefined && next.atMs < untilMs; next = this.#heap[0]) {
      this.#pop()
      const { call } = next
      if (call === null) continue
      this.nowMs = next.atMs
      this.steps += 1
      call()
      return true
    }
    return false
  }

  #push(ticket: Ticket): void {
    const heap = this.#heap
    let at = heap.push(ticket) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent] as Ticket
      if (!isBefore(ticket, above)) break
      heap[at] = above
      at = parent
    }
    heap[at] = ticket
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Ticket
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Ticket, heap[child] as Ticket)) child += 1
      if (!isBefore(heap[child] as Ticket, last)) break
      heap[at] = heap[child] as Ticket
      at = child
    }
    heap[at] = last
  }
}
