/** How a new owner comes to a partition's state: from snapshots where they may be trusted, else from the log's start. */
import type { SnapshotTaken } from '../../core/events/decided.ts'
import type { ClockTicked } from '../../core/events/input.ts'
import type { EventLog } from '../../core/ports.ts'
import { roleOf, unclaimed } from '../../core/scaling/claim.ts'
import type { Engine } from '../../core/audit/engine.ts'
import type { PartitionState } from '../../core/scaling/partition.ts'
import type { EpochMs, Offset } from '../../core/units.ts'
import { committedWithin } from '../group-start.ts'
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
  readonly engine: Engine
}

/** Builds the state of a newly assigned partition. Throws the log's port errors. */
export const restorePartition = async (source: RestoreSource, partition: number): Promise<Restored> => {
  const { eventLog, standby, group, coreHash, engine } = source
  const bounds = (await eventLog.bounds('signals')).find((candidate) => candidate.partition === partition)
  const { start, end } = bounds ?? { start: 0, end: 0 }
  const snapshots = await standby.snapshotsOf(partition)
  const logId = snapshots.length === 0 ? null : await logIdOf(eventLog, { partition, start, end })
  const kept: KeptSnapshots = { snapshots, coreHash, logId }
  const committed =
    committedWithin((await eventLog.committed(group, 'signals')).get(partition), end) ??
    (await committedBySnapshots(eventLog, kept, { partition, start, end }))
  const plan = planRestore({ ...kept, committed, start })
  const state = engine.openPartition(partition, coreHash)
  for (const snapshot of plan.snapshots) engine.restoreService(state, snapshot)
  return { state, ...plan, committed: committed ?? start, end }
}

export type RestorePlan = { readonly snapshots: readonly SnapshotTaken[]; readonly from: Offset }

type PartitionRange = { readonly partition: number; readonly start: Offset; readonly end: Offset }

/** All snapshots of a partition, and what a usable one must carry. */
export type KeptSnapshots = {
  readonly snapshots: readonly SnapshotTaken[]
  readonly coreHash: string
  /** Identity of the partition as its first claim states it; null when it holds none. */
  readonly logId: string | null
}

export type RestoreFacts = KeptSnapshots & {
  readonly committed: Offset | null
  readonly start: Offset
}

/**
 * From each service's own offset, or from the committed one, loses input: a zombie's old snapshot may stand last. So
 * folding starts after the lowest of all of them, and the fold skips per service. Whoever lacks a snapshot of this
 * version, or a commit, has to be folded from the start, and then everyone is: state of a later offset must not meet
 * earlier ticks.
 */
export const planRestore = ({ committed, start, ...kept }: RestoreFacts): RestorePlan => {
  const usable = completeSnapshots(kept)
  if (committed === null || usable === null) return { snapshots: [], from: start }
  return { snapshots: usable, from: Math.max(start, Math.min(committed, lowestNext(usable))) }
}

/** Snapshots of this log by this version; null when there are none, or when a service has only one of another version. */
const completeSnapshots = ({ snapshots, coreHash, logId }: KeptSnapshots): readonly SnapshotTaken[] | null => {
  const ofThisLog = snapshots.filter((snapshot) => snapshot.logId === logId)
  const usable = ofThisLog.filter((snapshot) => snapshot.coreHash === coreHash)
  const restorable = new Set(usable.map(({ service }) => service))
  return usable.length > 0 && ofThisLog.every(({ service }) => restorable.has(service)) ? usable : null
}

/** One past the lowest last input. */
const lowestNext = (snapshots: readonly SnapshotTaken[]): Offset =>
  Math.min(...snapshots.map(({ lastInputOffset }) => lastInputOffset + 1))

/**
 * The broker forgets commits of a group that had no members for 7 days; `signals` is kept for 14. Outputs precede
 * snapshots, so input below all snapshots is settled. That every service configured there has a snapshot is proved by
 * a tick whose owner had kept them all (`decidedThrough`); an owner that died between two of its first snapshots left none.
 */
const committedBySnapshots = async (eventLog: EventLog, kept: KeptSnapshots, range: PartitionRange): Promise<Offset | null> => {
  const usable = completeSnapshots(kept)
  if (usable === null) return null
  const next = lowestNext(usable)
  const ticks = ticksOf(eventLog, { ...range, start: Math.max(range.start, next) })
  for await (const { tick } of ticks)
    if (tick.logId === kept.logId && tick.coreHash === kept.coreHash && tick.decidedThrough >= next - 1) return next
  return null
}

/**
 * The first claim names the log; it stands near the beginning, since a partition is claimed before anything is decided.
 * A tick before it that no fold counts, such as the claim of a wrong clock, names nothing.
 */
const logIdOf = async (eventLog: EventLog, range: PartitionRange): Promise<string | null> => {
  for await (const { tick, appendedAtMs } of ticksOf(eventLog, range))
    if (roleOf(unclaimed, tick, appendedAtMs) === 'claim') return tick.logId
  return null
}

type TickInLog = { readonly tick: ClockTicked; readonly appendedAtMs: EpochMs }

async function* ticksOf(eventLog: EventLog, { partition, start, end }: PartitionRange): AsyncGenerator<TickInLog> {
  for await (const { event, appendedAtMs } of eventLog.read({ topic: 'signals', partition, from: start, to: end }))
    if (event?.type === 'ClockTicked') yield { tick: event, appendedAtMs }
}
