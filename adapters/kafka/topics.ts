/** Creates the topics of core/topics.ts with their settings, and refuses to run on topics that would break the log. */
// Node finds only some names of this CommonJS module: ConfigResourceTypes is reached through its default export.
import kafkajs from 'kafkajs'
import type { Admin, ConfigEntries, ITopicConfig } from 'kafkajs'
import { portError } from '../../core/port-error.ts'
import { brokerTopic, topicNames, topics } from '../../core/topics.ts'
import type { Topic } from '../../core/topics.ts'
import { asPortError, createKafka, silent } from './client.ts'
import type { KafkaOptions, LogSink } from './client.ts'
import { maxEventBytes } from './codec.ts'
import { isRetriableWhenNew, patiently } from './patience.ts'

export type TopicOptions = KafkaOptions & {
  /** Of each keyed topic; fixed for ever once created, since growing would move keys. Default 4. */
  readonly partitions?: number
  /** Default 1: a development broker. Production wants 3. */
  readonly replicationFactor?: number
}

const dayMs = 86_400_000
const defaultPartitions = 4

/** Settings of a topic as they are sent to the broker; a test compares them with what the broker describes. */
export const topicSettings = (topic: Topic, replicationFactor = 1): { readonly [name: string]: string } => {
  const { kept } = topics[topic]
  const common = {
    'message.timestamp.type': 'LogAppendTime',
    // A batch of records may be as long as the largest record beside others of its flush.
    'max.message.bytes': String(2 * maxEventBytes),
    'min.insync.replicas': replicationFactor >= 3 ? '2' : '1',
    // Strangers compress as they like (snappy, lz4, zstd); our reader knows gzip alone and would die of one batch of theirs.
    ...(topic === 'metrics' ? { 'compression.type': 'uncompressed' } : {}),
  }
  if (kept !== 'compact') return { ...common, 'cleanup.policy': 'delete', 'retention.ms': String(kept.days * dayMs) }
  // The active segment is never compacted: its age and size bound what a restart has to read twice.
  return { ...common, 'cleanup.policy': 'compact', 'segment.ms': '3600000', 'segment.bytes': '16777216', 'min.cleanable.dirty.ratio': '0.1' }
}

const isKeyed = (topic: Topic): boolean => topics[topic].keyedBy === 'service' || topics[topic].keyedBy === 'cell'

/**
 * Creates the topics that are missing and verifies the others. Keyed topics share one partition count: that of those that
 * exist, else `partitions`. Throws PortError `invalid` when existing topics differ in what correctness needs (partition
 * counts, time stamps, clean-up policy); differing retention is the operator's choice and is logged. A `metrics` that takes
 * compressed batches is altered.
 */
export const ensureTopics = async (options: TopicOptions): Promise<void> => {
  const admin = createKafka(options).admin()
  try {
    await admin.connect()
    const existing = await existingPartitions(admin, options.topicPrefix)
    const partitions = sharedPartitionCount(existing) ?? options.partitions ?? defaultPartitions
    await createMissing(admin, options, { existing, partitions })
    await verify(admin, options, [...existing.keys()])
    await untilServed(admin, options.topicPrefix)
  } catch (error) {
    throw asPortError(error, 'ensureTopics')
  } finally {
    await admin.disconnect()
  }
}

type ExistingTopics = ReadonlyMap<Topic, number>

const existingPartitions = async (admin: Admin, prefix: string | undefined): Promise<ExistingTopics> => {
  const listed = new Set(await admin.listTopics())
  const present = topicNames.filter((topic) => listed.has(brokerTopic(topic, prefix)))
  if (present.length === 0) return new Map()
  const metadata = await admin.fetchTopicMetadata({ topics: present.map((topic) => brokerTopic(topic, prefix)) })
  const counts = new Map(metadata.topics.map((topic) => [topic.name, topic.partitions.length]))
  return new Map(present.map((topic) => [topic, counts.get(brokerTopic(topic, prefix)) ?? 0]))
}

const sharedPartitionCount = (existing: ExistingTopics): number | undefined => {
  const counts = new Set([...existing].filter(([topic]) => isKeyed(topic)).map(([, count]) => count))
  if (counts.size <= 1) return [...counts][0]
  const got = [...existing].map(([topic, count]) => `${topic}=${count}`).join(' ')
  throw portError('invalid', `TOPIC_PARTITIONS broker: ${got}; keyed topics must share one count; recreate them under another prefix`)
}

type Plan = { readonly existing: ExistingTopics; readonly partitions: number }

const createMissing = async (admin: Admin, options: TopicOptions, plan: Plan): Promise<void> => {
  const replicationFactor = options.replicationFactor ?? 1
  const missing = topicNames.filter((topic) => !plan.existing.has(topic))
  if (missing.length === 0) return
  await admin.createTopics({
    // kafkajs would wait for leaders, but not for a broker that has not heard of the topic yet; `untilServed` waits for both.
    waitForLeaders: false,
    topics: missing.map((topic): ITopicConfig => ({
      topic: brokerTopic(topic, options.topicPrefix),
      numPartitions: isKeyed(topic) ? plan.partitions : 1,
      replicationFactor,
      configEntries: Object.entries(topicSettings(topic, replicationFactor)).map(([name, value]) => ({ name, value })),
    })),
  })
}

/** A new topic has leaders in the metadata before those know that they lead; a first reader would be turned away. */
const untilServed = async (admin: Admin, prefix: string | undefined): Promise<void> => {
  for (const topic of topicNames) await patiently(() => admin.fetchTopicOffsets(brokerTopic(topic, prefix)), isRetriableWhenNew)
}

/** Settings without which time or state would be wrong, or one foreign batch could stop the gate. */
const mustHold: ReadonlySet<string> = new Set(['message.timestamp.type', 'cleanup.policy', 'compression.type'])

/**
 * What we set right ourselves on a topic that exists: it changes nothing that stands in the log, and came to the plan after
 * the first topics were made. What would change the meaning of records is left to people.
 */
const setRight: ReadonlySet<string> = new Set(['compression.type'])

const verify = async (admin: Admin, options: TopicOptions, existing: readonly Topic[]): Promise<void> => {
  const log = options.log ?? silent
  for (const topic of existing) {
    const name = brokerTopic(topic, options.topicPrefix)
    const described = await describe(admin, name)
    const wrong = Object.entries(topicSettings(topic, options.replicationFactor)).flatMap(([key, value]) => {
      const got = described.get(key)?.configValue
      return got === value ? [] : [{ name, key, got, value }]
    })
    for (const setting of wrong) {
      if (setRight.has(setting.key)) await alter(admin, setting, { described, log })
      else differs(log, setting)
    }
  }
}

type Setting = { readonly name: string; readonly key: string; readonly got: string | undefined; readonly value: string }
type Described = ReadonlyMap<string, ConfigEntries>

/** The request replaces all that was ever set on the topic, so all of that goes with it. */
const alter = async (admin: Admin, setting: Setting, { described, log }: { described: Described; log: LogSink }): Promise<void> => {
  const { name, key, got, value } = setting
  const own = [...described.values()].filter(({ configSource }) => configSource === kafkajs.ConfigSource.TOPIC_CONFIG)
  const kept = own.filter(({ configName }) => configName !== key).map(({ configName, configValue }) => ({ name: configName, value: configValue }))
  try {
    await admin.alterConfigs({ validateOnly: false, resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name, configEntries: [...kept, { name: key, value }] }] })
  } catch (error) {
    log.warn({ topic: name, setting: key, reason: String(error) }, 'topic setting could not be altered')
    return differs(log, setting)
  }
  log.warn({ topic: name, setting: key, got, expected: value }, 'topic setting altered to the plan')
}

const differs = (log: LogSink, setting: Setting): void => {
  const { name, key, got, value } = setting
  if (!mustHold.has(key)) return log.warn({ topic: name, setting: key, got, expected: value }, 'topic setting differs from the plan')
  throw portError('invalid', `TOPIC_SETTING ${name}: ${key}=${got}; must be ${value}; alter the topic, nothing was started`)
}

const describe = async (admin: Admin, name: string): Promise<Described> => {
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name }] })
  return new Map(resources[0]?.configEntries.map((entry) => [entry.configName, entry]) ?? [])
}
