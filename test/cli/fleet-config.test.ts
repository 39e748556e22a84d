/** Where verbs that need no API find Kafka and Temporal: one rule for replay, verify, dry-run, repair and the direct kill switch. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { worldTime } from '../../cli/direct-control.ts'
import { fleetConfig } from '../../cli/fleet-config.ts'
import type { UpState } from '../../cli/up-state.ts'
import { scratchDir } from '../support/scratch-dir.ts'

const world = { speed: 20, worldEpochMs: Date.UTC(2026, 0, 1), wallEpochMs: Date.now() - 60_000 }

const up: UpState = {
  pid: 1,
  api: 'http://127.0.0.1:9465',
  emulator: 'http://127.0.0.1:9464',
  kafkaBrokers: ['127.0.0.1:19092'],
  temporalAddress: '127.0.0.1:17233',
  topicPrefix: 'night',
  world,
  logs: '/tmp/logs',
}

test('without any word of a Kafka the defaults stand, and are known to be no more than that', () => {
  const found = fleetConfig({ env: {} }, undefined, null)
  expect(found).toMatchObject({ up: null, isKafkaKnown: false, config: { KAFKA_BROKERS: ['127.0.0.1:9092'], TEMPORAL_ADDRESS: '127.0.0.1:7233' } })
})

test('the fleet of up brings its brokers, its Temporal, its topic prefix and its world time', () => {
  const { config, isKafkaKnown, up: found } = fleetConfig({ env: { KAFKA_BROKERS: ' ' } }, undefined, up)
  expect(config).toMatchObject({ KAFKA_BROKERS: ['127.0.0.1:19092'], TEMPORAL_ADDRESS: '127.0.0.1:17233', HETEROSCALE_TOPIC_PREFIX: 'night', HETEROSCALE_SPEED: 20 })
  expect([isKafkaKnown, found]).toEqual([true, up])
})

test('an order that is written directly carries the world time of the fleet', () => {
  const worldNow = (): number => world.worldEpochMs + (Date.now() - world.wallEpochMs) * world.speed
  const before = worldNow()
  const time = worldTime(fleetConfig({ env: {} }, undefined, up).config)
  expect(time).toBeGreaterThanOrEqual(before)
  expect(time).toBeLessThanOrEqual(worldNow())
})

test.each([
  ['a flag', {}, ['kafka-1:9092']],
  ['the environment', { KAFKA_BROKERS: 'kafka-1:9092' }, undefined],
])('%s that names another Kafka leaves nothing of the local fleet', (_, env, given) => {
  const { config, up: found } = fleetConfig({ env }, given, up)
  expect(config).toMatchObject({ KAFKA_BROKERS: ['kafka-1:9092'], HETEROSCALE_TOPIC_PREFIX: 'heteroscale' })
  expect([found, config.HETEROSCALE_SPEED]).toEqual([null, undefined])
})

test('the same brokers by name are the same fleet', () => {
  const { config, up: found } = fleetConfig({ env: {} }, ['127.0.0.1:19092'], up)
  expect([found, config.HETEROSCALE_SPEED]).toEqual([up, 20])
})

test('a configuration file that names a Kafka is not overruled by a fleet that happens to be up', () => {
  const file = join(scratchDir(), 'production.yaml')
  writeFileSync(file, 'KAFKA_BROKERS: kafka-1:9092\n')
  expect(fleetConfig({ env: { HETEROSCALE_CONFIG: file } }, undefined, up)).toMatchObject({ up: null, isKafkaKnown: true, config: { KAFKA_BROKERS: ['kafka-1:9092'] } })
})

test('settings of the operator go before those of the fleet', () => {
  const env = { HETEROSCALE_TOPIC_PREFIX: 'day', TEMPORAL_ADDRESS: 'temporal:7233' }
  expect(fleetConfig({ env }, undefined, up).config).toMatchObject({ HETEROSCALE_TOPIC_PREFIX: 'day', TEMPORAL_ADDRESS: 'temporal:7233', HETEROSCALE_SPEED: 20 })
})

test('a faulty setting is a bad configuration for every verb', () => {
  const refused = (): unknown => fleetConfig({ env: { KAFKA_SSL: 'perhaps' } }, undefined, null)
  expect(refused).toThrow(/^E_CONFIG 1 fault/)
  expect(refused).toThrow(expect.objectContaining({ exitCode: 3 }) as Error)
})
