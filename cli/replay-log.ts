/**
 * Drives the audit replay over a log: folds `signals` from start to end with this version of core, and only then reads
 * `decisions` and `intents` to compare. Used by the verb `replay` and by the demo.
 */
import { compareOutputs, type Comparison, type Recorded } from '../core/audit/compare.ts'
import { isAudited, openReplay, replayRecord, type AuditedOutput, type Replay } from '../core/audit/replay.ts'
import type { SignalEvent } from '../core/events/event.ts'
import type { ServiceId } from '../core/ids.ts'
import type { EventLog } from '../core/ports.ts'
import { servicesOf } from '../core/scaling/partition.ts'
import type { Topic } from '../core/topics.ts'
import type { Offset } from '../core/units.ts'

export type ReplayOptions = {
  /** Hash of the running core: a log that another version decided is refused, not compared. */
  readonly coreHash: string
  /** Consumer group of the deciders: what it committed was acknowledged. */
  readonly group: string
  /** Compare this service only. */
  readonly service?: ServiceId
  readonly onProgress?: (progress: ReplayProgress) => void
}

export type ReplayProgress = { readonly partition: number; readonly records: number; readonly ticks: number }

/** Why nothing was compared. */
export type ReplayRefusal =
  | { readonly reason: 'OTHER_CORE'; readonly coreHashes: readonly string[] }
  | { readonly reason: 'LOG_EXPIRED'; readonly partitions: readonly number[] }
  | { readonly reason: 'UNKNOWN_SERVICE'; readonly service: ServiceId }
  /** Nobody decided anything yet, or nothing of it is recorded: an equality of nothing proves nothing. */
  | { readonly reason: 'NOTHING_TO_COMPARE' }

export type ReplayReport = Comparison & {
  readonly coreHash: string
  readonly partitions: number
  readonly records: number
  readonly ticks: number
  /** Wall time of reading and folding, before anything recorded was looked at. */
  readonly foldMs: number
  readonly refusal: ReplayRefusal | null
  readonly equal: boolean
}

type Bounds = { readonly partition: number; readonly start: Offset; readonly end: Offset }

/** Throws the log's port errors (`unavailable`, `timeout`, `corrupt`); differences are in the report. */
export const replayLog = async (eventLog: EventLog, options: ReplayOptions): Promise<ReplayReport> => {
  const bounds = await boundsToReplay(eventLog, options)
  const expired = bounds.filter(({ start }) => start > 0).map(({ partition }) => partition)
  if (expired.length > 0) return refused(options, [], { reason: 'LOG_EXPIRED', partitions: expired })
  const startedAt = performance.now()
  const replays: Replay[] = []
  for (const range of bounds) replays.push(await foldPartition(eventLog, range, options))
  const foldMs = Math.round(performance.now() - startedAt)
  const coreHashes = [...new Set(replays.flatMap(({ foreignCoreHashes }) => [...foreignCoreHashes]))]
  if (coreHashes.length > 0) return refused(options, replays, { reason: 'OTHER_CORE', coreHashes })
  const comparison = await compareAll(eventLog, replays, options)
  if (comparedNothing(comparison)) return refused(options, replays, whyNothing(replays, options))
  return { ...facts(options, replays), foldMs, refusal: null, ...comparison, equal: comparison.differences.length === 0 }
}

const comparedNothing = ({ decisions, holds, intents }: Comparison): boolean => decisions.count + holds.count + intents.count === 0

const whyNothing = (replays: readonly Replay[], { service }: ReplayOptions): ReplayRefusal => {
  const isKnown = service === undefined || replays.some(({ state }) => servicesOf(state).includes(service))
  return isKnown ? { reason: 'NOTHING_TO_COMPARE' } : { reason: 'UNKNOWN_SERVICE', service }
}

const boundsToReplay = async (eventLog: EventLog, { service }: ReplayOptions): Promise<readonly Bounds[]> => {
  const all = await eventLog.bounds('signals')
  if (service === undefined) return all
  const home = await eventLog.partitionOf('signals', service)
  return all.filter(({ partition }) => partition === home)
}

const PROGRESS_EVERY = 10_000

const foldPartition = async (eventLog: EventLog, range: Bounds, options: ReplayOptions): Promise<Replay> => {
  const { partition, start: from, end: to } = range
  const replay = openReplay(partition, options.coreHash)
  for await (const record of eventLog.read({ topic: 'signals', partition, from, to })) {
    // A tombstone on `signals` carries nothing to fold; every other record there is a SignalEvent by contract.
    if (record.event !== null) replayRecord(replay, { ...record, event: record.event as SignalEvent })
    if (replay.records % PROGRESS_EVERY === 0) options.onProgress?.({ partition, records: replay.records, ticks: replay.ticks })
  }
  options.onProgress?.({ partition, records: replay.records, ticks: replay.ticks })
  return replay
}

const facts = (
  { coreHash }: ReplayOptions,
  replays: readonly Replay[],
): Pick<ReplayReport, 'coreHash' | 'partitions' | 'records' | 'ticks'> => ({
  coreHash,
  partitions: replays.length,
  records: replays.reduce((sum, { records }) => sum + records, 0),
  ticks: replays.reduce((sum, { ticks }) => sum + ticks, 0),
})

const nothing = { count: 0, equal: 0 }

const refused = (options: ReplayOptions, replays: readonly Replay[], refusal: ReplayRefusal): ReplayReport => ({
  ...facts(options, replays),
  foldMs: 0,
  refusal,
  equal: false,
  decisions: nothing,
  holds: nothing,
  intents: nothing,
  duplicates: 0,
  unsettled: 0,
  differences: [],
})

const compareAll = async (
  eventLog: EventLog,
  replays: readonly Replay[],
  { group, service }: ReplayOptions,
): Promise<Comparison> => {
  const committed = await eventLog.committed(group, 'signals')
  const comparisons: Comparison[] = []
  for (const replay of replays) {
    // Intents first: whatever intent is read, its decision was appended before `decisions` is read.
    const intents = await recordedOutputs(eventLog, 'intents', replay.partition)
    const decisions = await recordedOutputs(eventLog, 'decisions', replay.partition)
    const recorded = { outputs: [...decisions, ...intents], committed: committed.get(replay.partition) ?? null }
    comparisons.push(service === undefined ? compareOutputs(replay, recorded) : compareService(replay, recorded, service))
  }
  return merge(comparisons)
}

const compareService = (replay: Replay, recorded: Recorded, service: ServiceId): Comparison =>
  compareOutputs(
    { ...replay, outputs: new Map([...replay.outputs].filter(([, { event }]) => event.service === service)) },
    { ...recorded, outputs: recorded.outputs.filter((output) => output.service === service) },
  )

const recordedOutputs = async (eventLog: EventLog, topic: Topic, partition: number): Promise<readonly AuditedOutput[]> => {
  const range = (await eventLog.bounds(topic)).find((bounds) => bounds.partition === partition)
  if (range === undefined) return []
  const outputs: AuditedOutput[] = []
  for await (const { event } of eventLog.read({ topic, partition, from: range.start, to: range.end }))
    if (isAudited(event)) outputs.push(event)
  return outputs
}

const merge = (comparisons: readonly Comparison[]): Comparison => {
  const total = (kind: 'decisions' | 'holds' | 'intents') => ({
    count: comparisons.reduce((sum, comparison) => sum + comparison[kind].count, 0),
    equal: comparisons.reduce((sum, comparison) => sum + comparison[kind].equal, 0),
  })
  return {
    decisions: total('decisions'),
    holds: total('holds'),
    intents: total('intents'),
    duplicates: comparisons.reduce((sum, { duplicates }) => sum + duplicates, 0),
    unsettled: comparisons.reduce((sum, { unsettled }) => sum + unsettled, 0),
    differences: comparisons.flatMap(({ differences }) => differences),
  }
}
