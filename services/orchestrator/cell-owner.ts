/**
 * Which cells this process schedules: a member of one consumer group over `cells`, each partition of which has one
 * owner. The owner folds its partition from the start, so it knows every reservation before it serves a request.
 */
import type { Metrics } from '../../adapters/prometheus/registry.ts'
import type { CellId } from '../../core/ids.ts'
import { defaultMaxInventoryAgeMs } from '../../core/placement/inventory-age.ts'
import { openReservedGpus } from '../../core/placement/view.ts'
import { portError } from '../../core/port-error.ts'
import type { Clock, EventLog, GroupHandler, Logger, Placer, WallTimers } from '../../core/ports.ts'
import type { DurationMs, Offset } from '../../core/units.ts'
import { wallTimers } from '../wall-timers.ts'
import { createPlacer } from './placer.ts'
import { createPlacerMetrics, placerFromZero, type PlacerMetrics } from './placer-metrics.ts'
import { CellPartition } from './placer-partition.ts'

/** A cycle that waits this long serves a burst in one record; measured, it adds 44 ms at p50 to an intent's way. */
const defaultGatherMs = 20

export type CellOwnerOptions = {
  /** Consumer group; one per fleet. */
  readonly group: string
  readonly eventLog: EventLog
  readonly clock: Clock
  readonly log: Logger
  /** Cells of this deployment; ownership is told for these. */
  readonly cells: readonly CellId[]
  readonly metrics?: Metrics
  /** Wall time. */
  readonly gatherMs?: number
  /** World time. */
  readonly maxInventoryAgeMs?: DurationMs
  readonly timers?: WallTimers
}

export type CellOwner = {
  /** Cells that this process schedules now: their partitions are assigned to it and folded to their end. */
  ownedCells(): readonly CellId[]
  /** Calls back at once and after every change, with the cells owned then. */
  onOwnership(callback: (cells: readonly CellId[]) => void): void
  readonly placer: Placer
  /** Rejects when the consumer died for good. */
  readonly died: Promise<never>
  close(): Promise<void>
}

/** Joins the group and resolves when it is a member; cells may become owned later. */
export const createCellOwner = async (options: CellOwnerOptions): Promise<CellOwner> => {
  const { eventLog, clock, log, gatherMs = defaultGatherMs, maxInventoryAgeMs = defaultMaxInventoryAgeMs, timers = wallTimers } = options
  const homes = await Promise.all(options.cells.map(async (cell) => ({ cell, partition: await eventLog.partitionOf('cells', cell) })))
  const callbacks: ((cells: readonly CellId[]) => void)[] = []
  const ownedCells = (): readonly CellId[] =>
    homes.filter(({ partition }) => owned.partitions.has(partition)).map(({ cell }) => cell)
  const metrics = options.metrics === undefined ? null : createPlacerMetrics(options.metrics)
  const tell = (): void => {
    for (const home of homes) showReserved(metrics, home.cell, owned.partitions.get(home.partition))
    for (const callback of callbacks) callback(ownedCells())
  }
  const owned = ownPartitions(options, tell)
  const appender = await eventLog.appender()
  const ownedPartition = (partition: number): CellPartition | undefined => owned.partitions.get(partition)
  const placer = createPlacer({ eventLog, appender, clock, log, metrics, timers, gatherMs, maxInventoryAgeMs, ownedPartition })
  const subscription = await eventLog.join({ group: options.group, topic: 'cells', handler: owned.handler })
  return {
    ownedCells,
    placer,
    died: subscription.died,
    onOwnership: (callback) => {
      callbacks.push(callback)
      callback(ownedCells())
    },
    close: async () => {
      await subscription.close()
      for (const partition of [...owned.partitions.keys()]) owned.handler.revoked(partition)
      await appender.close()
    },
  }
}

/** Only the owner exposes a cell's gauge: a sum over processes would count it twice. */
const showReserved = (metrics: PlacerMetrics | null, cell: CellId, partition: CellPartition | undefined): void => {
  if (metrics === null) return
  if (partition === undefined) return metrics.reservedGpus.remove({ cell })
  metrics.reservedGpus.set({ cell }, openReservedGpus(partition.stateOf(cell)))
  placerFromZero(metrics, cell)
}

type OwnedPartitions = { readonly partitions: ReadonlyMap<number, CellPartition>; readonly handler: GroupHandler }

const ownPartitions = ({ eventLog, log, timers = wallTimers }: CellOwnerOptions, changed: () => void): OwnedPartitions => {
  const partitions = new Map<number, CellPartition>()
  /** A partition that is taken away while it restores must not come up afterwards. */
  const assignments = new Map<number, symbol>()
  const drop = (partition: number, why: string): void => {
    assignments.delete(partition)
    const message = `CELL_NOT_OWNED cells partition ${partition}: ${why}; ask again with the same id`
    partitions.get(partition)?.close(portError('unavailable', message))
    if (partitions.delete(partition)) changed()
  }
  const handler: GroupHandler = {
    assigned: async (partition) => {
      drop(partition, 'it was assigned anew')
      const assignment = Symbol(`partition ${partition}`)
      assignments.set(partition, assignment)
      const { restored, next } = await restore({ eventLog, timers }, partition)
      log.info({ partition, next }, 'cells partition restored')
      if (assignments.get(partition) !== assignment) return next
      partitions.set(partition, restored)
      changed()
      return next
    },
    batch: async ({ partition, records }) => {
      for (const record of records) partitions.get(partition)?.fold(record)
      return null
    },
    revoked: (partition) => drop(partition, 'it moved to another process'),
    stopped: (partition, error) => {
      const effect = 'the cells of this partition are not scheduled until a newer version reads it'
      log.error({ partition, err: error }, `E_CELLS a record cannot be read; ${effect}`)
      drop(partition, error.message)
    },
  }
  return { partitions, handler }
}

/** Folds what the partition holds. Nothing is committed: reservations live in the log, and the log is read from its start. */
type RestoreParts = { readonly eventLog: EventLog; readonly timers: WallTimers }

const restore = async ({ eventLog, timers }: RestoreParts, partition: number): Promise<{ restored: CellPartition; next: Offset }> => {
  const bounds = (await eventLog.bounds('cells')).find((each) => each.partition === partition)
  const { start, end } = bounds ?? { start: 0, end: 0 }
  const restored = new CellPartition(start, timers)
  for await (const record of eventLog.read({ topic: 'cells', partition, from: start, to: end })) restored.fold(record)
  return { restored, next: end }
}
