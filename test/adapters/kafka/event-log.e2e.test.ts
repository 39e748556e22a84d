/** The Kafka adapter keeps the contract on a real broker, and treats bytes that it cannot read as the design says. */
import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { createKafkaEventLog } from '../../../adapters/kafka/event-log.ts'
import { ensureTopics } from '../../../adapters/kafka/topics.ts'
import { eventLogContract } from '../event-log.contract.ts'

eventLogContract('the Kafka adapter', async () => {
  const options = { brokers: inject('kafkaBrokers'), topicPrefix: `contract-${randomUUID()}` }
  await ensureTopics({ ...options, clientId: 'contract' })
  return { eventLog: (process) => createKafkaEventLog({ ...options, clientId: process }), stop: () => Promise.resolve() }
})
