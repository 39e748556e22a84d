/** Bytes that nobody can read on the topics by which people steer: an API sets them aside once, and whoever starts later does not do so again. */
import { randomUUID } from 'node:crypto'
import { fastify } from 'fastify'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createWorldClock, wallTime } from '../../../adapters/clock/world-clock.ts'
import { createKafka } from '../../../adapters/kafka/client.ts'
import { createKafkaEventLog } from '../../../adapters/kafka/event-log.ts'
import { ensureTopics } from '../../../adapters/kafka/topics.ts'
import { createLogger } from '../../../adapters/logging/logger.ts'
import type { DeadLetter } from '../../../core/events/event.ts'
import { brokerTopic, type Topic } from '../../../core/topics.ts'
import { startApi } from '../../../services/api/start.ts'
import { until } from '../../support/until.ts'

const log = createLogger('test', 'silent')
const clock = createWorldClock(wallTime)
const topicPrefix = `unreadable-${randomUUID().slice(0, 8)}`
const letters: DeadLetter[] = []
const closing: (() => Promise<unknown>)[] = []

const connect = () => createKafkaEventLog({ brokers: inject('kafkaBrokers'), clientId: 'test', topicPrefix, log })

const serveApi = async (): Promise<() => Promise<void>> => {
  const http = fastify()
  const eventLog = connect()
  const api = await startApi({ clock, log, http, eventLog: () => Promise.resolve(eventLog), topicPrefix })
  await api.caughtUp()
  return async () => {
    await http.close()
    await api.stop()
    await eventLog.close()
  }
}

const write = async (topic: Topic, ...values: readonly string[]): Promise<void> => {
  const producer = createKafka({ brokers: inject('kafkaBrokers'), clientId: 'stranger' }).producer()
  await producer.connect()
  await producer.send({ topic: brokerTopic(topic, topicPrefix), messages: values.map((value) => ({ key: 'fleet/freeze', value })) })
  await producer.disconnect()
}

const setAside = (): readonly string[] => letters.map(({ topic, offset }) => `${topic}@${offset}`).sort()

beforeAll(async () => {
  await ensureTopics({ brokers: inject('kafkaBrokers'), clientId: 'test', topicPrefix })
  const eventLog = connect()
  const follower = await eventLog.follow({ topics: ['dead-letters'], from: 'start', onRecord: ({ event }) => void (event?.type === 'DeadLetter' && letters.push(event)) })
  closing.push(() => follower.close(), () => eventLog.close())
})
afterAll(async () => {
  for (const close of closing) await close()
})

test('are set aside once, also when the API starts again', async () => {
  const controls = brokerTopic('controls', topicPrefix)
  const services = brokerTopic('services', topicPrefix)
  const stop = await serveApi()
  await write('controls', '{"freeze": true}')
  await until('the first is set aside', () => letters.length === 1)
  await stop()
  await write('controls', 'once more')
  await write('services', '{"replicas": 4}')
  closing.push(await serveApi())
  await until('those that came meanwhile are set aside', () => letters.length >= 3)
  expect(setAside()).toEqual([`${controls}@0`, `${controls}@1`, expect.stringMatching(new RegExp(`^${services}@`))])
})
