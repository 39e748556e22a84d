/** The writer: encodes events, finds their partitions, and sends them through one idempotent producer. */
import { randomUUID } from 'node:crypto'
import { CompressionTypes, Partitioners } from 'kafkajs'
import type { IHeaders, Kafka, Message, Producer, RecordMetadata } from 'kafkajs'
import { refusalOf } from '../../core/events/admission.ts'
import type { LogEvent } from '../../core/events/event.ts'
import { partitionOfKey } from '../../core/murmur2.ts'
import { portError } from '../../core/port-error.ts'
import type { Appender, OutRecord } from '../../core/ports.ts'
import { brokerTopic } from '../../core/topics.ts'
import type { Topic } from '../../core/topics.ts'
import { createAppendQueue } from './append-queue.ts'
import type { Outgoing } from './append-queue.ts'
import { asPortError } from './client.ts'
import { recordNamespace } from './codec.ts'
import type { Codec } from './codec.ts'
import { traceparentOf } from './trace.ts'

export type AppenderParts = {
  readonly kafka: Kafka
  readonly codec: Codec
  readonly clientId: string
  readonly topicPrefix: string | undefined
  /** Partitions of a topic on the broker. */
  readonly partitionsOf: (topic: Topic) => Promise<number>
  /** Default `recordsPerProducer`. */
  readonly recycleAfterRecords?: number
}

/** Sequence numbers of a producer wrap wrongly after 2^31 records of one partition; before that comes a new producer. */
export const recordsPerProducer = 1e9

/**
 * kafkajs gives its idempotent producer 5 retries when any retry option is set, so "for ever" must be said: an append
 * waits out a broker that is away. Between tries at most 2 s pass.
 */
const sendRetry = { initialRetryTime: 50, maxRetryTime: 2_000, factor: 0.2, multiplier: 2, retries: Number.MAX_SAFE_INTEGER }

/** Connects a producer. Throws PortError `unavailable` when no broker answers. */
export const createAppender = async (parts: AppenderParts): Promise<Appender> => {
  const producer = recyclingProducer(parts)
  await producer.connect()
  const headersOf = cloudEventHeaders(parts)
  const queue = createAppendQueue<Message>((records) => producer.send(records))
  let closed = false
  let turn: Promise<unknown> = Promise.resolve()
  /** Partition counts may have to be asked for first; the chain keeps the order of calls nevertheless. */
  const enqueue = (records: readonly OutRecord[]) => {
    const mine = turn.then(async () => {
      const counts = await countsFor(parts, records)
      return { done: queue.append(records.map((record) => prepare(parts, headersOf, { record, counts }))) }
    })
    turn = mine.catch(() => undefined)
    return mine
  }
  return {
    append: async (records) => {
      if (closed) throw portError('unavailable', 'APPENDER_CLOSED: append after close; nothing was appended')
      return (await enqueue(records)).done
    },
    close: async () => {
      closed = true
      await turn
      await queue.drained()
      await producer.disconnect()
    },
  }
}

type PartitionCounts = ReadonlyMap<Topic, number>

/** Partition counts of the topics whose records are placed by key; asked for once per topic, then known. */
const countsFor = async (parts: AppenderParts, records: readonly OutRecord[]): Promise<PartitionCounts> => {
  const counts = new Map<Topic, number>()
  for (const { topic, key, partition } of records) {
    if (key !== null && partition === undefined && !counts.has(topic)) counts.set(topic, await parts.partitionsOf(topic))
  }
  return counts
}

const prepare = (parts: AppenderParts, headersOf: HeadersOf, { record, counts }: { record: OutRecord; counts: PartitionCounts }): Outgoing<Message> => {
  const { topic, key, event } = record
  const refusal = event === null ? null : refusalOf(topic, key, event)
  if (refusal !== null) throw portError('invalid', `${refusal}; nothing was appended`)
  const partition = record.partition ?? (key === null ? 0 : partitionOfKey(key, counts.get(topic) ?? 1))
  const value = event === null ? null : parts.codec.encode(event)
  const message = { key, value, partition, ...(event === null ? {} : { headers: headersOf(event) }) }
  return { target: { topic, partition }, message, bytes: (value?.length ?? 0) + overheadBytes }
}

/** Key, headers and record frame, generously: it only bounds how much goes into one send. */
const overheadBytes = 300

type HeadersOf = (event: LogEvent) => IHeaders

/** CloudEvents 1.0, Kafka binary mode, and the trace of the decision behind the record. `ce_id` is unique together with `ce_source`. */
const cloudEventHeaders = ({ clientId }: AppenderParts): HeadersOf => {
  const run = randomUUID()
  let count = 0
  return (event) => {
    count += 1
    const trace = traceparentOf(event)
    return {
      'content-type': 'application/avro',
      ce_specversion: '1.0',
      ce_id: `${run}-${count}`,
      ce_type: `${recordNamespace}.${event.type}`,
      ce_source: `heteroscale/${clientId}`,
      ...(trace === undefined ? {} : { traceparent: trace }),
    }
  }
}

/** A producer that is replaced between two sends: when it has sent enough, and after any send that failed. */
const recyclingProducer = (parts: AppenderParts) => {
  const limit = parts.recycleAfterRecords ?? recordsPerProducer
  let producer = newProducer(parts.kafka)
  let sent = 0
  const renew = async (): Promise<void> => {
    await producer.disconnect().catch(() => undefined)
    producer = newProducer(parts.kafka)
    sent = 0
    await producer.connect()
  }
  return {
    connect: () => guarded('connect producer', () => producer.connect()),
    disconnect: () => producer.disconnect(),
    send: (records: readonly Outgoing<Message>[]) =>
      guarded('append', async () => {
        if (sent + records.length > limit) await renew()
        sent += records.length
        try {
          return offsetsOf(records, await sendTogether(producer, records, parts.topicPrefix), parts.topicPrefix)
        } catch (error) {
          sent = limit
          throw error
        }
      }),
  }
}

const newProducer = (kafka: Kafka): Producer =>
  kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: sendRetry,
  })

const guarded = async <Result>(where: string, action: () => Promise<Result>): Promise<Result> => {
  try {
    return await action()
  } catch (error) {
    throw asPortError(error, where)
  }
}

const sendTogether = (producer: Producer, records: readonly Outgoing<Message>[], prefix: string | undefined) => {
  const byTopic = new Map<Topic, Message[]>()
  for (const { target, message } of records) {
    const messages = byTopic.get(target.topic)
    if (messages === undefined) byTopic.set(target.topic, [message])
    else messages.push(message)
  }
  const topicMessages = [...byTopic].map(([topic, messages]) => ({ topic: brokerTopic(topic, prefix), messages }))
  return producer.sendBatch({ acks: -1, compression: CompressionTypes.None, topicMessages })
}

/** Records of one partition are one batch of the send, in order, from the base offset on. */
const offsetsOf = (records: readonly Outgoing<Message>[], answers: readonly RecordMetadata[], prefix: string | undefined): number[] => {
  const next = new Map(answers.map((answer) => [`${answer.topicName}/${answer.partition}`, Number(answer.baseOffset)]))
  return records.map(({ target }) => {
    const key = `${brokerTopic(target.topic, prefix)}/${target.partition}`
    const offset = next.get(key)
    if (offset === undefined) throw portError('unavailable', `KAFKA_ANSWER ${key}: no base offset in the broker's answer; read before you go on`)
    next.set(key, offset + 1)
    return offset
  })
}
