/** How a new owner comes to a partition's state: from snapshots where they may be trusted, else from the log's start. */
import type { SnapshotTaken } from '../../core/events/decided.ts'
import type { EventLog } from '../../core/ports.ts'
import { openPartition, restoreService, type PartitionState } from '../../core/scaling/partition.ts'
import type { Offset } from '../../core/units.ts'
import type { Standby } from './standby.ts'

export type Restored = {
  readonly state: PartitionState
  /** The snapshots that `state` was built from. */
  readonly snapshots: readonly SnapshotTaken[]
  /** First record to fold. */
  readonly from: Offset
  /** Outputs of input below this offset were acknowledged by an earlier owner. */
  readonly committed: Offset
  /** One past the last record at the time of assignment: an owner claims after it has read up to here. */
  readonly end: Offset
}

export type RestoreSource = {
  readonly eventLog: EventLog
  readonly standby: Standby
  readonly group: string
  readonly coreHash: string
}

/** Builds the state of a newly assigned partition. Throws the log's port errors. */
export const restorePartition = async (source: RestoreSource, partition: number): Promise<Restored> => {
  const { eventLog, standby, group, coreHash } = source
  const bounds = (await eventLog.bounds('signals')).find((candidate) => candidate.partition === partition)
  const { start, end } = bounds ?? { start: 0, end: 0 }
  const committed = committedWithin((await eventLog.committed(group, 'signals')).get(partition), end)
  const snapshots = await standby.snapshotsOf(partition)
  const logId = snapshots.length === 0 ? null : await logIdOf(eventLog, { partition, start, end })
  const plan = planRestore({ snapshots, coreHash, logId, committed, start })
  const state = openPartition(partition, coreHash)
  for (const snapshot of plan.snapshots) restoreService(state, snapshot)
  return { state, ...plan, committed: committed ?? start, end }
}

/** A commit past the end speaks of a topic that was deleted and made again. */
const committedWithin = (committed: Offset | undefined, end: Offset): Offset | null =>
  committed === undefined || committed > end ? null : committed

export type RestorePlan = { readonly snapshots: readonly SnapshotTaken[]; readonly from: Offset }

export type RestoreFacts = {
  readonly snapshots: readonly SnapshotTaken[]
  readonly coreHash: string
  /** Identity of the partition as its first tick states it; null when it holds none. */
  readonly logId: string | null
  readonly committed: Offset | null
  readonly start: Offset
}

/**
 * From each service's own offset, or from the committed one, loses input: a zombie's old snapshot may stand last. So
 * folding starts after the lowest of all of them, and the fold skips per service. Whoever lacks a snapshot of this
 * version, or a commit, has to be folded from the start, and then everyone is: state of a later offset must not meet
 * earlier ticks.
 */
export const planRestore = ({ snapshots, coreHash, logId, committed, start }: RestoreFacts): RestorePlan => {
  const ofThisLog = snapshots.filter((snapshot) => snapshot.logId === logId)
  const usable = ofThisLog.filter((snapshot) => snapshot.coreHash === coreHash)
  const restorable = new Set(usable.map(({ service }) => service))
  const complete = usable.length > 0 && ofThisLog.every(({ service }) => restorable.has(service))
  if (committed === null || !complete) return { snapshots: [], from: start }
  const lowest = Math.min(committed, ...usable.map(({ lastInputOffset }) => lastInputOffset + 1))
  return { snapshots: usable, from: Math.max(start, lowest) }
}

/** The first tick names the log. It stands near the beginning: a partition is claimed before anything is decided. */
const logIdOf = async (
  eventLog: EventLog,
  { partition, start, end }: { readonly partition: number; readonly start: Offset; readonly end: Offset },
): Promise<string | null> => {
  for await (const { event } of eventLog.read({ topic: 'signals', partition, from: start, to: end }))
    if (event?.type === 'ClockTicked') return event.logId
  return null
}
