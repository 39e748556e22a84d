/** Keeps one worker on `cell/<cell>` for each cell that this process owns now. */
import { startCellWorker } from '../../adapters/temporal/worker.ts'
import type { CellWorkerOptions, RunningWorker } from '../../adapters/temporal/worker.ts'
import type { CellId } from '../../core/ids.ts'
import type { Logger } from '../../core/ports.ts'

export type CellWorkers = {
  /** Starts and stops workers until exactly these cells are served. Calls follow each other. */
  serve(cells: readonly CellId[]): Promise<void>
  serves(): readonly CellId[]
  /** Rejects when a worker died by itself. */
  readonly died: Promise<never>
  stop(): Promise<void>
}

export const createCellWorkers = (options: Omit<CellWorkerOptions, 'cell'>, log: Logger): CellWorkers => {
  const workers = new Map<CellId, RunningWorker>()
  let reportDeath: (error: unknown) => void = () => {}
  const died = new Promise<never>((_, reject) => (reportDeath = reject))
  died.catch(() => {})
  let turn: Promise<void> = Promise.resolve()

  const start = async (cell: CellId): Promise<void> => {
    const worker = await startCellWorker({ ...options, cell })
    worker.died.catch(reportDeath)
    workers.set(cell, worker)
    log.info({ cell }, 'serving the cell')
  }
  const stop = async (cell: CellId): Promise<void> => {
    await workers.get(cell)?.stop()
    workers.delete(cell)
    log.info({ cell }, 'left the cell')
  }
  const change = async (cells: readonly CellId[]): Promise<void> => {
    await Promise.all([...workers.keys()].filter((cell) => !cells.includes(cell)).map(stop))
    await Promise.all(cells.filter((cell) => !workers.has(cell)).map(start))
  }
  const serve = (cells: readonly CellId[]): Promise<void> => {
    turn = turn.then(() => change(cells)).catch(reportDeath)
    return turn
  }
  return { serve, serves: () => [...workers.keys()], died, stop: () => serve([]) }
}
