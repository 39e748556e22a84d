/** The Kafka adapter keeps the contract on a real broker, and treats bytes that it cannot read as the design says. */
import { randomUUID } from 'node:crypto'
import kafkajs, { CompressionTypes, Kafka, logLevel } from 'kafkajs'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { createAppender } from '../../../adapters/kafka/appender.ts'
import { createCodec } from '../../../adapters/kafka/codec.ts'
import { createConnection } from '../../../adapters/kafka/connection.ts'
import { createKafkaEventLog } from '../../../adapters/kafka/event-log.ts'
import { ensureTopics, topicSettings } from '../../../adapters/kafka/topics.ts'
import { traceIdOf } from '../../../adapters/kafka/trace.ts'
import { partitionOfKey } from '../../../core/murmur2.ts'
import { isPortError } from '../../../core/port-error.ts'
import type { EventLog, GroupHandler, LogRecord } from '../../../core/ports.ts'
import { brokerTopic, topicNames } from '../../../core/topics.ts'
import type { Topic } from '../../../core/topics.ts'
import { eventLogContract, tpsOf } from '../event-log.contract.ts'
import { samples } from '../../schemas/samples.ts'
import { until } from '../../support/until.ts'
import { createWatch, recordingHandler } from '../recording-handler.ts'

const emptyTopics = async () => {
  const options = { brokers: inject('kafkaBrokers'), topicPrefix: `contract-${randomUUID()}` }
  await ensureTopics({ ...options, clientId: 'contract' })
  return options
}

const sorted = (texts: readonly string[]): string[] => [...texts].sort()

eventLogContract('the Kafka adapter', async () => {
  const options = await emptyTopics()
  return { eventLog: (process) => createKafkaEventLog({ ...options, clientId: process }), stop: () => Promise.resolve() }
})

describe('the Kafka adapter among strangers', () => {
  const codec = createCodec()
  const chat = partitionOfKey('chat', 4)
  let options: Awaited<ReturnType<typeof emptyTopics>>
  let log: EventLog
  let stranger: Kafka

  beforeEach(async () => {
    options = await emptyTopics()
    log = createKafkaEventLog({ ...options, clientId: 'ours' })
    stranger = new Kafka({ brokers: options.brokers, clientId: 'stranger', logLevel: logLevel.NOTHING })
  })
  afterEach(() => log.close())

  /** Writes raw bytes as a client that knows nothing of our adapter. */
  const sendRaw = async (topic: Topic, values: readonly Buffer[], compression = CompressionTypes.None) => {
    const producer = stranger.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    await producer.connect()
    await producer.send({ topic: brokerTopic(topic, options.topicPrefix), compression, messages: values.map((value) => ({ key: 'chat', value })) })
    await producer.disconnect()
  }
  const withId = (id: number): Buffer => {
    const bytes = codec.encode(tpsOf('chat', 2))
    bytes.writeUInt32BE(id, 1)
    return bytes
  }
  const deadLetters = async (count: number): Promise<LogRecord[]> => {
    const watch = createWatch()
    const letters: LogRecord[] = []
    await log.follow({
      topics: ['dead-letters'],
      from: 'start',
      onRecord: (record) => {
        letters.push(record)
        watch.changed()
      },
    })
    await watch.until(() => letters.length === count)
    return letters
  }

  it('sets known ids with bad bytes aside on our own topics, with origin and reason, and goes on', async () => {
    const good = [1, 3].map((end) => codec.encode(tpsOf('chat', end)))
    const bad = [Buffer.alloc(0), Buffer.from('{"tps":1}'), codec.encode(tpsOf('chat', 2)).subarray(0, 20)]
    await sendRaw('signals', [good[0], ...bad, good[1]].filter((value) => value !== undefined))
    const member = recordingHandler()
    await log.join({ group: randomUUID(), topic: 'signals', handler: member.handler })
    await member.until(() => member.records.length === 2)
    expect(member.records.map(({ offset }) => offset)).toEqual([0, 4])

    const letters = await deadLetters(3)
    expect(letters.map(({ event }) => event)).toMatchObject(
      bad.map((bytes, index) => ({
        type: 'DeadLetter',
        topic: brokerTopic('signals', options.topicPrefix),
        partition: chat,
        offset: index + 1,
        key: 'chat',
        bytes: bytes.toString('base64'),
      })),
    )
    expect(letters.map(({ event }) => (event?.type === 'DeadLetter' ? event.reason.split(' ')[0] : ''))).toEqual(['E_EVENT_SHORT', 'E_EVENT_MAGIC', 'E_EVENT_TRUNCATED'])
  })

  it('stops a partition of our own topics at an unknown schema: nothing is skipped, the other partitions go on', async () => {
    await sendRaw('signals', [codec.encode(tpsOf('chat', 1)), withId(9_999), codec.encode(tpsOf('chat', 3))])
    const member = recordingHandler({ commit: (batch) => (batch.records.at(-1)?.offset ?? -1) + 1 })
    const group = randomUUID()
    const subscription = await log.join({ group, topic: 'signals', handler: member.handler })
    await member.until(() => member.stopped.length === 1)
    expect(member.stopped[0]?.partition).toBe(chat)
    expect(isPortError(member.stopped[0]?.error, 'corrupt')).toBe(true)
    expect(member.stopped[0]?.error.message).toContain(`E_EVENT_SCHEMA id 9999`)

    const other = 'search'
    expect(partitionOfKey(other, 4)).not.toBe(chat)
    await (await log.appender()).append([{ topic: 'signals', key: other, event: tpsOf(other, 5) }])
    await member.until(() => member.records.length === 2)
    expect(member.records.map(({ key }) => key)).toEqual(['chat', other])
    await subscription.close()
    expect((await log.committed(group, 'signals')).get(chat)).toBe(1)
  })

  it('sets an unknown schema aside on the public topic, and a record type that it does not carry; keys are the reader’s to judge', async () => {
    const tick = { type: 'ClockTicked', logId: 'x', epoch: 9, ownerId: 'x', coreHash: 'x', decidedThrough: 0, simulated: false, time: 1 } as const
    await sendRaw('metrics', [withId(9_999), codec.encode(tick), codec.encode(tpsOf('code', 1)), codec.encode(tpsOf('chat', 1))])
    const member = recordingHandler()
    await log.join({ group: randomUUID(), topic: 'metrics', handler: member.handler })
    await member.until(() => member.records.length === 2)
    expect(member.records.map(({ offset, key, event }) => [offset, key, event?.type === 'TpsObserved' ? event.service : ''])).toEqual([
      [2, 'chat', 'code'],
      [3, 'chat', 'chat'],
    ])
    const letters = await deadLetters(2)
    expect(letters.map(({ event }) => (event?.type === 'DeadLetter' ? event.reason.split(' ')[0] : ''))).toEqual(['E_EVENT_SCHEMA', 'E_EVENT_TOPIC'])
  })

  it('tells a reader of the public topic what nobody can read, keeps what it says, and commits behind it', async () => {
    await sendRaw('metrics', [withId(9_999), Buffer.from('junk'), codec.encode(tpsOf('chat', 1)), Buffer.from('more junk')])
    const group = randomUUID()
    const told: string[] = []
    const member = recordingHandler({ commit: (batch) => (batch.records.at(-1)?.offset ?? -1) + 1 })
    const unreadable: NonNullable<GroupHandler['unreadable']> = (letters) => {
      told.push(...letters.map(({ offset, reason }) => `${offset} ${reason.split(' ')[0]}`))
      return letters.slice(0, 1)
    }
    const subscription = await log.join({ group, topic: 'metrics', handler: { ...member.handler, unreadable } })
    await until('everything was committed', async () => (await log.committed(group, 'metrics')).get(chat) === 4)
    expect(told).toEqual(['0 E_EVENT_SCHEMA', '1 E_EVENT_SHORT', '3 E_EVENT_MAGIC'])
    expect((await deadLetters(1)).map(({ event }) => event?.type === 'DeadLetter' && event.offset)).toEqual([0])
    await subscription.close()
  })

  it('ends a follower and a range reader at an unknown schema, after what stands before it', async () => {
    await sendRaw('decisions', [withId(9_999)])
    const follower = await log.follow({ topics: ['decisions'], from: 'start', onRecord: () => {} })
    const died: unknown = await follower.died.catch((error: unknown) => error)
    expect(isPortError(died, 'corrupt')).toBe(true)

    await sendRaw('signals', [codec.encode(tpsOf('chat', 1)), withId(9_999)])
    const read: LogRecord[] = []
    const reading = async () => {
      for await (const record of log.read({ topic: 'signals', partition: chat, from: 0, to: 2 })) read.push(record)
    }
    await expect(reading()).rejects.toMatchObject({ code: 'corrupt' })
    expect(read.map(({ offset }) => offset)).toEqual([0])
  })

  it('reads compressed batches of other producers', async () => {
    await sendRaw('metrics', [1, 2].map((end) => codec.encode(tpsOf('chat', end))), CompressionTypes.GZIP)
    const member = recordingHandler()
    await log.join({ group: randomUUID(), topic: 'metrics', handler: member.handler })
    await member.until(() => member.records.length === 2)
  })

  it('writes the Confluent wire format with CloudEvents headers, which any client can read', async () => {
    const traced = createKafkaEventLog({ ...options, clientId: 'collector-1' })
    await (await traced.appender()).append([{ topic: 'intents', key: 'chat-70b', event: samples.ScaleIntentEmitted }])
    await traced.close()
    const consumer = stranger.consumer({ groupId: randomUUID() })
    await consumer.subscribe({ topic: brokerTopic('intents', options.topicPrefix), fromBeginning: true })
    const message = await new Promise<{ value: Buffer | null; headers: { [name: string]: string } }>((resolve) => {
      void consumer.run({
        eachMessage: ({ message: { value, headers = {} } }) => {
          resolve({ value, headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])) })
          return Promise.resolve()
        },
      })
    })
    await consumer.disconnect()
    expect(message.value?.subarray(0, 5).toString('hex')).toBe('000000000d')
    expect(message.headers).toMatchObject({
      'content-type': 'application/avro',
      ce_specversion: '1.0',
      ce_type: 'io.heteroscale.ScaleIntentEmitted',
      ce_source: 'heteroscale/collector-1',
    })
    expect(message.headers.traceparent).toMatch(`00-${traceIdOf(samples.ScaleIntentEmitted.decisionId)}-`)
    expect(message.headers.ce_id).toMatch(/./)
  })

  it('leaves no group of a follower or a range reader behind', async () => {
    const follower = await log.follow({ topics: ['signals'], from: 'start', onRecord: () => {} })
    await (await log.appender()).append([{ topic: 'signals', key: 'chat', event: tpsOf('chat', 1) }])
    for await (const record of log.read({ topic: 'signals', partition: chat, from: 0, to: 1 })) expect(record.key).toBe('chat')
    const admin = stranger.admin()
    await admin.connect()
    const ourGroups = async () => (await admin.listGroups()).groups.filter(({ groupId }) => groupId.startsWith('ours-'))
    expect((await ourGroups()).map(({ groupId }) => groupId.replace(/-[0-9a-f-]+$/, ''))).toEqual(['ours-follower'])
    await follower.close()
    expect(await ourGroups()).toEqual([])
    await admin.disconnect()
  })

  it('replaces its producer between two sends when that has sent enough, and loses nothing', async () => {
    const parts = createConnection({ ...options, clientId: 'recycling' })
    const appender = await createAppender({ ...parts, recycleAfterRecords: 10 })
    const positions = []
    for (let end = 0; end < 24; end += 4) {
      positions.push(...(await appender.append([0, 1, 2, 3].map((index) => ({ topic: 'signals' as const, key: 'chat', event: tpsOf('chat', end + index) })))))
    }
    expect(positions.map(({ offset }) => offset)).toEqual(Array.from({ length: 24 }, (_, index) => index))
    await appender.close()
    await parts.close()
  })

  it('says not-found for topics that were never created', async () => {
    const lost = createKafkaEventLog({ ...options, topicPrefix: `missing-${randomUUID()}`, clientId: 'lost' })
    const error: unknown = await lost.bounds('signals').catch((reason: unknown) => reason)
    expect(isPortError(error, 'not-found')).toBe(true)
    await lost.close()
  })

  describe('topics', () => {
    const withAdmin = async <Result>(ask: (admin: ReturnType<Kafka['admin']>) => Promise<Result>): Promise<Result> => {
      const admin = stranger.admin()
      await admin.connect()
      try {
        return await ask(admin)
      } finally {
        await admin.disconnect()
      }
    }

    it('have the settings of the plan, as the broker describes them', async () => {
      for (const topic of topicNames) {
        const name = brokerTopic(topic, options.topicPrefix)
        const { resources } = await withAdmin((admin) =>
          admin.describeConfigs({ includeSynonyms: false, resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name }] }),
        )
        const described = Object.fromEntries(resources[0]?.configEntries.map((entry) => [entry.configName, entry.configValue]) ?? [])
        expect(described, name).toMatchObject(topicSettings(topic))
      }
    })

    it('share four partitions when they are keyed by service or cell, and have one otherwise', async () => {
      const names = topicNames.map((topic) => brokerTopic(topic, options.topicPrefix))
      const { topics } = await withAdmin((admin) => admin.fetchTopicMetadata({ topics: names }))
      const single = topics.filter(({ partitions }) => partitions.length === 1).map(({ name }) => name)
      expect(sorted(single)).toEqual(sorted([brokerTopic('controls', options.topicPrefix), brokerTopic('dead-letters', options.topicPrefix)]))
      expect(topics.filter(({ partitions }) => partitions.length === 4)).toHaveLength(9)
    })

    it('may be ensured again, whatever partition count is asked for then', async () => {
      await ensureTopics({ ...options, clientId: 'again', partitions: 9 })
      expect(await log.bounds('signals')).toHaveLength(4)
    })

    it('are refused when their time stamps are not the broker’s', async () => {
      const topicPrefix = `wrong-${randomUUID()}`
      await withAdmin((admin) => admin.createTopics({ waitForLeaders: true, topics: [{ topic: brokerTopic('signals', topicPrefix), numPartitions: 4 }] }))
      await expect(ensureTopics({ ...options, topicPrefix, clientId: 'x' })).rejects.toThrow(/TOPIC_SETTING .*signals.v1: message.timestamp.type=CreateTime; must be LogAppendTime/)
    })

    it('are refused when keyed topics differ in partitions', async () => {
      const topicPrefix = `uneven-${randomUUID()}`
      const topics = (['signals', 'decisions'] as const).map((topic, index) => ({ topic: brokerTopic(topic, topicPrefix), numPartitions: index + 2 }))
      await withAdmin((admin) => admin.createTopics({ waitForLeaders: true, topics }))
      await expect(ensureTopics({ ...options, topicPrefix, clientId: 'x' })).rejects.toThrow(/TOPIC_PARTITIONS broker: signals=2 decisions=3/)
    })
  })
})
