/** The port Placer over the cells whose partitions this process owns. */
import type { ReservationReleased } from '../../core/events/placed.ts'
import type { CellId } from '../../core/ids.ts'
import { reservationKey } from '../../core/placement/cell.ts'
import { faultOf } from '../../core/placement/request.ts'
import { openReservedGpus } from '../../core/placement/view.ts'
import { portError } from '../../core/port-error.ts'
import type { EventLog, Placer } from '../../core/ports.ts'
import type { CellPartition } from './placer-partition.ts'
import { PlacerQueue, type PlacerParts } from './placer-queue.ts'

export type PlacerOptions = PlacerParts & {
  readonly eventLog: EventLog
  /** The partition if this process owns it and has read it to its end. */
  readonly ownedPartition: (partition: number) => CellPartition | undefined
}

/** Errors: `invalid` for a request that no cell could serve, `unavailable` for a cell that another process owns. */
export const createPlacer = (options: PlacerOptions): Placer => {
  const queues = new WeakMap<CellPartition, Map<CellId, PlacerQueue>>()
  const queueOf = (cell: CellId, partition: CellPartition): PlacerQueue => {
    const ofPartition = queues.get(partition) ?? new Map<CellId, PlacerQueue>()
    queues.set(partition, ofPartition)
    const queue = ofPartition.get(cell) ?? new PlacerQueue(cell, partition, options)
    ofPartition.set(cell, queue)
    return queue
  }
  return {
    place: async (request) => {
      const fault = faultOf(request)
      if (fault !== null) throw portError('invalid', `PLACEMENT_REQUEST ${request.requestId}: ${fault}; nothing was reserved`)
      return queueOf(request.cell, await partitionOf(options, request.cell)).place(request)
    },
    release: async (released) => release(options, await partitionOf(options, released.cell), released),
  }
}

const partitionOf = async ({ eventLog, ownedPartition }: PlacerOptions, cell: CellId): Promise<CellPartition> => {
  const owned = ownedPartition(await eventLog.partitionOf('cells', cell))
  if (owned === undefined) throw notOwned(cell)
  return owned
}

const notOwned = (cell: CellId): Error =>
  portError(
    'unavailable',
    `CELL_NOT_OWNED cell ${cell}: its partition of cells belongs to another process; nothing was done here, ask again`,
  )

type Release = Parameters<Placer['release']>[0]

/**
 * Appends the release and waits until it is folded. What is not open here may be a placement that another owner
 * wrote a moment ago, so the log is read to its end before the release counts as done already.
 */
const release = async (options: PlacerOptions, partition: CellPartition, released: Release): Promise<void> => {
  const { appender, clock, metrics } = options
  const { cell } = released
  if (!isOpen(partition, released)) {
    await readToEnd(options, partition, cell)
    if (!isOpen(partition, released)) return
  }
  const event: ReservationReleased = { type: 'ReservationReleased', ...released, time: clock.now() }
  const [appended] = await appender.append([{ topic: 'cells', key: cell, event }])
  await partition.folded(appended?.offset ?? -1)
  metrics?.reservedGpus.set({ cell }, openReservedGpus(partition.stateOf(cell)))
}

type Released = Pick<ReservationReleased, 'cell' | 'requestId' | 'group'>

const isOpen = (partition: CellPartition, { cell, requestId, group }: Released): boolean =>
  partition.stateOf(cell).reservations.get(reservationKey(requestId, group))?.released === null

const readToEnd = async ({ eventLog }: PlacerOptions, partition: CellPartition, cell: CellId): Promise<void> => {
  const number = await eventLog.partitionOf('cells', cell)
  const bounds = (await eventLog.bounds('cells')).find((each) => each.partition === number)
  if (bounds !== undefined) await partition.folded(bounds.end - 1)
}
