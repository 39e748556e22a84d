/**
 * The router of one service: takes a request to the least loaded registered prefill engine, its KV to the least loaded
 * registered decode engine, and counts what the user saw. Only registered, ready instances are candidates.
 */
import type { NodeObservation } from '../core/events/observed.ts'
import type { Coefficients } from './engines/coefficients.ts'
import type { Request } from './engines/counters.ts'
import type { DecodeEngine, Sequence } from './engines/decode.ts'
import { createFifo } from './engines/fifo.ts'
import { observe } from './engines/histogram.ts'
import type { PrefillEngine } from './engines/prefill.ts'
import { bandwidthShare, exposedTransferMs } from './engines/transfer.ts'
import type { Tally } from './tally.ts'

/** An engine with its place in the topology. */
export type Seat<E extends PrefillEngine | DecodeEngine> = {
  readonly engine: E
  readonly instance: string
  readonly node: NodeObservation | null
  readonly coefficients: Coefficients
}

/** A request whose prefill is done; its KV is still inside the prefill engine. */
type Prefilled = { readonly request: Request; readonly from: Seat<PrefillEngine>; readonly endMs: number; readonly prefillMs: number }

/** Front end, tokenizer and network around the engines: measured servers show 25-60 ms with 1k prompts. */
const frontEndMs = 40

export type Router = {
  /** Registered seats from now on. Requests that waited for one are sent on. */
  setSeats(prefill: readonly Seat<PrefillEngine>[], decode: readonly Seat<DecodeEngine>[], atMs: number): void
  route(request: Request, atMs: number): void
  prefilled(done: Prefilled): void
  /** Sends a sequence on whose decode engine closes before it was admitted. */
  reroute(sequence: Sequence, atMs: number): void
  /** Requests that found no registered engine. */
  waiting(): number
}

export const createRouter = (tally: Tally): Router => {
  let prefillSeats: readonly Seat<PrefillEngine>[] = []
  let decodeSeats: readonly Seat<DecodeEngine>[] = []
  let turn = 0
  const withoutPrefill = createFifo<Request>()
  const withoutDecode = createFifo<Prefilled>()
  const moved = createFifo<Sequence>()

  const route = (request: Request, atMs: number): void => {
    turn += 1
    const seat = leastBy(prefillSeats, turn, ({ engine }) => engine.backlogTokens())
    if (seat === null) withoutPrefill.push(request)
    else seat.engine.enqueue(request, atMs)
  }
  const decodeSeatFor = (from: NodeObservation | null): Seat<DecodeEngine> | null => {
    turn += 1
    return leastBy(decodeSeats, turn, ({ engine, node }) => (engine.load() + 0.01) / bandwidthShare(from, node))
  }
  const prefilled = (done: Prefilled): void => {
    const seat = decodeSeatFor(done.from.node)
    if (seat === null) withoutDecode.push(done)
    else hand(done, seat, tally)
  }
  const reroute = (sequence: Sequence, atMs: number): void => {
    const seat = decodeSeatFor(null)
    if (seat === null) moved.push(sequence)
    else seat.engine.enqueue({ ...sequence, availableMs: Math.max(atMs, sequence.availableMs) })
  }
  return {
    route,
    prefilled,
    reroute,
    setSeats: (prefill, decode, atMs) => {
      prefillSeats = prefill
      decodeSeats = decode
      if (prefill.length > 0) for (const request of withoutPrefill.takeAll()) route(request, atMs)
      if (decode.length === 0) return
      for (const done of withoutDecode.takeAll()) prefilled({ ...done, endMs: Math.max(done.endMs, atMs) })
      for (const sequence of moved.takeAll()) reroute(sequence, atMs)
    },
    waiting: () => withoutPrefill.length + withoutDecode.length + moved.length,
  }
}

/** The user has the first token when the KV has moved; then the decode engine owns the request. */
const hand = ({ request, from, endMs, prefillMs }: Prefilled, seat: Seat<DecodeEngine>, tally: Tally): void => {
  const share = bandwidthShare(from.node, seat.node)
  const availableMs = endMs + exposedTransferMs(from.coefficients, { tokens: request.inputTokens, share, prefillMs })
  const ttftMs = frontEndMs + availableMs - request.arrivedMs
  tally.firstToken(ttftMs)
  observe(from.engine.counters.timeToFirstToken, ttftMs / 1000)
  if (request.outputTokens <= 1) {
    from.engine.release(request, availableMs)
    tally.completed(null)
    return
  }
  const onAdmitted = (atMs: number): void => from.engine.release(request, atMs)
  seat.engine.enqueue({ request, firstTokenMs: availableMs, availableMs, onAdmitted })
}

/** The seat with the least score; equal ones take turns, so an idle fleet shares its load evenly. */
const leastBy = <S>(seats: readonly S[], turn: number, score: (seat: S) => number): S | null => {
  let best: S | null = null
  let bestScore = Number.POSITIVE_INFINITY
  for (let index = 0; index < seats.length; index++) {
    const seat = seats[(index + turn) % seats.length] as S
    const scored = score(seat)
    if (scored < bestScore) [best, bestScore] = [seat, scored]
  }
  return best
}
