/** One service of the world at work: its arrivals, its router and the engines of its instances. */
import type { NodeObservation } from '../core/events/observed.ts'
import type { Member } from '../core/rollout/fleet.ts'
import { isServing } from '../core/rollout/group-instances.ts'
import type { EpochMs } from '../core/units.ts'
import type { BusyEngine } from './activity.ts'
import { coefficientsOf, type ModelName } from './engines/coefficients.ts'
import type { Request } from './engines/counters.ts'
import { DecodeEngine } from './engines/decode.ts'
import { PrefillEngine } from './engines/prefill.ts'
import type { FaultBoard } from './faults.ts'
import type { Random } from './prng.ts'
import { createRouter, type Seat } from './router.ts'
import { createTally, type Slo, type Tally } from './tally.ts'
import type { Workload } from './workload.ts'

export type ServiceOptions = {
  readonly service: string
  readonly model: ModelName
  readonly slo: Slo
  /** vLLM: max_num_batched_tokens of prefill engines, max_num_seqs of decode engines. */
  readonly maxBatchTokens?: number
  readonly maxBatch?: number
}

type AnySeat = Seat<PrefillEngine> | Seat<DecodeEngine>
type EngineSlot = { member: Member; readonly seat: AnySeat }
/** An instance with the node that it runs on. */
export type PlacedMember = { readonly member: Member; readonly node: NodeObservation | null }

export class Serving {
  readonly options: ServiceOptions
  readonly tally: Tally
  readonly #faults: FaultBoard
  readonly #random: Random
  readonly #router: ReturnType<typeof createRouter>
  readonly #slots = new Map<string, EngineSlot>()
  #workload: { readonly source: Workload; readonly startMs: EpochMs } | null = null
  #nowMs: EpochMs

  constructor(options: ServiceOptions, { faults, random, at }: { readonly faults: FaultBoard; readonly random: Random; readonly at: EpochMs }) {
    this.options = options
    this.tally = createTally(at)
    this.#faults = faults
    this.#random = random
    this.#router = createRouter(this.tally)
    this.#nowMs = at
  }

  /** Replaces the workload; requests under way go on. Null stops it. */
  setWorkload(source: Workload | null, at: EpochMs): void {
    this.#workload = source === null ? null : { source, startMs: at }
  }

  workload(): { readonly startMs: EpochMs; readonly endMs: EpochMs } | null {
    return this.#workload === null ? null : { startMs: this.#workload.startMs, endMs: this.#workload.startMs + this.#workload.source.durationMs }
  }

  /** Requests that found no registered instance. */
  waiting(): number {
    return this.#router.waiting()
  }

  slot(instance: string): EngineSlot | undefined {
    return this.#slots.get(instance)
  }

  /** Busy time of every engine so far. */
  running(): readonly BusyEngine[] {
    return [...this.#slots].map(([instance, { seat }]) => ({ instance, busyMs: seat.engine.counters.busyMs }))
  }

  isIdle(instance: string): boolean {
    return this.#slots.get(instance)?.seat.engine.isIdle() ?? true
  }

  /** Follows the fleet: starts engines of ready instances, closes those that left, and tells the router who serves. */
  follow(members: readonly PlacedMember[], at: EpochMs): void {
    const present = new Map(members.map((placed) => [placed.member.instance, placed.member]))
    const leaving = [...this.#slots.values()].filter(
      ({ member }) => member.phase === 'ready' && present.get(member.instance)?.phase === 'terminating',
    )
    for (const [instance, slot] of this.#slots) this.#update(slot, present.get(instance))
    for (const placed of members) if (placed.member.phase === 'ready' && !this.#slots.has(placed.member.instance)) this.#start(placed)
    const serving = [...this.#slots.values()].filter(({ member }) => isServing(member)).map(({ seat }) => seat)
    this.#router.setSeats(serving.filter(isPrefill), serving.filter(isDecode), at)
    for (const slot of leaving) this.#sendAway(slot, at)
  }

  /** Arrivals, prefill, then decode up to `toMs`: what prefill finishes in a step, decode may begin in the same. */
  advance(toMs: EpochMs): void {
    this.#arrive(toMs)
    for (const { seat, member } of this.#slots.values()) {
      if (isPrefill(seat)) seat.engine.advance(toMs, this.#faults.prefillSlowdown(member, this.options.service, toMs))
    }
    for (const { seat } of this.#slots.values()) if (isDecode(seat)) seat.engine.advance(toMs)
    this.#nowMs = toMs
  }

  #arrive(toMs: EpochMs): void {
    if (this.#workload === null) return
    const { source, startMs } = this.#workload
    for (const { atMs, ...tokens } of source.take(toMs - startMs)) {
      const arrivedMs = Math.max(startMs + atMs, this.#nowMs)
      this.tally.arrived()
      this.#router.route({ service: this.options.service, arrivedMs, ...tokens }, arrivedMs)
    }
  }

  #start({ member, node }: PlacedMember): void {
    const coefficients = coefficientsOf({ model: this.options.model, gpuType: member.gpuType, gpus: member.gpus })
    if (coefficients === null) return
    const random = this.#random.fork(member.instance)
    const place = { instance: member.instance, node, coefficients }
    if (member.role === 'decode') {
      const onCompleted = (_request: Request, _endMs: number, tbtMs: number): void => this.tally.completed(tbtMs)
      const engine = new DecodeEngine({ coefficients, random, maxBatch: this.options.maxBatch ?? 256, onCompleted })
      this.#slots.set(member.instance, { member, seat: { ...place, engine } })
      return
    }
    const onPrefilled = (request: Request, endMs: number, prefillMs: number): void => this.#router.prefilled({ request, from: seat, endMs, prefillMs })
    const seat: Seat<PrefillEngine> = {
      ...place,
      engine: new PrefillEngine({ coefficients, random, maxBatchTokens: this.options.maxBatchTokens ?? 8192, onPrefilled }),
    }
    this.#slots.set(member.instance, { member, seat })
  }

  /** A terminating engine finishes what runs; what waits goes elsewhere. */
  #sendAway({ seat }: EngineSlot, at: EpochMs): void {
    if (isPrefill(seat)) for (const request of seat.engine.drain()) this.#router.route(request, at)
    else if (isDecode(seat)) for (const sequence of seat.engine.drain()) this.#router.reroute(sequence, at)
  }

  /** An instance that failed or is gone takes its unfinished requests with it. */
  #update(slot: EngineSlot, member: Member | undefined): void {
    if (member !== undefined && member.phase !== 'failed') {
      slot.member = member
      return
    }
    this.#slots.delete(slot.member.instance)
    this.tally.failed(slot.seat.engine.abandon().length)
  }
}

const isPrefill = (seat: AnySeat): seat is Seat<PrefillEngine> => seat.engine.role === 'prefill'
const isDecode = (seat: AnySeat): seat is Seat<DecodeEngine> => seat.engine.role === 'decode'
