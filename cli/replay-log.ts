/**
 * Drives the audit replay over a log: decides `signals` again with the versions of core that decided it, and only then reads
 * `decisions` and `intents` to compare. Used by the verb `replay` and by the demo.
 */
import { compareOutputs, type Comparison, type Recorded } from '../core/audit/compare.ts'
import * as engineFromHere from '../core/audit/engine.ts'
import type { Engine } from '../core/audit/engine.ts'
import { isAudited, wholeLog, type AuditedOutput, type Replay, type TickRange } from '../core/audit/replay.ts'
import type { ServiceId } from '../core/ids.ts'
import type { EventLog } from '../core/ports.ts'
import type { Topic } from '../core/topics.ts'
import type { EpochMs, Offset } from '../core/units.ts'
import { replayPartition, type ReplayedPartition } from './replay-partition.ts'
import { trackProgress, type OnProgress } from './replay-progress.ts'
import { compared, coresOf, merge, refused, type ReplayFacts, type ReplayRefusal, type ReplayReport } from './replay-report.ts'

export type { ReplayReport } from './replay-report.ts'

export type ReplayOptions = {
  /** Hash of the core that this program runs. */
  readonly coreHash: string
  /** The code that `coreHash` names; by default the core that is compiled with this file. */
  readonly engine?: Engine
  /** Another version's code by its hash, null when it is nowhere; by default nobody has any. */
  readonly findCore?: (coreHash: string) => Promise<Engine | null>
  /** Where `findCore` looks, for the words of a refusal. */
  readonly searched?: readonly string[]
  /** Consumer group of the deciders: what it committed was acknowledged. */
  readonly group: string
  /** Compare this service only. */
  readonly service?: ServiceId
  /** Compare only what was decided at ticks in here; by default everything. */
  readonly range?: TickRange
  readonly onProgress?: OnProgress
}

type Bounds = { readonly partition: number; readonly start: Offset; readonly end: Offset }

/** Throws the log's port errors (`unavailable`, `timeout`, `corrupt`); differences are in the report. */
export const replayLog = async (eventLog: EventLog, options: ReplayOptions): Promise<ReplayReport> => {
  const bounds = await boundsToReplay(eventLog, options)
  const startedAt = performance.now()
  const onRecord = trackProgress(bounds, options.onProgress)
  const partitions: ReplayedPartition[] = []
  for (const range of bounds) partitions.push(await replayPartition({ ...range, ...foldOptions(eventLog, options), onRecord }))
  const replays = partitions.flatMap(({ replay }) => replay ?? [])
  const facts = factsOf(options, partitions, Math.round(performance.now() - startedAt))
  const unable = whyUnable(partitions, { bounds, options })
  if (unable !== null) return refused(facts, unable)
  const comparison = await compareAll(eventLog, replays, options)
  return comparedNothing(comparison) ? refused(facts, whyNothing(replays, options)) : compared(facts, comparison)
}

const foldOptions = (eventLog: EventLog, { coreHash, engine = engineFromHere, findCore, service, range = wholeLog }: ReplayOptions) => ({
  eventLog,
  own: { coreHash, engine },
  findCore: async (wanted: string): Promise<Engine | null> => (wanted === coreHash ? engine : ((await findCore?.(wanted)) ?? null)),
  service: service ?? null,
  range,
})

const boundsToReplay = async (eventLog: EventLog, { service }: ReplayOptions): Promise<readonly Bounds[]> => {
  const all = await eventLog.bounds('signals')
  if (service === undefined) return all
  const home = await eventLog.partitionOf('signals', service)
  return all.filter(({ partition }) => partition === home)
}

const factsOf = ({ coreHash, range = wholeLog }: ReplayOptions, partitions: readonly ReplayedPartition[], foldMs: number): ReplayFacts => {
  const replays = partitions.flatMap(({ replay }) => replay ?? [])
  const starts = replays.map((replay): EpochMs => replay.range.fromMs)
  const fromMs = Math.max(range.fromMs, ...starts)
  return {
    coreHash,
    cores: coresOf(replays),
    partitions: partitions.length,
    records: replays.reduce((sum, { records }) => sum + records, 0),
    ticks: replays.reduce((sum, { ticks }) => sum + ticks, 0),
    fromMs: Number.isFinite(fromMs) ? fromMs : null,
    expired: partitions.flatMap(({ replay, isCutShort }) => (isCutShort && replay !== null ? [replay.partition] : [])),
    foldMs,
  }
}

const whyUnable = (
  partitions: readonly ReplayedPartition[],
  { bounds, options }: { readonly bounds: readonly Bounds[]; readonly options: ReplayOptions },
): ReplayRefusal | null => {
  const coreHashes = [...new Set(partitions.flatMap(({ missingCores }) => [...missingCores]))]
  if (coreHashes.length > 0) return { reason: 'OTHER_CORE', coreHashes, searched: options.searched ?? [] }
  const expired = bounds.filter((_, index) => partitions[index]?.replay === null).map(({ partition }) => partition)
  return expired.length > 0 ? { reason: 'LOG_EXPIRED', partitions: expired } : null
}

const comparedNothing = ({ decisions, holds, intents }: Comparison): boolean => decisions.count + holds.count + intents.count === 0

const whyNothing = (replays: readonly Replay[], { service }: ReplayOptions): ReplayRefusal => {
  const isKnown = service === undefined || replays.some((replay) => knows(replay, service))
  return isKnown ? { reason: 'NOTHING_TO_COMPARE' } : { reason: 'UNKNOWN_SERVICE', service }
}

const knows = ({ stretches }: Replay, service: ServiceId): boolean =>
  stretches.some(({ fold }) => fold !== null && fold.engine.servicesOf(fold.state).includes(service))

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
    const outputs = [...decisions, ...intents].filter((output) => service === undefined || output.service === service)
    const recorded: Recorded = { outputs, committed: committed.get(replay.partition) ?? null }
    comparisons.push(compareOutputs(replay, recorded))
  }
  return merge(comparisons)
}

const recordedOutputs = async (eventLog: EventLog, topic: Topic, partition: number): Promise<readonly AuditedOutput[]> => {
  const range = (await eventLog.bounds(topic)).find((bounds) => bounds.partition === partition)
  if (range === undefined) return []
  const outputs: AuditedOutput[] = []
  for await (const { event } of eventLog.read({ topic, partition, from: range.start, to: range.end }))
    if (isAudited(event)) outputs.push(event)
  return outputs
}
