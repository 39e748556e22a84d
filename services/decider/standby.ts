/**
 * Warm standby: every decider follows all `snapshots`, whoever owns the partitions, so that a takeover restores from
 * memory.
 */
import type { SnapshotTaken } from '../../core/events/decided.ts'
import type { ServiceId } from '../../core/ids.ts'
import type { EventLog, LogRecord } from '../../core/ports.ts'

export type Standby = {
  /** Latest snapshot of each service of the partition, one per (logId, coreHash); read to the present end. */
  snapshotsOf(partition: number): Promise<readonly SnapshotTaken[]>
  readonly died: Promise<never>
  close(): Promise<void>
}

/** Starts to follow from the beginning of `snapshots`. */
export const followSnapshots = async (eventLog: EventLog): Promise<Standby> => {
  const latest = new Map<ServiceId, readonly SnapshotTaken[]>()
  const follower = await eventLog.follow({
    topics: ['snapshots'],
    from: 'start',
    onRecord: (record) => keepLatest(latest, record),
  })
  return {
    snapshotsOf: async (partition) => {
      await follower.caughtUp()
      return [...latest.values()].flat().filter((snapshot) => snapshot.partition === partition)
    },
    died: follower.died,
    close: () => follower.close(),
  }
}

const keepLatest = (latest: Map<ServiceId, readonly SnapshotTaken[]>, { key, event }: LogRecord): void => {
  if (event === null && key !== null) latest.delete(key)
  if (event?.type === 'SnapshotTaken') latest.set(event.service, withLatest(latest.get(event.service) ?? [], event))
}

/**
 * A zombie owner may write an older snapshot after a newer one (79 to 109 of them in one measured run): of the same log
 * and version the higher offset stays.
 */
const withLatest = (known: readonly SnapshotTaken[], taken: SnapshotTaken): readonly SnapshotTaken[] => {
  const rival = known.find(({ logId, coreHash }) => logId === taken.logId && coreHash === taken.coreHash)
  if (rival === undefined) return [...known, taken]
  return rival.lastInputOffset > taken.lastInputOffset ? known : [...known.filter((other) => other !== rival), taken]
}
