/** Reads what `verify` compares. Causes are read further than effects, so that a fleet may go on while somebody looks. */
import { addHead, addRecord, addUnreadable, openHistory, type History, type Start } from '../core/audit/verify/history.ts'
import { servicesInDoubt, verify, type Scope, type Verification } from '../core/audit/verify/verify.ts'
import type { ChangeLine } from '../core/audit/verify/effects.ts'
import type { SnapshotTaken } from '../core/events/decided.ts'
import type { ServiceId } from '../core/ids.ts'
import { isPortError } from '../core/port-error.ts'
import type { EventLog } from '../core/ports.ts'
import type { Topic } from '../core/topics.ts'
import type { EpochMs, Offset } from '../core/units.ts'
import { showNumberOf } from './quantities.ts'
import { presentOf } from './replay-present.ts'

export type VerifyOptions = {
  readonly service: ServiceId | null
  readonly sinceMs: EpochMs
  /** Fetches the change log; null when none is known. */
  readonly changes: (() => Promise<readonly ChangeLine[]>) | null
  readonly onProgress: (line: string) => void
}

const compared = ['decisions', 'intents', 'rollouts', 'cells'] as const satisfies readonly Topic[]
type Bounds = Start & { readonly end: Offset }

/** Partitions that are read at a time: joining costs some 0.5 s each, and each reader holds one batch. */
const readers = 6

/**
 * What stood in the log before the change log was fetched is judged; the records that came meanwhile are read too, so that
 * every effect finds its cause. Throws the log's port errors.
 */
export const verifyLog = async (eventLog: EventLog, options: VerifyOptions): Promise<Verification> => {
  const judged = new Map((await boundsOf(eventLog, options.service)).map(({ topic, partition, end }) => [`${topic}/${partition}`, end]))
  const changes = options.changes === null ? null : await options.changes()
  const snapshots = await readSnapshots(eventLog, options)
  const ranges = await boundsOf(eventLog, options.service)
  const history = openHistory(ranges)
  for (const { home, event } of snapshots) addHead(history, event, home)
  const present = presentOrNever(eventLog)
  const reading = ranges.map((range) => ({ range, judgedBelow: judged.get(`${range.topic}/${range.partition}`) ?? 0, onProgress: options.onProgress }))
  const [newestTick] = await Promise.all([present, someAtATime(reading, (next) => readInto(history, eventLog, next))])
  history.newestMs = Math.max(history.newestMs, newestTick)
  const scope = { service: options.service, sinceMs: options.sinceMs, changes }
  return withRemovals(eventLog, { history, scope, onProgress: options.onProgress })
}

const someAtATime = async <T>(all: readonly T[], read: (one: T) => Promise<void>): Promise<void> => {
  const waiting = [...all]
  const readOnes = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await read(next)
  }
  await Promise.all(Array.from({ length: readers }, readOnes))
}

const boundsOf = async (eventLog: EventLog, service: ServiceId | null): Promise<readonly Bounds[]> => {
  const all = await Promise.all(compared.map(async (topic) => {
    const home = service === null || topic === 'cells' ? null : await eventLog.partitionOf(topic, service)
    const bounds = await eventLog.bounds(topic)
    return bounds.filter(({ partition }) => home === null || partition === home).map((one) => ({ topic, ...one }))
  }))
  return all.flat()
}

type Snapshot = { readonly home: number; readonly event: SnapshotTaken }

/** Read before the ends of the other topics are asked: a hold is written before any snapshot names it. */
const readSnapshots = async (eventLog: EventLog, { service, onProgress }: VerifyOptions): Promise<readonly Snapshot[]> => {
  const found: Snapshot[] = []
  const home = service === null ? null : await eventLog.partitionOf('snapshots', service)
  const ranges = (await eventLog.bounds('snapshots')).filter(({ partition, start, end }) => end > start && (home === null || partition === home))
  await someAtATime(ranges, async ({ partition, start, end }) => {
    onProgress(`reading snapshots/${partition}: ${showNumberOf(end - start, 'record')}`)
    for await (const { event } of eventLog.read({ topic: 'snapshots', partition, from: start, to: end }))
      if (event?.type === 'SnapshotTaken') found.push({ event, home: await eventLog.partitionOf('decisions', event.service) })
  })
  return found
}

type Reading = { readonly range: Bounds; readonly judgedBelow: Offset; readonly onProgress: (line: string) => void }

const readInto = async (history: History, eventLog: EventLog, { range, judgedBelow, onProgress }: Reading): Promise<void> => {
  const { topic, partition, start, end } = range
  if (end <= start) return
  onProgress(`reading ${topic}/${partition}: ${showNumberOf(end - start, 'record')}`)
  let next = start
  for await (const record of eventLog.read({ topic, partition, from: start, to: end })) {
    if (record.offset > next) await noteUnreadable(history, eventLog, { ...range, from: next, to: Math.min(record.offset, judgedBelow) })
    addRecord(history, record, record.offset < judgedBelow)
    next = record.offset + 1
  }
  await noteUnreadable(history, eventLog, { ...range, from: next, to: Math.min(end, judgedBelow) })
}

type Passed = { readonly topic: Topic; readonly partition: number; readonly from: Offset; readonly to: Offset }

/** Offsets of these topics are dense: what a reader passes over cannot be read, unless retention has taken it meanwhile. */
const noteUnreadable = async (history: History, eventLog: EventLog, { topic, partition, from, to }: Passed): Promise<void> => {
  if (from >= to) return
  const start = (await eventLog.bounds(topic)).find((one) => one.partition === partition)?.start ?? to
  for (let offset = Math.max(from, start); offset < to; offset += 1) addUnreadable(history, { topic, partition, offset })
}

/** A log that nobody ticks has no present but that of its newest record. */
const presentOrNever = async (eventLog: EventLog): Promise<EpochMs> => {
  try {
    return await presentOf(eventLog)
  } catch (error) {
    if (isPortError(error, 'not-found')) return -Infinity
    throw error
  }
}

type Verifying = { readonly history: History; readonly scope: Scope; readonly onProgress: (line: string) => void }

/** `signals` is by far the longest topic: it is read only where a removal may explain what was found. */
const withRemovals = async (eventLog: EventLog, { history, scope, onProgress }: Verifying): Promise<Verification> => {
  const first = verify(history, scope)
  const doubtful = servicesInDoubt(first)
  if (doubtful.size === 0) return first
  const homes = new Set(await Promise.all([...doubtful].map((service) => eventLog.partitionOf('signals', service))))
  for (const range of await eventLog.bounds('signals')) {
    if (!homes.has(range.partition)) continue
    onProgress(`reading signals/${range.partition}, whether ${[...doubtful].join(', ')} was removed meanwhile: ${range.end - range.start} records`)
    for await (const record of eventLog.read({ topic: 'signals', partition: range.partition, from: range.start, to: range.end }))
      if (record.event?.type === 'ServiceRemoved' && doubtful.has(record.event.service)) addRecord(history, record, true)
  }
  return verify(history, scope)
}
