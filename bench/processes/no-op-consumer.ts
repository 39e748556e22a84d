/**
 * What reading costs at the least: a kafkajs consumer that decodes every record with avsc and does nothing with it. Client
 * settings, fetch sizes and concurrency are those of the decider, and it commits after each batch, as the decider does.
 */
import avro from 'avsc'
import { createKafka } from '../../adapters/kafka/client.ts'
import { loadRegistry } from '../../adapters/kafka/registry.ts'
import { brokerTopic } from '../../core/topics.ts'

const [brokers = '', prefix = '', groupId = ''] = process.argv.slice(2)
const types = new Map(loadRegistry().map((entry) => [entry.id, avro.Type.forSchema(entry.json as avro.Schema)]))
const consumer = createKafka({ brokers: brokers.split(','), clientId: 'bench-no-op', topicPrefix: prefix }).consumer({
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
