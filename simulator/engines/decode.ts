/**
 * A decode engine with continuous batching: every step generates one token for each of its B sequences in
 * `T_D = a' + b'·B + c'·C`. Sequences join between steps while the batch and the KV cache have room and wait in line
 * otherwise. A step costs constant time however large the batch is: sequences are filed under the step they end with.
 */
import type { Random } from '../prng.ts'
import type { Coefficients } from './coefficients.ts'
import { createCounters, type EngineCounters, type EngineGauges, type Request } from './counters.ts'
import { createFifo } from './fifo.ts'
import { observe } from './histogram.ts'
import { timingNoise } from './prefill.ts'

/** A request whose first token the user has; its KV is here from `availableMs` on. */
export type Sequence = {
  readonly request: Request
  readonly firstTokenMs: number
  readonly availableMs: number
  /** Called once its KV is inside this engine. */
  readonly onAdmitted: (atMs: number) => void
}

export type DecodeOptions = {
  readonly coefficients: Coefficients
  readonly random: Random
  /** vLLM: max_num_seqs. */
  readonly maxBatch: number
  /** Called when the last token is out; `tbtMs` is the request's mean time between tokens. */
  readonly onCompleted: (request: Request, endMs: number, tbtMs: number) => void
}

export class DecodeEngine {
  readonly role = 'decode'
  readonly counters: EngineCounters = createCounters()
  readonly #options: DecodeOptions
  readonly #waiting = createFifo<Sequence>()
  /** Sequences by the step that generates their last token. */
  readonly #ending = new Map<number, Sequence[]>()
  #joined: Sequence[] = []
  #step = 0
  #nowMs = 0
  #stepEndMs: number | null = null
  #batch = 0
  #contextTokens = 0
  /** Input and output of all sequences inside: room is kept for a sequence to its end, so none is ever preempted. */
  #reservedTokens = 0

  constructor(options: DecodeOptions) {
    this.#options = options
  }

  enqueue(sequence: Sequence): void {
    this.#waiting.push(sequence)
  }

  advance(toMs: number): void {
    for (;;) {
      if (this.#stepEndMs !== null) {
        if (this.#stepEndMs > toMs) return
        this.#endStep(this.#nowMs, this.#stepEndMs)
      }
      if (this.#batch === 0) this.#nowMs = Math.max(this.#nowMs, Math.min(toMs, this.#waiting.peek()?.availableMs ?? toMs))
      this.#admit()
      if (this.#batch === 0) return
      this.#beginStep()
    }
  }

  gauges(): EngineGauges {
    const kvCacheUsage = Math.min(1, this.#contextTokens / this.#options.coefficients.kvCapacityTokens)
    return { running: this.#batch, waiting: this.#waiting.length, kvCacheUsage }
  }

  /** Sequences inside, running or waiting, per place of a full batch. */
  load(): number {
    return (this.#batch + this.#waiting.length) / this.#options.maxBatch
  }

  isIdle(): boolean {
    return this.#batch === 0 && this.#waiting.length === 0
  }

  /** Takes back what waits for admission; the running sequences go on. */
  drain(): readonly Sequence[] {
    return this.#waiting.takeAll()
  }

  /** Everything inside, when the engine is lost. */
  abandon(): readonly Sequence[] {
    const lost = [...[...this.#ending.values()].flat(), ...this.drain()]
    this.#ending.clear()
    this.#joined = []
    this.#batch = 0
    this.#contextTokens = 0
    this.#reservedTokens = 0
    this.#stepEndMs = null
    this.counters.requestsFailed += lost.length
    return lost
  }

  #fits({ request }: Sequence): boolean {
    const { maxBatch, coefficients } = this.#options
    if (this.#batch === 0) return true
    return this.#batch < maxBatch && this.#reservedTokens + sizeOf(request) <= coefficients.kvCapacityTokens
  }

  #admit(): void {
    const waiting = this.#waiting
    for (let next = waiting.peek(); next !== undefined && next.availableMs <= this.#nowMs && this.#fits(next); next = waiting.peek()) {
      waiting.shift()
      this.#batch += 1
      this.#contextTokens += next.request.inputTokens + 1
      this.#reservedTokens += sizeOf(next.request)
      this.counters.promptTokens += next.request.inputTokens
      this.counters.cachedPromptTokens += next.request.inputTokens
      observe(this.counters.queueTime, (this.#nowMs - next.availableMs) / 1000)
      next.onAdmitted(this.#nowMs)
      this.#joined.push(next)
      fileUnder(this.#ending, this.#step + next.request.outputTokens - 1, next)
    }
  }

  #beginStep(): void {
    const { a, b, c } = this.#options.coefficients.decode
    const modelMs = a + b * this.#batch + c * this.#contextTokens
    this.#stepEndMs = this.#nowMs + modelMs * this.#options.random.logNormal(1, timingNoise)
  }

  /** One token for each sequence; the first one of a newcomer also waited for its turn. */
  #endStep(startMs: number, endMs: number): void {
    this.#nowMs = endMs
    this.#stepEndMs = null
    this.#step += 1
    this.counters.busyMs += endMs - startMs
    this.counters.generationTokens += this.#batch
    this.#contextTokens += this.#batch
    for (const newcomer of this.#joined) observe(this.counters.interTokenLatency, (endMs - newcomer.firstTokenMs) / 1000)
    observe(this.counters.interTokenLatency, (endMs - startMs) / 1000, this.#batch - this.#joined.length)
    this.#joined = []
    for (const sequence of this.#ending.get(this.#step) ?? []) this.#complete(sequence, endMs)
    this.#ending.delete(this.#step)
  }

  #complete({ request, firstTokenMs }: Sequence, endMs: number): void {
    this.#batch -= 1
    this.#contextTokens -= sizeOf(request)
    this.#reservedTokens -= sizeOf(request)
    this.counters.requestsSucceeded += 1
    const tbtMs = (endMs - firstTokenMs) / (request.outputTokens - 1)
    observe(this.counters.timePerOutputToken, tbtMs / 1000)
    this.#options.onCompleted(request, endMs, tbtMs)
  }
}

const sizeOf = (request: Request): number => request.inputTokens + request.outputTokens

const fileUnder = (ending: Map<number, Sequence[]>, step: number, sequence: Sequence): void => {
  const others = ending.get(step)
  if (others === undefined) ending.set(step, [sequence])
  else others.push(sequence)
}
