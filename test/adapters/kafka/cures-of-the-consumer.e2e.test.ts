/**
 * What kafkajs does wrong when it reads, joins and asks, and what our wrapper does about it, on a real broker: K5, K6, K8, K11,
 * K12, K14, K16 and K22 of docs/kafkajs-cures.md, and batches in a compression that kafkajs does not know.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import kafkajs, { CompressionCodecs, CompressionTypes, Kafka, Partitioners, logLevel } from 'kafkajs'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { createCodec } from '../../../adapters/kafka/codec.ts'
import { createKafkaEventLog } from '../../../adapters/kafka/event-log.ts'
import type { KafkaEventLogOptions } from '../../../adapters/kafka/event-log.ts'
import { ensureTopics } from '../../../adapters/kafka/topics.ts'
import { partitionOfKey } from '../../../core/murmur2.ts'
import type { EventLog, LogRecord } from '../../../core/ports.ts'
import { brokerTopic } from '../../../core/topics.ts'
import type { Topic } from '../../../core/topics.ts'
import { kafkaApis, startKafkaProxy } from '../../support/kafka-frames.ts'
import { until } from '../../support/until.ts'
import { tpsOf } from '../event-log.contract.ts'
import { recordingHandler } from '../recording-handler.ts'

const codec = createCodec()
const chat = partitionOfKey('chat', 4)

const emptyTopics = async (partitions = 4) => {
  const options = { brokers: inject('kafkaBrokers'), topicPrefix: `cures-${randomUUID().slice(0, 8)}` }
  await ensureTopics({ ...options, clientId: 'cures', partitions })
  const log = (more: Partial<KafkaEventLogOptions> = {}): EventLog => {
    const made = createKafkaEventLog({ ...options, clientId: 'cured', ...more })
    onTestFinished(() => made.close())
    return made
  }
  const stranger = new Kafka({ brokers: options.brokers, clientId: 'stranger', logLevel: logLevel.NOTHING })
  return { options, log, stranger, nameOf: (topic: Topic) => brokerTopic(topic, options.topicPrefix) }
}

const append = async (log: EventLog, ...ends: number[]) =>
  (await log.appender()).append(ends.map((end) => ({ topic: 'signals' as const, key: 'chat', event: tpsOf('chat', end) })))

const held = () => {
  let release: () => void = () => {}
  const promise = new Promise<void>((resolve) => (release = resolve))
  return { promise, release }
}

const withAdmin = async <Result>(kafka: Kafka, ask: (admin: ReturnType<Kafka['admin']>) => Promise<Result>): Promise<Result> => {
  const admin = kafka.admin()
  await admin.connect()
  return ask(admin).finally(() => admin.disconnect())
}

describe('K5 and K6: a transaction of kafkajs can neither be ended after an error nor followed at once by the next', () => {
  it('whatever the event log does, it does without transactions', async () => {
    const { options, log } = await emptyTopics()
    const proxy = await startKafkaProxy(options.brokers[0] ?? '')
    onTestFinished(() => proxy.close())
    const behind = log({ brokers: [`127.0.0.1:${proxy.port}`] })
    const member = recordingHandler({ commit: ({ records }) => (records.at(-1)?.offset ?? -1) + 1 })
    await behind.join({ group: 'deciders', topic: 'signals', handler: member.handler })
    await append(behind, 1, 2)
    await append(behind, 3)
    await member.until(() => member.records.length === 3)
    await until('the offset was committed', async () => (await behind.committed('deciders', 'signals')).get(chat) === 3)
    for await (const record of behind.read({ topic: 'signals', partition: chat, from: 0, to: 3 })) expect(record.key).toBe('chat')

    expect(['Produce', 'OffsetCommit', 'Fetch'].filter((api) => proxy.hits('toServer', api) === 0)).toEqual([])
    const ofTransactions = [24, 25, 26, 28].map((api) => kafkaApis[api] ?? '')
    expect(ofTransactions.filter((api) => proxy.hits('toServer', api) > 0)).toEqual([])
  })
})

describe('K8: kafkajs sends heartbeats between batches only', () => {
  const consumerTuning = { sessionTimeout: 3_000, heartbeatInterval: 500 }
  const longerThanASession = 7_000

  it('a batch that takes longer than a session costs the member nothing', async () => {
    const { log } = await emptyTopics()
    const busy = log({ consumerTuning })
    const member = recordingHandler({ commit: ({ records }) => (records.at(-1)?.offset ?? -1) + 1 })
    const slowly: typeof member.handler = { ...member.handler, batch: (batch) => wait(longerThanASession).then(() => member.handler.batch(batch)) }
    await append(busy, 1)
    await busy.join({ group: 'deciders', topic: 'signals', handler: slowly })
    await until('the batch was committed', async () => (await busy.committed('deciders', 'signals')).get(chat) === 1)
    expect(member.records.map(({ offset }) => offset)).toEqual([0])
    expect(member.history.filter((line) => line.startsWith('revoked'))).toEqual([])
  })

  it('nor does a restore, before which kafkajs has no message to beat between', async () => {
    const { log } = await emptyTopics()
    const restoring = log({ consumerTuning })
    const member = recordingHandler({ commit: ({ records }) => (records.at(-1)?.offset ?? -1) + 1 })
    const slowly: typeof member.handler = { ...member.handler, assigned: (partition) => wait(longerThanASession).then(() => member.handler.assigned(partition)) }
    await append(restoring, 1)
    await restoring.join({ group: 'deciders', topic: 'signals', handler: slowly })
    await until('the batch was committed', async () => (await restoring.committed('deciders', 'signals')).get(chat) === 1)
    expect(member.history.filter((line) => line.startsWith('revoked'))).toEqual([])
    expect(member.history.filter((line) => line === `assigned ${chat}`)).toHaveLength(1)
  })
})

describe('K22: kafkajs asks for ever for the place of batches that compaction has emptied', () => {
  /** Segments of 1 MB, so that two of 600 kB are cleaned each by itself. */
  const settings = { 'segment.ms': '200', 'segment.bytes': '1048576', 'min.cleanable.dirty.ratio': '0.001' }
  const acceptedAs = (generation: number) => ({ type: 'ServiceAccepted', service: 'chat', generation, accepted: true, message: '', manifest: 'x'.repeat(600_000), policyHash: '', conditions: [], time: generation }) as const
  /** Each author writes once, into a segment of his own. Of the first one there stays the last batch of its producer, without its record. */
  const overwrittenTwice = async () => {
    const topics = await emptyTopics(1)
    const configEntries = Object.entries({ ...settings, 'cleanup.policy': 'compact' }).map(([name, value]) => ({ name, value }))
    await withAdmin(topics.stranger, (admin) => admin.alterConfigs({ validateOnly: false, resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topics.nameOf('services'), configEntries }] }))
    for (const generation of [1, 2, 3]) {
      const author = topics.log()
      await (await author.appender()).append([{ topic: 'services', key: 'chat', event: acceptedAs(generation) }])
      await author.close()
      await wait(400)
    }
    return topics
  }
  const readAll = async (log: EventLog): Promise<readonly LogRecord[]> => {
    const read: LogRecord[] = []
    for await (const record of log.read({ topic: 'services', partition: 0, from: 0, to: 3 })) read.push(record)
    return read
  }

  it('a reader goes past them to what is left, and a follower catches up', { timeout: 180_000 }, async () => {
    const { log } = await overwrittenTwice()
    const reading = log()
    let left: readonly LogRecord[] = []
    await until('what was overwritten is gone', async () => ((left = await readAll(reading))[0]?.offset ?? 0) > 0, 120_000)
    expect(left.at(-1)?.offset).toBe(2)
    const followed: LogRecord[] = []
    const follower = await reading.follow({ topics: ['services'], from: 'start', onRecord: (record) => void followed.push(record) })
    await follower.caughtUp()
    await follower.close()
    expect(followed).toEqual(left)
  })
})

describe('K11: kafkajs stops at a TypeError without a word, and the process lives on and reads nothing', () => {
  it.each([TypeError, RangeError])('a handler that throws a %o ends the subscription with it', async (Thrown) => {
    const { log } = await emptyTopics()
    const ours = log()
    await append(ours, 1)
    const thrown = new Thrown('undefined is not a function')
    const member = recordingHandler({
      commit: () => {
        throw thrown
      },
    })
    const subscription = await ours.join({ group: 'deciders', topic: 'signals', handler: member.handler })
    await expect(subscription.died).rejects.toBe(thrown)
  })
})

describe('a batch in a compression that kafkajs does not know', () => {
  /** Raw snappy with nothing but literals, which every decoder takes. */
  const snappy = (bytes: Buffer): Buffer => {
    const literal = Buffer.concat([Buffer.from([61 << 2, (bytes.length - 1) & 0xff, (bytes.length - 1) >> 8]), bytes])
    return Buffer.concat([Buffer.from([(bytes.length & 0x7f) | 0x80, bytes.length >> 7]), literal])
  }
  const sendSnappy = async (kafka: Kafka, topic: string) => {
    const unknown = CompressionCodecs[CompressionTypes.Snappy]
    CompressionCodecs[CompressionTypes.Snappy] = () => ({ compress: ({ buffer }: { buffer: Buffer }) => Promise.resolve(snappy(buffer)), decompress: () => Promise.reject(new Error('unreachable')) })
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
    await producer.connect()
    const messages = [1, 2].map((end) => ({ key: 'chat', value: codec.encode(tpsOf('chat', end)) }))
    await producer.send({ topic, compression: CompressionTypes.Snappy, messages })
    await producer.disconnect()
    CompressionCodecs[CompressionTypes.Snappy] = unknown
  }

  it('is read on the public topic, where the broker unpacks it', async () => {
    const { log, stranger, nameOf } = await emptyTopics()
    await sendSnappy(stranger, nameOf('metrics'))
    const member = recordingHandler()
    await log().join({ group: 'gates', topic: 'metrics', handler: member.handler })
    await member.until(() => member.records.length === 2)
  })

  it('ends the subscription where the broker lets it through, and says what is allowed and what to do', async () => {
    const { log, stranger, nameOf } = await emptyTopics()
    await sendSnappy(stranger, nameOf('signals'))
    const subscription = await log().join({ group: 'deciders', topic: 'signals', handler: recordingHandler().handler })
    const died: unknown = await subscription.died.catch((error: unknown) => error)
    expect(died).toMatchObject({ code: 'corrupt' })
    expect(String(died)).toMatch(/KAFKA_COMPRESSION .*deciders.*Snappy compression not implemented; a batch must be uncompressed or gzip/)
  })

  it('is kept away from a public topic that was made before we asked for that: its setting is altered, and every other one stays', async () => {
    const { options, stranger, nameOf } = await emptyTopics()
    const settings = async () => {
      const { resources } = await withAdmin(stranger, (admin) => admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: nameOf('metrics') }] }))
      return Object.fromEntries(resources[0]?.configEntries.map((entry) => [entry.configName, entry.configValue]) ?? [])
    }
    const before = await settings()
    const own = ['message.timestamp.type', 'max.message.bytes', 'min.insync.replicas', 'cleanup.policy'].map((name) => ({ name, value: before[name] ?? '' }))
    const configEntries = [...own, { name: 'retention.ms', value: '7200000' }, { name: 'compression.type', value: 'producer' }]
    await withAdmin(stranger, (admin) => admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: nameOf('metrics'), configEntries }] }))
    await until('the broker describes what was altered', async () => (await settings())['compression.type'] === 'producer')

    const told: string[] = []
    const log = { warn: (fields: object, message: string) => void told.push(`${JSON.stringify(fields)} ${message}`), error: () => {} }
    await ensureTopics({ ...options, clientId: 'upgraded', log })
    await until('it describes what we altered back', async () => (await settings())['compression.type'] === 'uncompressed')
    expect(await settings()).toEqual({ ...before, 'retention.ms': '7200000' })
    expect(told.filter((line) => line.includes('altered'))).toEqual([
      `{"topic":"${nameOf('metrics')}","setting":"compression.type","got":"producer","expected":"uncompressed"} topic setting altered to the plan`,
    ])
  })
})

describe('K12: where the offset to read is gone, kafkajs goes elsewhere without an error', () => {
  it('the partition stops at the gap, and nothing behind it is handed on', async () => {
    const { log, stranger, nameOf } = await emptyTopics()
    const ours = log()
    const member = recordingHandler()
    const [begun, first] = [held(), held()]
    const handler: typeof member.handler = { ...member.handler, batch: (batch) => (begun.release(), first.promise.then(() => member.handler.batch(batch))) }
    await append(ours, 0, 1, 2)
    await ours.join({ group: 'deciders', topic: 'signals', handler })
    await begun.promise
    await append(ours, 3, 4, 5, 6, 7, 8, 9)
    await withAdmin(stranger, async (admin) => {
      // Its admin deletes only from topics that it has asked something about before.
      await admin.fetchTopicOffsets(nameOf('signals'))
      await admin.deleteTopicRecords({ topic: nameOf('signals'), partitions: [{ partition: chat, offset: '8' }] })
    })
    first.release()
    await member.until(() => member.stopped.length === 1)
    expect(member.stopped[0]?.error.message).toMatch(/LOG_GAP .*: got offset 8 after 2; offsets must be dense/)
    expect(member.records.map(({ offset }) => offset)).toEqual([0, 1, 2])
  })

  it('a topic that is deleted and made again ends the subscription, or is read from its start', async () => {
    const { options, log, stranger, nameOf } = await emptyTopics()
    const member = recordingHandler()
    const subscription = await log().join({ group: 'deciders', topic: 'signals', handler: member.handler })
    await append(log(), 0, 1, 2)
    await member.until(() => member.records.length === 3)
    await withAdmin(stranger, (admin) => admin.deleteTopics({ topics: [nameOf('signals')] }))
    await ensureTopics({ ...options, clientId: 'cures', partitions: 4 })
    await append(log(), 7)
    const died = subscription.died.catch((error: unknown) => String(error))
    expect(await Promise.race([died, member.until(() => member.records.length === 4).then(() => 'read')])).toMatch(/LOG_SHORTER|^read$/)
  })
})

describe('K14: kafkajs deals partitions anew at every rebalance, and those of two topics apart', () => {
  it('a member that joins takes its share and moves nothing else, and so does one that leaves', async () => {
    const partitions = 12
    const { log } = await emptyTopics(partitions)
    const members = new Map<string, ReturnType<typeof recordingHandler>>()
    const join = async (name: string) => {
      const member = recordingHandler()
      members.set(name, member)
      return log({ clientId: name }).join({ group: 'deciders', topic: 'signals', handler: member.handler })
    }
    const owners = () => new Map([...members].flatMap(([name, { owned }]) => [...owned].map((partition) => [partition, name] as const)))
    const shared = (...sizes: number[]) =>
      until(`shares are ${sizes.join()}`, () => [...members.values()].map(({ owned }) => owned.size).join() === sizes.join() && owners().size === partitions)
    const moved = (before: ReadonlyMap<number, string>) => [...owners()].filter(([partition, name]) => before.get(partition) !== name)

    await join('a')
    await join('b')
    const third = await join('c')
    await shared(4, 4, 4)
    const three = owners()
    await join('d')
    await shared(3, 3, 3, 3)
    expect(moved(three).map(([, name]) => name)).toEqual(['d', 'd', 'd'])
    const four = owners()
    await third.close()
    members.delete('c')
    await shared(4, 4, 4)
    expect(moved(four).map(([partition]) => four.get(partition))).toEqual(['c', 'c', 'c'])
  })
})

describe('K16: kafkajs takes the last stable offset for the end of the log', () => {
  it('what was acknowledged to us is read, also while a stranger’s transaction stays open before it', async () => {
    const { log, stranger, nameOf } = await emptyTopics()
    const ours = log()
    const producer = stranger.producer({ transactionalId: randomUUID(), maxInFlightRequests: 1, idempotent: true, createPartitioner: Partitioners.DefaultPartitioner })
    await producer.connect()
    const open = await producer.transaction()
    await open.send({ topic: nameOf('signals'), messages: [{ key: 'chat', value: codec.encode(tpsOf('chat', 1)) }] })
    onTestFinished(() => open.abort().then(() => producer.disconnect()))

    const positions = await append(ours, 2, 3)
    expect(positions.map(({ offset }) => offset)).toEqual([1, 2])
    expect((await ours.bounds('signals')).find(({ partition }) => partition === chat)?.end).toBe(3)
    const read: LogRecord[] = []
    for await (const record of ours.read({ topic: 'signals', partition: chat, from: 0, to: 3 })) read.push(record)
    expect(read.map(({ offset }) => offset)).toEqual([0, 1, 2])
    const followed: number[] = []
    const follower = await ours.follow({ topics: ['signals'], from: 'start', onRecord: ({ offset }) => void followed.push(offset) })
    await follower.caughtUp()
    expect(followed).toEqual([0, 1, 2])
  })
})
