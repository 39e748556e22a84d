/** One partition of `cells` as its owner knows it: the folded state of its cells, and who waits for a record to come back. */
import type { CellId } from '../../core/ids.ts'
import { evolveCell, openCell, type CellRecord, type CellState } from '../../core/placement/cell.ts'
import { portError } from '../../core/port-error.ts'
import type { LogRecord, WallTimers } from '../../core/ports.ts'
import type { Offset } from '../../core/units.ts'

/** Wall time; a read-back takes 14 ms at p99, and an activity that waits longer should rather be retried. */
const readBackDeadlineMs = 5_000

type Waiter = { readonly offset: Offset; resolve(): void; reject(error: Error): void }

export class CellPartition {
  private readonly logStart: Offset
  private readonly timers: WallTimers
  private readonly cells = new Map<CellId, CellState>()
  private waiters: Waiter[] = []
  private position: Offset
  private closedBy: Error | null = null

  constructor(logStart: Offset, timers: WallTimers) {
    this.logStart = logStart
    this.timers = timers
    this.position = logStart
  }

  /** Folds a record; one that was folded before is skipped. */
  fold({ offset, event }: LogRecord): void {
    if (offset < this.position) return
    this.position = offset + 1
    if (event !== null) {
      const record = { offset, event } as CellRecord // the log admits nothing else on this topic
      this.cells.set(record.event.cell, evolveCell(this.stateOf(record.event.cell), record))
    }
    this.wake()
  }

  stateOf(cell: CellId): CellState {
    return this.cells.get(cell) ?? openCell(cell, this.logStart)
  }

  /** Resolves once the record at `offset` is folded. Throws PortError `timeout`, or the reason of `close`. */
  async folded(offset: Offset): Promise<void> {
    if (this.closedBy !== null) throw this.closedBy
    if (offset < this.position) return
    let cancel = (): void => undefined
    const late = (): Error =>
      portError('timeout', `READ_BACK cells offset ${offset}: not read back after ${readBackDeadlineMs} ms; ask again with the same id`)
    try {
      await new Promise<void>((resolve, reject) => {
        this.waiters.push({ offset, resolve, reject })
        cancel = this.timers.after(readBackDeadlineMs, () => reject(late()))
      })
    } finally {
      cancel()
    }
  }

  /** The partition belongs to somebody else: all who wait are told, and nobody may rely on this state any more. */
  close(reason: Error): void {
    this.closedBy = reason
    for (const waiter of this.waiters.splice(0)) waiter.reject(reason)
  }

  /** Why the partition is not ours any more; null while it is. */
  get closed(): Error | null {
    return this.closedBy
  }

  private wake(): void {
    const reached = this.waiters.filter(({ offset }) => offset < this.position)
    this.waiters = this.waiters.filter(({ offset }) => offset >= this.position)
    for (const { resolve } of reached) resolve()
  }
}
