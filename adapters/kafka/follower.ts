/** EventLog.follow: reads whole topics without sharing them with anybody, through a consumer group of its own. */
import { randomUUID } from 'node:crypto'
import type { Follower, LogRecord } from '../../core/ports.ts'
import type { Topic } from '../../core/topics.ts'
import type { Offset } from '../../core/units.ts'
import type { ConnectionParts } from './connection.ts'
import type { Fetched, PartitionRef, PartitionWork } from './consumer-session.ts'
import { consumePartitions } from './partition-consumer.ts'
import { readRecords } from './record-reader.ts'

export type FollowOptions = {
  readonly topics: readonly Topic[]
  readonly from: 'start' | 'end'
  readonly onRecord: (record: LogRecord) => void | Promise<void>
}

/**
 * Resolves when reading has begun. `onRecord` gets one record at a time, over all topics. It ends (`died`) when `onRecord`
 * throws or one of our topics holds an unknown schema; dead letters are the group members' business and are skipped here.
 */
export const followTopics = async (parts: ConnectionParts, options: FollowOptions): Promise<Follower> => {
  const progress = createProgress(parts, options.topics)
  await progress.begin(options.from)
  const groupId = `${parts.clientId}-follower-${randomUUID()}`
  const running = await consumePartitions({
    kafka: parts.kafka,
    groupId,
    topics: new Map(options.topics.map((topic) => [parts.nameOf(topic), topic])),
    concurrency: 1,
    work: followerWork(parts, progress, options.onRecord),
    watch: parts.watch,
    ...(parts.consumerTuning === undefined ? {} : { tuning: parts.consumerTuning }),
  })
  return {
    died: running.died,
    caughtUp: async () => Promise.race([progress.reached(await progress.ends()), running.died]),
    close: async () => {
      await running.close()
      await parts.deleteGroup(groupId)
    },
  }
}

const followerWork = (parts: ConnectionParts, progress: Progress, onRecord: FollowOptions['onRecord']): PartitionWork => ({
  start: (ref) => Promise.resolve(progress.next(ref)),
  stop: () => {},
  batch: async (fetched: Fetched) => {
    const { records, found } = readRecords(fetched, parts.codec, (ref) => parts.nameOf(ref.topic))
    for (const record of records) {
      const handled = onRecord(record)
      // An await per record would cost more than reading it.
      if (handled !== undefined) await handled
    }
    for (const letter of found.deadLetters) parts.log.warn({ topic: letter.topic, partition: letter.partition, offset: letter.offset }, letter.reason)
    if (found.stoppedBy !== null) throw found.stoppedBy
    progress.advance(fetched, lastOffset(fetched) + 1)
    return { commit: null, proceed: true }
  },
})

const lastOffset = (fetched: Fetched): Offset => Number(fetched.messages.at(-1)?.offset ?? fetched.expected - 1)

type Ends = ReadonlyMap<string, Offset>
type Progress = ReturnType<typeof createProgress>

const keyOf = ({ topic, partition }: PartitionRef): string => `${topic}/${partition}`

/** How far each partition was handed on, and who waits for that. */
const createProgress = (parts: ConnectionParts, topics: readonly Topic[]) => {
  const positions = new Map<string, Offset>()
  let waiting: { readonly ends: Ends; resolve(): void }[] = []
  const isReached = (ends: Ends): boolean => [...ends].every(([key, end]) => (positions.get(key) ?? 0) >= end)
  const bounds = async (which: 'start' | 'end'): Promise<Ends> => {
    const perTopic = await Promise.all(topics.map(async (topic) => (await parts.bounds(topic)).map((bound) => [keyOf({ topic, partition: bound.partition }), bound[which]] as const)))
    return new Map(perTopic.flat())
  }
  return {
    begin: async (from: 'start' | 'end'): Promise<void> => {
      for (const [key, offset] of await bounds(from)) positions.set(key, offset)
    },
    next: (ref: PartitionRef): Offset => positions.get(keyOf(ref)) ?? 0,
    ends: () => bounds('end'),
    advance: (ref: PartitionRef, next: Offset): void => {
      positions.set(keyOf(ref), next)
      if (waiting.length === 0) return
      const reached = waiting.filter(({ ends }) => isReached(ends))
      waiting = waiting.filter((one) => !reached.includes(one))
      for (const { resolve } of reached) resolve()
    },
    reached: (ends: Ends): Promise<void> =>
      isReached(ends) ? Promise.resolve() : new Promise((resolve) => waiting.push({ ends, resolve })),
  }
}
