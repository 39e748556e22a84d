/** The decider as a member of its consumer group: one PartitionOwner per assigned partition. */
import type { GroupHandler, RecordBatch } from '../../core/ports.ts'
import type { Offset } from '../../core/units.ts'
import { PartitionOwner, type OwnerOptions } from './owner.ts'
import { restorePartition, type RestoreSource } from './restore.ts'

export type OwnedPartitions = {
  readonly handler: GroupHandler
  /** Every partition that is ours is read to its end; true with none, for a member to spare. */
  caughtUp(): boolean
  /** Tells each partition's fold what operators have ordered now. */
  announceControls(): void
  /** Stops all tickers. */
  stop(): void
}

export const ownPartitions = (
  source: RestoreSource,
  options: OwnerOptions,
  onRevoked: (partition: number) => void,
): OwnedPartitions => {
  const { log, metrics } = options
  const owners = new Map<number, PartitionOwner>()
  /** Assignments in progress or done; a revocation during a restore makes the restore moot. */
  const assignments = new Map<number, symbol>()

  /** Partitions that hold a record this version cannot read. They stay ours, and nobody ticks or reads there. */
  const unreadable = new Set<number>()

  const showUnreadable = (): void => metrics.partitionsStopped.set(unreadable.size)

  const revoke = (partition: number): void => {
    assignments.delete(partition)
    unreadable.delete(partition)
    showUnreadable()
    owners.get(partition)?.stop()
    owners.delete(partition)
    onRevoked(partition)
  }

  const assign = async (partition: number): Promise<Offset> => {
    revoke(partition)
    const assignment = Symbol(`partition ${partition}`)
    assignments.set(partition, assignment)
    const restored = await restorePartition(source, partition)
    const { from, committed, end, snapshots } = restored
    log.info({ partition, from, committed, end, snapshots: snapshots.length }, 'assigned')
    if (assignments.get(partition) === assignment) owners.set(partition, new PartitionOwner(partition, restored, options))
    return from
  }

  return {
    handler: {
      assigned: assign,
      batch: async (batch: RecordBatch) => (await owners.get(batch.partition)?.batch(batch)) ?? null,
      revoked: revoke,
      stopped: (partition, error) => {
        unreadable.add(partition)
        showUnreadable()
        owners.get(partition)?.stop()
        log.error(
          { partition, code: 'E_UNREADABLE', err: error },
          `E_UNREADABLE signals/${partition}: ${error.message}; this process decides nothing there until a version that can read it takes over`,
        )
      },
    },
    caughtUp: () => unreadable.size === 0 && [...assignments.keys()].every((partition) => owners.get(partition)?.caughtUp() ?? false),
    announceControls: () => [...owners.values()].forEach((owner) => owner.announceControls()),
    stop: () => [...owners.keys()].forEach(revoke),
  }
}
