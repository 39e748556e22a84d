/** A service file from the command line through the API and a real broker to a real decider, and its verdict back. */
import { randomUUID } from 'node:crypto'
import { fastify } from 'fastify'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createWorldClock, wallTime } from '../../../adapters/clock/world-clock.ts'
import { createKafkaEventLog } from '../../../adapters/kafka/event-log.ts'
import { ensureTopics } from '../../../adapters/kafka/topics.ts'
import { createLogger } from '../../../adapters/logging/logger.ts'
import { createMetrics } from '../../../adapters/prometheus/registry.ts'
import * as engine from '../../../core/audit/engine.ts'
import { startApi } from '../../../services/api/start.ts'
import { startDecider } from '../../../services/decider/decider.ts'
import { createDeciderMetrics } from '../../../services/decider/metrics.ts'
import { runCli } from '../../cli/cli-world.ts'
import { exampleText } from './api-world.ts'

const log = createLogger('test', 'silent')
const clock = createWorldClock(wallTime)
const topicPrefix = `apply-${randomUUID().slice(0, 8)}`
const example = 'docs/examples/chat-70b.yaml'
const closing: (() => Promise<unknown>)[] = []
let server = ''

const connect = () => createKafkaEventLog({ brokers: inject('kafkaBrokers'), clientId: 'test', topicPrefix, log })

const serveApi = async (): Promise<string> => {
  const http = fastify()
  const eventLog = connect()
  const api = await startApi({ clock, log, http, eventLog: () => Promise.resolve(eventLog), topicPrefix })
  closing.push(() => http.close(), () => api.stop(), () => eventLog.close())
  await api.caughtUp()
  return http.listen({ host: '127.0.0.1', port: 0 })
}

const decide = async (): Promise<void> => {
  const eventLog = connect()
  const decider = await startDecider({
    eventLog,
    group: `${topicPrefix}-decider`,
    clock,
    log,
    metrics: createDeciderMetrics(createMetrics('test')),
    coreHash: 'test',
    engine,
    ownerId: 'test',
    simulated: false,
    tickMs: 1000,
    snapshotIntervalMs: 600_000,
    mintLogId: randomUUID,
  })
  closing.push(() => decider.stop(), () => eventLog.close())
}

beforeAll(async () => {
  await ensureTopics({ brokers: inject('kafkaBrokers'), clientId: 'test', topicPrefix })
  server = await serveApi()
})
afterAll(async () => {
  for (const close of closing) await close()
})

test('recorded while nobody decides, accepted as soon as somebody does, and known to an API that starts later', async () => {
  const recorded = await runCli(['apply', '-f', example, '--wait', '1', '--server', server])
  expect(recorded).toMatchObject({ exitCode: 5 })
  await decide()
  const files = { 'changed.yaml': exampleText.replace('minReplicas: 4', 'minReplicas: 5') }
  const accepted = await runCli(['apply', '-f', 'changed.yaml', '--wait', '60', '--server', server], { files })
  expect(accepted, accepted.err).toMatchObject({ exitCode: 0, out: 'service/chat-70b accepted (generation 2)' })
  const later = await serveApi()
  const shown = await runCli(['get', 'services', '-o', 'json', '--server', later])
  expect(JSON.parse(shown.out)).toMatchObject({ items: [{ name: 'chat-70b', accepted: true, generation: 2 }] })
  expect((await runCli(['apply', '-f', 'changed.yaml', '--server', later], { files })).out).toBe('service/chat-70b unchanged (generation 2)')
})
