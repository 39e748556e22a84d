/**
 * What reading costs: a kafkajs consumer that decodes every record with avsc and does nothing with it. Fetch sizes and concurrency
 * are those of the decider, and it commits after each batch, as the decider does. With `cured` it reads with our cures of kafkajs.
 */
import avro from 'avsc'
import { Kafka, logLevel } from 'kafkajs'
import { createKafka } from '../../adapters/kafka/client.ts'
import { stopIdleTimers } from '../../adapters/kafka/idle-timers.ts'
import { loadRegistry } from '../../adapters/kafka/registry.ts'
import { brokerTopic } from '../../core/topics.ts'

const [brokers = '', prefix = '', groupId = '', cures = ''] = process.argv.slice(2)
const types = new Map(loadRegistry().map((entry) => [entry.id, avro.Type.forSchema(entry.json as avro.Schema)]))

const plainKafka = (): Kafka => {
  // Its timers would count as the work of reading.
  stopIdleTimers()
  return new Kafka({ brokers: brokers.split(','), clientId: 'bench-no-op', logLevel: logLevel.NOTHING })
}

const kafka = cures === 'cured' ? createKafka({ brokers: brokers.split(','), clientId: 'bench-no-op', topicPrefix: prefix }) : plainKafka()
const consumer = kafka.consumer({
  groupId,
  maxWaitTimeInMs: 100,
  minBytes: 1,
  maxBytesPerPartition: 524_288,
  maxBytes: 4_194_304,
})

consumer.on(consumer.events.GROUP_JOIN, () => console.log('reading'))
await consumer.connect()
await consumer.subscribe({ topics: [brokerTopic('signals', prefix)], fromBeginning: true })
await consumer.run({
  autoCommit: false,
  eachBatchAutoResolve: false,
  partitionsConsumedConcurrently: 16,
  eachBatch: async ({ batch, resolveOffset, commitOffsetsIfNecessary, heartbeat }) => {
    for (const { value } of batch.messages) {
      if (value === null) continue
      types.get(value.readUInt32BE(1))?.fromBuffer(value.subarray(5))
    }
    resolveOffset(batch.lastOffset())
    const partitions = [{ partition: batch.partition, offset: String(Number(batch.lastOffset()) + 1) }]
    await commitOffsetsIfNecessary({ topics: [{ topic: batch.topic, partitions }] })
    await heartbeat()
  },
})
process.once('SIGTERM', () => void consumer.disconnect().then(() => process.exit(0)))
