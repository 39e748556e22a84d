/** What all parts of one event log share: client, codec, names, and a lazily connected admin that knows bounds and counts. */
import type { Admin, ConsumerConfig, Kafka } from 'kafkajs'
import { portError } from '../../core/port-error.ts'
import type { PortError } from '../../core/ports.ts'
import { brokerTopic } from '../../core/topics.ts'
import type { Topic } from '../../core/topics.ts'
import type { Offset } from '../../core/units.ts'
import { asPortError, createKafka, silent } from './client.ts'
import type { KafkaOptions, LogSink } from './client.ts'
import { createCodec } from './codec.ts'
import type { Codec } from './codec.ts'
import type { PartitionRef } from './consumer-session.ts'
import type { ConsumerWatch } from './partition-consumer.ts'
import { patiently } from './patience.ts'
import { defaultLookMs } from './silence-watch.ts'

export type PartitionBounds = { readonly partition: number; readonly start: Offset; readonly end: Offset }

export type ConnectionParts = {
  readonly kafka: Kafka
  readonly codec: Codec
  readonly log: LogSink
  readonly clientId: string
  readonly topicPrefix: string | undefined
  readonly consumerTuning: Partial<ConsumerConfig> | undefined
  readonly watch: ConsumerWatch
  nameOf(topic: Topic): string
  partitionsOf(topic: Topic): Promise<number>
  bounds(topic: Topic): Promise<readonly PartitionBounds[]>
  boundsOf(ref: PartitionRef): Promise<PartitionBounds>
  committed(group: string, topic: Topic): Promise<ReadonlyMap<number, Offset>>
  /** Best effort: a group that stays is removed by the broker after its retention. */
  deleteGroup(group: string): Promise<void>
  pastTheEnd(ref: PartitionRef, wanted: Offset, end: Offset): PortError
  close(): Promise<void>
}

export type ConnectionOptions = KafkaOptions & {
  readonly consumerTuning?: Partial<ConsumerConfig>
  /** How often each consumer asks whether the log went on without it (silence-watch.ts). */
  readonly lookEveryMs?: number
}

/** Connects nothing yet; the admin connects at its first use. */
export const createConnection = (options: ConnectionOptions): ConnectionParts => {
  const kafka = createKafka(options)
  const admin = lazyAdmin(kafka)
  const nameOf = (topic: Topic): string => brokerTopic(topic, options.topicPrefix)
  const inTurn = turnTaker()
  const bounds = (topic: Topic) => inTurn(() => admin.use(`bounds of ${nameOf(topic)}`, (client) => fetchBounds(client, nameOf(topic))))
  return {
    kafka,
    codec: createCodec(),
    log: options.log ?? silent,
    clientId: options.clientId,
    topicPrefix: options.topicPrefix,
    consumerTuning: options.consumerTuning,
    watch: { ends: bounds, lookEveryMs: options.lookEveryMs ?? defaultLookMs },
    nameOf,
    bounds,
    partitionsOf: cachedCounts((topic) => inTurn(() => admin.use(`metadata of ${nameOf(topic)}`, (client) => countPartitions(client, nameOf(topic))))),
    boundsOf: async (ref) => {
      const found = (await bounds(ref.topic)).find(({ partition }) => partition === ref.partition)
      return found ?? Promise.reject(portError('not-found', `PARTITION ${nameOf(ref.topic)}/${ref.partition}: it does not exist; nothing was read`))
    },
    committed: (group, topic) => admin.use(`offsets of ${group}`, (client) => fetchCommitted(client, group, nameOf(topic))),
    deleteGroup: (group) => admin.use(`delete ${group}`, (client) => client.deleteGroups([group])).then(() => undefined, () => undefined),
    pastTheEnd: (ref, wanted, end) =>
      portError('corrupt', `LOG_SHORTER ${nameOf(ref.topic)}/${ref.partition}: asked for offset ${wanted}; the log ends at ${end}; this is another log, nothing was read`),
    close: admin.close,
  }
}

/**
 * `fetchTopicMetadata` of kafkajs replaces all that its admin knows by what it asked for. A `fetchTopicOffsets` under way then
 * misses its topic and ends with a TypeError (`high.pop(...)` is undefined), so the two take turns.
 */
const turnTaker = () => {
  let last: Promise<unknown> = Promise.resolve()
  return <Result>(ask: () => Promise<Result>): Promise<Result> => {
    const mine = last.then(ask)
    last = mine.catch(() => undefined)
    return mine
  }
}

const fetchBounds = async (admin: Admin, name: string): Promise<readonly PartitionBounds[]> => {
  const offsets = await admin.fetchTopicOffsets(name)
  return offsets
    .map(({ partition, low, high }) => ({ partition, start: Number(low), end: Number(high) }))
    .sort((a, b) => a.partition - b.partition)
}

const countPartitions = async (admin: Admin, name: string): Promise<number> => {
  const { topics } = await admin.fetchTopicMetadata({ topics: [name] })
  return topics[0]?.partitions.length ?? 0
}

const fetchCommitted = async (admin: Admin, group: string, name: string): Promise<ReadonlyMap<number, Offset>> => {
  const answers = await admin.fetchOffsets({ groupId: group, topics: [name] })
  const partitions = answers.find(({ topic }) => topic === name)?.partitions ?? []
  return new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)] as const).filter(([, offset]) => offset >= 0))
}

/** Partition counts are fixed when a topic is created, so each is asked for once. */
const cachedCounts = (count: (topic: Topic) => Promise<number>): ((topic: Topic) => Promise<number>) => {
  const known = new Map<Topic, number>()
  return async (topic) => {
    const cached = known.get(topic)
    if (cached !== undefined) return cached
    const counted = await count(topic)
    known.set(topic, counted)
    return counted
  }
}

/** Under a second: a topic that does not exist is asked for again and again; `patiently` waits for what can still come. */
const adminRetry = { initialRetryTime: 50, maxRetryTime: 500, factor: 0.2, multiplier: 2, retries: 3 }

const lazyAdmin = (kafka: Kafka) => {
  let connected: Promise<Admin> | null = null
  const connect = async (): Promise<Admin> => {
    const admin = kafka.admin({ retry: adminRetry })
    await admin.connect()
    return admin
  }
  return {
    use: async <Result>(where: string, action: (admin: Admin) => Promise<Result>): Promise<Result> => {
      try {
        connected ??= connect()
        const admin = await connected
        return await patiently(() => action(admin))
      } catch (error) {
        // The next use connects anew: an admin that lost its broker does not always come back by itself.
        const failed = connected
        connected = null
        await failed?.then((admin) => admin.disconnect()).catch(() => undefined)
        throw asPortError(error, where)
      }
    },
    close: async (): Promise<void> => {
      await connected?.then((admin) => admin.disconnect()).catch(() => undefined)
      connected = null
    },
  }
}
