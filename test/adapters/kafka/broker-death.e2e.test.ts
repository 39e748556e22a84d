/** A killed broker costs time and nothing else: no acknowledged record is lost, doubled or handed on twice. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createKafkaEventLog } from '../../../adapters/kafka/event-log.ts'
import { ensureTopics } from '../../../adapters/kafka/topics.ts'
import { startStack } from '../../../infra/local/stack.ts'
import type { Stack } from '../../../infra/local/stack.ts'
import { tpsOf } from '../event-log.contract.ts'
import { recordingHandler } from '../recording-handler.ts'

const dir = mkdtempSync(join(tmpdir(), 'heteroscale-broker-death-'))
let stack: Stack

beforeAll(async () => {
  // A broker of this test's own, also where the other tests use one from the environment.
  vi.stubEnv('KAFKA_BROKERS', '')
  stack = await startStack({ temporal: false, dir })
})
afterAll(async () => {
  await stack.stop()
  vi.unstubAllEnvs()
  rmSync(dir, { recursive: true, force: true })
})

it('an appender, a member and a follower outlive kill -9 of the broker', async () => {
  const options = { brokers: stack.kafkaBrokers, topicPrefix: 'death', clientId: 'survivor' }
  await ensureTopics(options)
  const log = createKafkaEventLog(options)
  const appender = await log.appender()
  const member = recordingHandler({ commit: (batch) => (batch.records.at(-1)?.offset ?? -1) + 1 })
  await log.join({ group: 'deciders', topic: 'signals', handler: member.handler })
  let followed = 0
  const follower = await log.follow({ topics: ['signals'], from: 'start', onRecord: () => void (followed += 1) })

  let sent = 0
  const append = () => appender.append([{ topic: 'signals', key: `service-${sent % 7}`, event: tpsOf(`service-${sent % 7}`, sent++) }])
  for (let index = 0; index < 100; index += 1) await append()
  const overlapping = Array.from({ length: 50 }, append)
  stack.kafka.kill()
  const meanwhile = Array.from({ length: 50 }, append)
  await stack.kafka.restart()
  await Promise.all([...overlapping, ...meanwhile, append()])

  await follower.caughtUp()
  await member.until(() => member.records.length >= sent)
  const bounds = await log.bounds('signals')
  expect(bounds.reduce((sum, { end }) => sum + end, 0)).toBe(sent)
  expect(followed).toBe(sent)
  const ends = member.records.map(({ event }) => (event?.type === 'TpsObserved' ? event.windowEndMs : -1))
  expect(ends.sort((a, b) => a - b)).toEqual(Array.from({ length: sent }, (_, index) => index))
  await log.close()
})
