/**
 * Audit replay of one partition: the decider's own fold over the recorded input, with the recorded output hidden until
 * it is compared. Nothing here knows what was decided then.
 */
import type { ScaleDecided, ScaleHeld, ScaleIntentEmitted } from '../events/decided.ts'
import type { ClockTicked } from '../events/input.ts'
import type { LogEvent, SignalEvent } from '../events/event.ts'
import { claimOf, foldRecord, openPartition, type PartitionState } from '../scaling/partition.ts'
import type { EpochMs, Offset } from '../units.ts'

/** What a replay answers for: decisions, holds (with the hash over all of them) and intents. */
export type AuditedOutput = ScaleDecided | ScaleHeld | ScaleIntentEmitted

export type ReplayedOutput = { readonly event: AuditedOutput; /** Record that caused it. */ readonly offset: Offset }

export type Replay = {
  readonly partition: number
  readonly coreHash: string
  readonly state: PartitionState
  /** By `outputKey`. */
  readonly outputs: Map<string, ReplayedOutput>
  /** Other versions of the deciding code that owned the partition: their decisions cannot be replayed by this one. */
  readonly foreignCoreHashes: Set<string>
  records: number
  /** Ticks that took effect; ignored ones are not counted. */
  ticks: number
  lastTickMs: EpochMs
  /** One past the last record folded. */
  nextOffset: Offset
}

export const openReplay = (partition: number, coreHash: string): Replay => ({
  partition,
  coreHash,
  state: openPartition(partition, coreHash),
  outputs: new Map(),
  foreignCoreHashes: new Set(),
  records: 0,
  ticks: 0,
  lastTickMs: 0,
  nextOffset: 0,
})

/** Folds the next record of the partition. Records must come in order of offset, from the log's start. */
export const replayRecord = (
  replay: Replay,
  record: { readonly offset: Offset; readonly appendedAtMs: EpochMs; readonly event: SignalEvent },
): void => {
  const emitted = foldRecord(replay.state, record)
  for (const { event } of emitted) if (isAudited(event)) replay.outputs.set(outputKey(event), { event, offset: record.offset })
  if (record.event.type === 'ClockTicked') noteTick(replay, record.event)
  replay.records += 1
  replay.nextOffset = record.offset + 1
}

/** Decisions and holds share their ids with intents in name only: the type is part of the key. */
export const outputKey = (event: AuditedOutput): string =>
  event.type === 'ScaleIntentEmitted' ? `${event.type}/${event.intentId}` : `${event.type}/${event.decisionId}`

/** True for the records that a replay answers for. */
export const isAudited = (event: LogEvent | null): event is AuditedOutput =>
  event?.type === 'ScaleDecided' || event?.type === 'ScaleHeld' || event?.type === 'ScaleIntentEmitted'

const noteTick = (replay: Replay, tick: ClockTicked): void => {
  const claim = claimOf(replay.state)
  const tookEffect = claim.epoch === tick.epoch && claim.ownerId === tick.ownerId && claim.lastTickMs === tick.time
  if (!tookEffect) return
  replay.ticks += 1
  replay.lastTickMs = tick.time
  if (tick.coreHash !== replay.coreHash) replay.foreignCoreHashes.add(tick.coreHash)
}
