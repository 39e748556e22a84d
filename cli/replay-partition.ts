/** Replays one partition: finds where to begin, folds, and passes from version to version where the log did. */
import {
  beginStretch,
  changeOfCore,
  isPastRange,
  openReplay,
  replayRecord,
  settlesRange,
  type Fold,
  type Replay,
  type TickRange,
} from '../core/audit/replay.ts'
import type { Engine } from '../core/audit/engine.ts'
import type { SignalEvent } from '../core/events/event.ts'
import type { ServiceId } from '../core/ids.ts'
import type { LogRecord } from '../core/ports.ts'
import type { FoldInput } from '../core/scaling/partition.ts'
import type { Offset } from '../core/units.ts'
import { oldestOrigin, originAtClaim, originBefore, type Origin, type PartitionLog } from './replay-origin.ts'

export type PartitionReplay = PartitionLog & {
  /** The core of this program, with which a log's start is tried. */
  readonly own: { readonly coreHash: string; readonly engine: Engine }
  readonly range: TickRange
  readonly service: ServiceId | null
  /** Called after each record; with null after those that are folded only to catch up. */
  readonly onRecord: (replay: Replay | null) => void
}

export type ReplayedPartition = {
  /** Null when it could not begin: its beginning has expired, or the version that decided then is missing. */
  readonly replay: Replay | null
  /** It began later than it was asked to, because the log's beginning has expired. */
  readonly isCutShort: boolean
  readonly missingCores: ReadonlySet<string>
}

/** Throws the log's port errors. */
export const replayPartition = async (options: PartitionReplay): Promise<ReplayedPartition> => {
  const { replay, isCutShort, missing } = await begin(options)
  const missingCores = new Set(missing === null ? [] : [missing])
  if (replay === null) return { replay, isCutShort, missingCores }
  let claim = await foldUntilOtherCore(options, replay)
  while (claim !== null) {
    const next = await stretchAfter(options, claim)
    if (next === null) return { replay: null, isCutShort, missingCores }
    if (next.fold === null) missingCores.add(next.coreHash)
    beginStretch(replay, next, claim)
    claim = await foldUntilOtherCore(options, replay)
  }
  return { replay, isCutShort, missingCores }
}

type Beginning = { readonly replay: Replay | null; readonly isCutShort: boolean; readonly missing: string | null }

const begin = async (options: PartitionReplay): Promise<Beginning> => {
  const { range, start, end } = options
  if (start === end) return { replay: fromStart(options), isCutShort: false, missing: null }
  const wanted = range.fromMs === -Infinity ? null : await originBefore(options, range.fromMs)
  if (wanted === null && start === 0) return { replay: fromStart(options), isCutShort: false, missing: null }
  if (wanted !== null) return beginAt(options, wanted, { range, isCutShort: false })
  const oldest = await oldestOrigin(options)
  if (oldest === null) return { replay: null, isCutShort: true, missing: null }
  const fromMs = oldest.kind === 'found' ? Math.max(range.fromMs, oldest.newestMs + 1) : range.fromMs
  return beginAt(options, oldest, { range: { ...range, fromMs }, isCutShort: true })
}

const beginAt = (
  { partition, service }: PartitionReplay,
  origin: Origin,
  { range, isCutShort }: { readonly range: TickRange; readonly isCutShort: boolean },
): Beginning => {
  if (origin.kind === 'missing') return { replay: null, isCutShort, missing: origin.coreHash }
  return { replay: openReplay({ partition, ...origin, range, service }), isCutShort, missing: null }
}

const fromStart = ({ own, partition, range, service, start }: PartitionReplay): Replay =>
  openReplay({ partition, coreHash: own.coreHash, fold: openFold(own.engine, { partition, coreHash: own.coreHash }), from: start, range, service })

const openFold = (engine: Engine, { partition, coreHash }: { readonly partition: number; readonly coreHash: string }): Fold => ({
  engine,
  state: engine.openPartition(partition, coreHash),
})

/**
 * Folds on until the end of the range or of the log (null), or until another version claims the partition. The reading ends
 * there: what follows may take long, and a reader that does not read is dropped by the broker.
 */
const foldUntilOtherCore = async (options: PartitionReplay, replay: Replay): Promise<FoldInput | null> => {
  let isPast = false
  for await (const record of inputOf(options, { from: replay.nextOffset, to: options.end })) {
    if (!isInput(record)) continue
    isPast ||= isPastRange(replay, record)
    if (isPast && settlesRange(replay, record)) return null
    if (isPast) continue
    if (changeOfCore(replay, record) !== null) return record
    replayRecord(replay, record)
    options.onRecord(replay)
  }
  return null
}

type NextStretch = { readonly coreHash: string; readonly fold: Fold | null }

/** What a version knew when it took over. Null when that can't be known any more. */
const stretchAfter = async (options: PartitionReplay, claim: FoldInput): Promise<NextStretch | null> => {
  const { coreHash } = claim.event as { readonly coreHash: string }
  const engine = await options.findCore(coreHash)
  if (engine === null) return { coreHash, fold: null }
  const atClaim = await originAtClaim(options, { coreHash, offset: claim.offset })
  if (atClaim?.kind === 'found') return { coreHash, fold: atClaim.fold }
  if (options.start === 0) return { coreHash, fold: await caughtUp(options, openFold(engine, { ...options, coreHash }), claim) }
  return null
}

/** As that version's own owner did at its assignment: everything so far, while others decided. */
const caughtUp = async (options: PartitionReplay, fold: Fold, { offset }: FoldInput): Promise<Fold> => {
  for await (const record of inputOf(options, { from: 0, to: offset + 1 })) {
    if (isInput(record)) fold.engine.foldRecord(fold.state, record)
    options.onRecord(null)
  }
  return fold
}

const inputOf = ({ eventLog, partition }: PartitionLog, range: { readonly from: Offset; readonly to: Offset }): AsyncIterable<LogRecord> =>
  eventLog.read({ topic: 'signals', partition, ...range })

/** A tombstone on `signals` carries nothing to fold; every other record there is a SignalEvent by contract. */
const isInput = (record: LogRecord): record is LogRecord & { readonly event: SignalEvent } => record.event !== null
