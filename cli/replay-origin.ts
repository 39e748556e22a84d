/** Where the replay of a partition begins: at the log's start, or from checkpoints that are whole. */
import {
  firstOffsetAfter,
  isCoveredSince,
  isOfOneClaim,
  newestSet,
  newestTimeOf,
  oldestTimeOf,
  writerOf,
  type CheckpointSet,
} from '../core/audit/checkpoints.ts'
import type { Engine } from '../core/audit/engine.ts'
import type { Fold } from '../core/audit/replay.ts'
import type { SnapshotTaken } from '../core/events/decided.ts'
import type { EventLog } from '../core/ports.ts'
import type { EpochMs, Offset } from '../core/units.ts'

export type PartitionLog = {
  readonly eventLog: EventLog
  readonly partition: number
  /** Of `signals`, at the beginning of the replay. */
  readonly start: Offset
  readonly end: Offset
  /** The deciding code with that hash; null when nobody has it. */
  readonly findCore: (coreHash: string) => Promise<Engine | null>
}

/** A state to go on from; `missing` when the version that wrote it cannot be found. */
export type Origin =
  | { readonly kind: 'found'; readonly coreHash: string; readonly fold: Fold; readonly from: Offset; readonly newestMs: EpochMs }
  | { readonly kind: 'missing'; readonly coreHash: string }

/** Three hours back is enough: what keeps a set from being whole is an owner that died while it wrote it. */
const setsToTry = 3

/** From the newest whole set before `fromMs`; null when there is none. */
export const originBefore = async (log: PartitionLog, fromMs: EpochMs, through: Offset = Infinity): Promise<Origin | null> => {
  let before = fromMs
  for (let attempt = 0; attempt < setsToTry; attempt++) {
    const kept = await latestCheckpoints(log, (one) => one.time < before && one.lastInputOffset <= through)
    const set = newestSet(kept.checkpoints)
    if (set === null) return null
    const origin = await originFrom(log, set, kept.keptSinceMs)
    if (origin !== null) return origin
    before = oldestTimeOf(set)
  }
  return null
}

/** From the first whole set that is kept, for a log whose beginning has expired. */
export const oldestOrigin = async (log: PartitionLog): Promise<Origin | null> => {
  const latest: Latest = new Map()
  let keptSinceMs: EpochMs | null = null
  let now: EpochMs = -Infinity
  for await (const { checkpoint, isFirstEver } of checkpointsOf(log)) {
    // What belongs to one moment stands together: a set ends where the next moment begins.
    const origin = checkpoint.time > now ? await originIfKept(log, latest, keptSinceMs ?? Infinity) : null
    if (origin !== null) return origin
    keptSinceMs ??= isFirstEver ? -Infinity : checkpoint.time
    now = Math.max(now, checkpoint.time)
    keepLatest(latest, checkpoint)
  }
  return originIfKept(log, latest, keptSinceMs ?? Infinity)
}

/** Reads nothing further while a service's checkpoint is older than what is kept of `signals`. */
const originIfKept = async (log: PartitionLog, latest: Latest, keptSinceMs: EpochMs): Promise<Origin | null> => {
  const set = newestSet([...latest.values()])
  return set === null ? null : originFrom(log, set, keptSinceMs)
}

/** From what a version that took over wrote at its claim. Null when that is not on record, or not all of it. */
export const originAtClaim = async (log: PartitionLog, claim: { readonly coreHash: string; readonly offset: Offset }): Promise<Origin | null> => {
  const { checkpoints } = await latestCheckpoints(
    log,
    (one) => one.coreHash === claim.coreHash && one.lastInputOffset === claim.offset,
  )
  return checkpoints.length === 0 ? null : originFrom(log, checkpoints, onlyOfClaims)
}

/** As if everything before the set had expired: it is whole only if it was taken at one claim. */
const onlyOfClaims: EpochMs = Infinity

const originFrom = async (log: PartitionLog, set: CheckpointSet, keptSinceMs: EpochMs): Promise<Origin | null> => {
  const [{ coreHash }] = set as [SnapshotTaken]
  const from = firstOffsetAfter(set)
  if (from < log.start || !(await isProven(log, set))) return null
  const engine = await log.findCore(coreHash)
  if (engine === null) return { kind: 'missing', coreHash }
  const state = engine.openPartition(log.partition, coreHash)
  for (const checkpoint of set) if (!engine.restoreService(state, checkpoint)) return null
  const isWhole = isOfOneClaim(set, engine.claimOf(state).ownerSinceMs) || isCoveredSince(set, keptSinceMs)
  return isWhole ? { kind: 'found', coreHash, fold: { engine, state }, from, newestMs: newestTimeOf(set) } : null
}

/** Far more records than come between two ticks: a proof follows its set within a tick or two, or never. */
const proofWithin = 50_000

/**
 * An owner that died while it wrote a set left a part of it. A later tick of the same version that says "decided through
 * here" proves that all checkpoints due there were acknowledged.
 */
const isProven = async ({ eventLog, partition, end }: PartitionLog, set: CheckpointSet): Promise<boolean> => {
  const [{ coreHash, logId }] = set as [SnapshotTaken]
  const from = firstOffsetAfter(set)
  for await (const { event } of eventLog.read({ topic: 'signals', partition, from, to: Math.min(end, from + proofWithin) }))
    if (event?.type === 'ClockTicked' && event.coreHash === coreHash && event.logId === logId && event.decidedThrough >= from - 1) return true
  return false
}

/** By writer and service. */
type Latest = Map<string, SnapshotTaken>

/** A zombie owner may write an older one after a newer one. */
const keepLatest = (latest: Latest, checkpoint: SnapshotTaken): void => {
  const key = `${writerOf(checkpoint)} ${checkpoint.service}`
  if ((latest.get(key)?.lastInputOffset ?? -1) <= checkpoint.lastInputOffset) latest.set(key, checkpoint)
}

type Kept = {
  readonly checkpoints: readonly SnapshotTaken[]
  /** World time of the oldest checkpoint that is kept; minus infinity when none has expired. */
  readonly keptSinceMs: EpochMs
}

/** Of each service and writer the latest that is wanted: a fortnight of all of them would not fit into memory. */
const latestCheckpoints = async (log: PartitionLog, isWanted: (one: SnapshotTaken) => boolean): Promise<Kept> => {
  const latest: Latest = new Map()
  let keptSinceMs: EpochMs | null = null
  for await (const { checkpoint, isFirstEver } of checkpointsOf(log)) {
    keptSinceMs ??= isFirstEver ? -Infinity : checkpoint.time
    if (isWanted(checkpoint)) keepLatest(latest, checkpoint)
  }
  return { checkpoints: [...latest.values()], keptSinceMs: keptSinceMs ?? Infinity }
}

/** The checkpoints of the partition, in log order: the topic is partitioned as `signals` is. */
async function* checkpointsOf({ eventLog, partition }: PartitionLog): AsyncGenerator<{ readonly checkpoint: SnapshotTaken; readonly isFirstEver: boolean }> {
  const bounds = (await eventLog.bounds('checkpoints')).find((one) => one.partition === partition)
  if (bounds === undefined) return
  for await (const { event, offset } of eventLog.read({ topic: 'checkpoints', partition, from: bounds.start, to: bounds.end }))
    if (event?.type === 'SnapshotTaken' && event.partition === partition) yield { checkpoint: event, isFirstEver: offset === 0 }
}
