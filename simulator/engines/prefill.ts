/**
 * A prefill engine: takes requests first in, first out, packs them into batches up to a token budget and computes one
 * batch after the other in `T_P = a + b·N + c·S`. It holds a request's KV until a decoder has taken it over, so
 * decoders that do not keep up stop the prefill as well.
 */
import type { Random } from '../prng.ts'
import type { Coefficients } from './coefficients.ts'
import { createCounters, type EngineCounters, type EngineGauges, type Request } from './counters.ts'
import { createFifo } from './fifo.ts'
import { observe } from './histogram.ts'

export type PrefillOptions = {
  readonly coefficients: Coefficients
  readonly random: Random
  /** Token budget of a batch (vLLM: max_num_batched_tokens). */
  readonly maxBatchTokens: number
  /** Called with the end of the batch and its length. */
  readonly onPrefilled: (request: Request, endMs: number, batchMs: number) => void
}

type Waiting = { readonly request: Request; readonly sinceMs: number }
type Batch = { readonly requests: readonly Request[]; readonly startMs: number; readonly endMs: number }

/** Spread of a batch's time around the model: log-normal, 4 %. */
export const timingNoise = 0.04

export class PrefillEngine {
  readonly role = 'prefill'
  readonly counters: EngineCounters = createCounters()
  readonly #options: PrefillOptions
  readonly #queue = createFifo<Waiting>()
  #batch: Batch | null = null
  #freeAtMs = 0
  #waitingTokens = 0
  #heldTokens = 0

  constructor(options: PrefillOptions) {
    this.#options = options
  }

  enqueue(request: Request, atMs: number): void {
    this.#queue.push({ request, sinceMs: atMs })
    this.#waitingTokens += newTokens(request)
  }

  /** Computes up to `toMs`; `slowdown` stretches batches that begin from now on, Infinity begins none. */
  advance(toMs: number, slowdown: number): void {
    do {
      if (this.#batch !== null && this.#batch.endMs > toMs) return
      if (this.#batch !== null) this.#finish(this.#batch)
    } while (this.#begin(toMs, slowdown))
    if (slowdown === Number.POSITIVE_INFINITY) this.#freeAtMs = Math.max(this.#freeAtMs, toMs)
  }

  /** A decoder took over the KV of a request, or the request failed. */
  release(request: Request, atMs: number): void {
    this.#heldTokens -= request.inputTokens
    if (this.#batch === null) this.#freeAtMs = Math.max(this.#freeAtMs, atMs)
  }

  gauges(): EngineGauges {
    const kvCacheUsage = Math.min(1, this.#heldTokens / this.#options.coefficients.kvCapacityTokens)
    return { running: this.#batch?.requests.length ?? 0, waiting: this.#queue.length, kvCacheUsage }
  }

  /** Prompt tokens that wait or are computed. */
  backlogTokens(): number {
    return this.#waitingTokens + (this.#batch?.requests.reduce((sum, request) => sum + newTokens(request), 0) ?? 0)
  }

  /** Nothing is computed or waits, and no KV waits for a decoder. */
  isIdle(): boolean {
    return this.#batch === null && this.#queue.length === 0 && this.#heldTokens === 0
  }

  /** Takes back what did not begin; the running batch goes on. */
  drain(): readonly Request[] {
    this.#waitingTokens = 0
    return this.#queue.takeAll().map(({ request }) => request)
  }

  /** Everything that was not finished, when the engine is lost. */
  abandon(): readonly Request[] {
    const lost = [...(this.#batch?.requests ?? []), ...this.drain()]
    this.#batch = null
    this.counters.requestsFailed += lost.length
    return lost
  }

  /** True when a batch began. */
  #begin(toMs: number, slowdown: number): boolean {
    const first = this.#queue.peek()
    if (first === undefined || slowdown === Number.POSITIVE_INFINITY) return false
    const startMs = Math.max(this.#freeAtMs, first.sinceMs)
    if (startMs > toMs) return false
    const requests = this.#take(startMs)
    if (requests.length === 0) return false
    const { coefficients, random } = this.#options
    const durationMs = batchMs(coefficients, requests) * random.logNormal(1, timingNoise) * slowdown
    this.#batch = { requests, startMs, endMs: startMs + durationMs }
    return true
  }

  #take(startMs: number): readonly Request[] {
    const taken: Request[] = []
    let tokens = 0
    for (let next = this.#queue.peek(); next !== undefined && next.sinceMs <= startMs && this.#fits(next.request, tokens); next = this.#queue.peek()) {
      this.#queue.shift()
      tokens += newTokens(next.request)
      this.#heldTokens += next.request.inputTokens
      observe(this.counters.queueTime, (startMs - next.sinceMs) / 1000)
      taken.push(next.request)
    }
    this.#waitingTokens -= tokens
    return taken
  }

  /** A single request is taken whatever its size, else it would block the queue for ever. */
  #fits(request: Request, batchTokens: number): boolean {
    const { maxBatchTokens, coefficients } = this.#options
    if (batchTokens > 0 && batchTokens + newTokens(request) > maxBatchTokens) return false
    return this.#heldTokens === 0 || this.#heldTokens + request.inputTokens <= coefficients.kvCapacityTokens
  }

  #finish({ requests, startMs, endMs }: Batch): void {
    this.#batch = null
    this.#freeAtMs = endMs
    this.counters.busyMs += endMs - startMs
    for (const request of requests) {
      this.counters.promptTokens += request.inputTokens
      this.counters.cachedPromptTokens += request.cachedTokens
      this.counters.generationTokens += 1
      this.counters.requestsSucceeded += 1
      this.#options.onPrefilled(request, endMs, endMs - startMs)
    }
  }
}

const newTokens = (request: Request): number => request.inputTokens - request.cachedTokens

/** Length of a batch in ms by the affine model. */
export const batchMs = ({ prefill }: Coefficients, requests: readonly Request[]): number => {
  let tokens = 0
  let attention = 0
  for (const request of requests) {
    const fresh = newTokens(request)
    tokens += fresh
    attention += fresh * (fresh + 2 * request.cachedTokens)
  }
  return prefill.a + prefill.b * tokens + prefill.c * attention
}
