/**
 * Requests of one cell on their way through a cycle: gathered for a moment, decided together, appended as one record,
 * answered once that record came back as valid. A void record means that another owner was first; the cycle runs again.
 */
import type { PlacementAnswer, PlacementRequest } from '../../core/events/placed.ts'
import type { CellId, IntentId } from '../../core/ids.ts'
import { decidePlacement } from '../../core/placement/decide.ts'
import { openReservedGpus } from '../../core/placement/view.ts'
import { portError } from '../../core/port-error.ts'
import type { Appender, Clock, Logger, WallTimers } from '../../core/ports.ts'
import type { DurationMs } from '../../core/units.ts'
import type { CellPartition } from './placer-partition.ts'
import { countRefusal, type PlacerMetrics } from './placer-metrics.ts'

export type PlacerParts = {
  readonly appender: Appender
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: PlacerMetrics | null
  readonly timers: WallTimers
  /** Wall time that the first request of a cycle waits for company. */
  readonly gatherMs: number
  /** World time; see core/placement/inventory-age.ts. */
  readonly maxInventoryAgeMs: DurationMs
}

/** Void cycles in a row before the requests are sent back. Two owners overlap for one rebalance, a few cycles long. */
const mostVoidCycles = 20

type Waiting = {
  readonly request: PlacementRequest
  readonly answer: Promise<PlacementAnswer>
  resolve(answer: PlacementAnswer): void
  reject(error: unknown): void
}

export class PlacerQueue {
  private readonly cell: CellId
  private readonly partition: CellPartition
  private readonly parts: PlacerParts
  private readonly waiting = new Map<IntentId, Waiting>()
  private running = false

  constructor(cell: CellId, partition: CellPartition, parts: PlacerParts) {
    this.cell = cell
    this.partition = partition
    this.parts = parts
  }

  /** The answer of the log, if it has one; else a place in the next cycle. Rejects with PortError; ask again then. */
  place(request: PlacementRequest): Promise<PlacementAnswer> {
    const known = this.partition.stateOf(this.cell).answers.get(request.requestId)
    if (known !== undefined) return Promise.resolve(known)
    const { answer } = this.waiting.get(request.requestId) ?? this.enqueue(request)
    if (!this.running) void this.run()
    return answer
  }

  private enqueue(request: PlacementRequest): Waiting {
    let resolve: Waiting['resolve'] = () => undefined
    let reject: Waiting['reject'] = () => undefined
    const answer = new Promise<PlacementAnswer>((onAnswer, onError) => {
      resolve = onAnswer
      reject = onError
    })
    const waiting = { request, answer, resolve, reject }
    this.waiting.set(request.requestId, waiting)
    return waiting
  }

  private async run(): Promise<void> {
    this.running = true
    let voidCycles = 0
    while (this.waiting.size > 0) {
      if (voidCycles === 0) await this.gather()
      const gathered = [...this.waiting.values()]
      try {
        voidCycles = (await this.cycle(gathered)) ? 0 : voidCycles + 1
        if (voidCycles >= mostVoidCycles) throw tooManyVoid(this.cell)
      } catch (error) {
        voidCycles = 0
        this.sendBack(gathered, error)
      }
    }
    this.running = false
  }

  private gather(): Promise<void> {
    const { timers, gatherMs } = this.parts
    return new Promise((resolve) => void timers.after(gatherMs, resolve))
  }

  /** False when the record was void. Whoever was answered, by this record or another owner's, is gone afterwards. */
  private async cycle(gathered: readonly Waiting[]): Promise<boolean> {
    const { appender, clock, log, metrics, maxInventoryAgeMs } = this.parts
    if (this.partition.closed !== null) throw this.partition.closed
    const open = this.settle(gathered)
    if (open.length === 0) return true
    const stopTimer = metrics?.cycleSeconds.startTimer({ cell: this.cell })
    const moment = { now: clock.now(), maxInventoryAgeMs }
    const event = decidePlacement(this.partition.stateOf(this.cell), open.map(({ request }) => request), moment)
    const [appended] = await appender.append([{ topic: 'cells', key: this.cell, event }])
    const offset = appended?.offset ?? -1
    await this.partition.folded(offset)
    stopTimer?.()
    const unanswered = this.settle(open)
    const outcome = unanswered.length === 0 ? 'valid' : 'void'
    metrics?.cycles.inc({ cell: this.cell, outcome })
    log.info({ cell: this.cell, offset, basedOn: event.basedOn, requests: open.length, outcome }, 'placement cycle')
    return unanswered.length === 0
  }

  /** Answers those whose answer stands in the log; returns the others. */
  private settle(waiting: readonly Waiting[]): readonly Waiting[] {
    const { metrics } = this.parts
    const state = this.partition.stateOf(this.cell)
    metrics?.reservedGpus.set({ cell: this.cell }, openReservedGpus(state))
    return waiting.filter(({ request, resolve }) => {
      const answer = state.answers.get(request.requestId)
      if (answer === undefined) return true
      if (answer.refusal !== null && metrics !== null) countRefusal(metrics, this.cell, answer.refusal)
      this.waiting.delete(request.requestId)
      resolve(answer)
      return false
    })
  }

  private sendBack(waiting: readonly Waiting[], error: unknown): void {
    const { log } = this.parts
    const unanswered = waiting.filter(({ request }) => this.waiting.delete(request.requestId))
    const fields = { cell: this.cell, requests: unanswered.length, err: error }
    log.warn(fields, 'E_PLACE the cycle did not come through; its requests are asked again')
    for (const { reject } of unanswered) reject(error)
  }
}

const tooManyVoid = (cell: CellId): Error =>
  portError(
    'unavailable',
    `PLACEMENT_VOID cell ${cell}: ${mostVoidCycles} cycles in a row lost to another owner; ask again with the same id`,
  )
