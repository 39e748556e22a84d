/**
 * Audit replay of one partition: the deciders' own fold over the recorded input, with the recorded output hidden until it
 * is compared. Nothing here knows what was decided then. Where the log passed from one version of the deciding code to
 * another, so does the replay: each stretch of ticks is decided by the version that owned it (DESIGN 3.4).
 */
import type { LogEvent } from '../events/event.ts'
import type { ClockTicked } from '../events/input.ts'
import type { ScaleDecided, ScaleHeld, ScaleIntentEmitted } from '../events/decided.ts'
import type { ServiceId } from '../ids.ts'
import { claimAfter, roleOf, unclaimed, type Claim } from '../scaling/claim.ts'
import type { FoldInput, PartitionState } from '../scaling/partition.ts'
import type { EpochMs, Offset } from '../units.ts'
import type { Engine } from './engine.ts'

/** What a replay answers for: decisions, holds (with the hash over all of them) and intents. */
export type AuditedOutput = ScaleDecided | ScaleHeld | ScaleIntentEmitted

/** One version's view of a partition, folded up to the replay's position. */
export type Fold = { readonly engine: Engine; readonly state: PartitionState }

/** Ticks in a row under one version of the deciding code. */
export type Stretch = {
  readonly coreHash: string
  /** Null when nobody has that version any more: its ticks are followed, and nothing of them is decided again. */
  readonly fold: Fold | null
  /** Its owners had everything acknowledged up to here, as their ticks say; -1 when none said anything. */
  decidedThrough: Offset
  /** Ticks that took effect, claims included. */
  ticks: number
  /** Another version claimed the partition after it. */
  succeeded: boolean
}

export type ReplayedOutput = {
  readonly event: AuditedOutput
  /** Record that caused it. */
  readonly offset: Offset
  readonly stretch: Stretch
}

/** Times of the ticks whose outputs are compared, both ends included. */
export type TickRange = { readonly fromMs: EpochMs; readonly toMs: EpochMs }
export const wholeLog: TickRange = { fromMs: -Infinity, toMs: Infinity }

export type Replay = {
  readonly partition: number
  readonly range: TickRange
  /** Null: all services. */
  readonly service: ServiceId | null
  /** By `outputKey`. */
  readonly outputs: Map<string, ReplayedOutput>
  readonly stretches: Stretch[]
  /** The claim in force, as this program reads the ticks. */
  claim: Claim
  records: number
  /** Ticks in the range that took effect; ignored ones are not counted. */
  ticks: number
  lastTickMs: EpochMs
  /** Offset of the first tick in the range; infinite before it. */
  comparedFrom: Offset
  /** One past the last record folded. */
  nextOffset: Offset
}

export type ReplayStart = {
  readonly partition: number
  readonly coreHash: string
  readonly fold: Fold
  /** First record to fold; `fold` includes everything before it. */
  readonly from?: Offset
  readonly range?: TickRange
  readonly service?: ServiceId | null
}

/**
 * Starts with the version that wrote the state in `fold`, or, at the log's start, with any: the first claim says who
 * decides, and is a change of core when it is somebody else.
 */
export const openReplay = ({ partition, coreHash, fold, from = 0, range = wholeLog, service = null }: ReplayStart): Replay => ({
  partition,
  range,
  service,
  outputs: new Map(),
  stretches: [{ coreHash, fold, decidedThrough: -1, ticks: 0, succeeded: false }],
  claim: from === 0 ? unclaimed : fold.engine.claimOf(fold.state),
  records: 0,
  ticks: 0,
  lastTickMs: 0,
  comparedFrom: range.fromMs === -Infinity ? from : Infinity,
  nextOffset: from,
})

/** The version that this record makes the owner, when it is another than before; null for every other record. */
export const changeOfCore = (replay: Replay, { event, appendedAtMs }: FoldInput): string | null => {
  if (event.type !== 'ClockTicked' || event.coreHash === presentStretch(replay).coreHash) return null
  return roleOf(replay.claim, event, appendedAtMs) === 'claim' ? event.coreHash : null
}

/** True for a tick after the range: nothing from it on is compared. */
export const isPastRange = (replay: Replay, { event, appendedAtMs }: FoldInput): boolean =>
  event.type === 'ClockTicked' && event.time > replay.range.toMs && roleOf(replay.claim, event, appendedAtMs) !== 'ignored'

/**
 * Looks at a record after the range: true once it shows whether the range's last outputs had to be written, because an owner
 * says that they were, or because another version took over before that.
 */
export const settlesRange = (replay: Replay, record: FoldInput): boolean => {
  const stretch = presentStretch(replay)
  if (changeOfCore(replay, record) !== null) stretch.succeeded = true
  const { event } = record
  if (event.type !== 'ClockTicked' || event.coreHash !== stretch.coreHash) return stretch.succeeded
  stretch.decidedThrough = Math.max(stretch.decidedThrough, event.decidedThrough)
  return stretch.decidedThrough >= replay.nextOffset - 1
}

/** Goes on with another version, whose `fold` includes the claim. A version that never owned anything leaves no stretch. */
export const beginStretch = (replay: Replay, next: Pick<Stretch, 'coreHash' | 'fold'>, claimed: FoldInput): void => {
  if (presentStretch(replay).ticks === 0) replay.stretches.pop()
  else presentStretch(replay).succeeded = true
  replay.stretches.push({ ...next, decidedThrough: -1, ticks: 0, succeeded: false })
  noteRecord(replay, claimed)
}

/** Folds the next record of the partition. Records must come in order of offset. */
export const replayRecord = (replay: Replay, record: FoldInput): void => {
  noteRecord(replay, record)
  const stretch = presentStretch(replay)
  if (stretch.fold === null || !concerns(replay, record.event)) return
  const emitted = stretch.fold.engine.foldRecord(stretch.fold.state, record)
  if (replay.claim.lastTickMs < replay.range.fromMs) return
  for (const { event } of emitted)
    if (isAudited(event) && concerns(replay, event)) replay.outputs.set(outputKey(event), { event, offset: record.offset, stretch })
}

/** Services share a partition and its ticks, and nothing else. */
const concerns = ({ service }: Replay, event: FoldInput['event'] | AuditedOutput): boolean =>
  service === null || event.type === 'ClockTicked' || event.service === service

const noteRecord = (replay: Replay, { event, appendedAtMs, offset }: FoldInput): void => {
  replay.records += 1
  replay.nextOffset = offset + 1
  if (event.type === 'ClockTicked') noteTick(replay, event, { appendedAtMs, offset })
}

const noteTick = (replay: Replay, tick: ClockTicked, { appendedAtMs, offset }: Pick<FoldInput, 'appendedAtMs' | 'offset'>): void => {
  const role = roleOf(replay.claim, tick, appendedAtMs)
  if (role === 'ignored') return
  const stretch = presentStretch(replay)
  replay.claim = claimAfter(replay.claim, tick, role)
  stretch.ticks += 1
  stretch.decidedThrough = Math.max(stretch.decidedThrough, tick.decidedThrough)
  if (tick.time < replay.range.fromMs) return
  replay.ticks += 1
  replay.lastTickMs = tick.time
  replay.comparedFrom = Math.min(replay.comparedFrom, offset)
}

export const presentStretch = ({ stretches }: Replay): Stretch => stretches.at(-1) as Stretch

/** Decisions and holds share their ids with intents in name only: the type is part of the key. */
export const outputKey = (event: AuditedOutput): string =>
  event.type === 'ScaleIntentEmitted' ? `${event.type}/${event.intentId}` : `${event.type}/${event.decisionId}`

/** True for the records that a replay answers for. */
export const isAudited = (event: LogEvent | null): event is AuditedOutput =>
  event?.type === 'ScaleDecided' || event?.type === 'ScaleHeld' || event?.type === 'ScaleIntentEmitted'
