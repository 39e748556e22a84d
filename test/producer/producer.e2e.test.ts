/** `heteroscale/producer` on a real broker: what it writes is what the gate reads. */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { createKafkaEventLog } from '../../adapters/kafka/event-log.ts'
import { ensureTopics } from '../../adapters/kafka/topics.ts'
import type { EventLog, LogRecord } from '../../core/ports.ts'
import { createMetricsProducer, type MetricsProducer, type TpsObservation } from '../../producer/index.ts'

let log: EventLog
let producer: MetricsProducer

beforeEach(async () => {
  const options = { brokers: inject('kafkaBrokers'), topicPrefix: `producer-${randomUUID()}` }
  await ensureTopics({ ...options, clientId: 'test' })
  log = createKafkaEventLog({ ...options, clientId: 'reader' })
  producer = await createMetricsProducer({ ...options, source: 'gateway/sub-a' })
})
afterEach(() => log.close())

const ended = Date.now()
const tps = (index: number): TpsObservation => ({
  service: 'chat', role: 'decode', windowStartMs: ended - 5000, windowEndMs: ended - index, instancesHeard: 4, instancesRegistered: 4, tps: index,
})

test('what is observed stands in metrics, once, in order, under the key of its service; close waits for it', async () => {
  const deliveries = Array.from({ length: 900 }, (_, index) => producer.observe(tps(index)))
  await producer.close()
  expect(new Set((await Promise.all(deliveries)).map(({ outcome }) => outcome))).toEqual(new Set(['acknowledged']))
  const records: LogRecord[] = []
  const follower = await log.follow({ topics: ['metrics'], from: 'start', onRecord: (record) => void records.push(record) })
  await follower.caughtUp()
  expect(records.map(({ event }) => (event?.type === 'TpsObserved' ? event.tps : null))).toEqual(Array.from({ length: 900 }, (_, index) => index))
  expect(records[7]).toMatchObject({ key: 'chat', event: { ...tps(7), type: 'TpsObserved', source: 'gateway/sub-a' } })
  await expect(producer.observe(tps(901))).rejects.toMatchObject({ code: 'unavailable' })
})
