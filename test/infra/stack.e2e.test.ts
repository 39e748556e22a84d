/** The launcher with a real broker: what was written survives kill -9, and existing servers are left alone. */
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { installServers } from '../../infra/local/install.ts'
import { launchKafka } from '../../infra/local/kafka.ts'
import { pickPort } from '../../infra/local/ports.ts'
import { existingAddresses, startStack } from '../../infra/local/stack.ts'
import { launchTemporal } from '../../infra/local/temporal.ts'
import { scratchDir } from '../support/scratch-dir.ts'

async function topicsOf(brokers: string[], create: string[] = []): Promise<string[]> {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    if (create.length > 0) await admin.createTopics({ topics: create.map((topic) => ({ topic })), waitForLeaders: true })
    return await admin.listTopics()
  } finally {
    await admin.disconnect()
  }
}

test('a topic is still there after kill -9 of the broker and a restart on its data', async () => {
  const stack = await startStack({ dir: scratchDir(), temporal: false })
  onTestFinished(() => stack.stop())
  await topicsOf(stack.kafkaBrokers, ['written-before-the-crash'])
  const firstPid = stack.kafka.pid

  stack.kafka.kill('SIGKILL')
  expect(await stack.kafka.exited).toEqual({ code: null, signal: 'SIGKILL' })
  await stack.kafka.restart()

  expect(stack.kafka.pid).not.toBe(firstPid)
  expect(await topicsOf(stack.kafkaBrokers)).toContain('written-before-the-crash')
})

test('a second stack beside the shared one picks other ports, and a kept folder continues with its data', async () => {
  const dir = scratchDir()
  const first = await startStack({ dir, temporal: false })
  expect(first.kafkaBrokers).not.toEqual(inject('kafkaBrokers'))
  await topicsOf(first.kafkaBrokers, ['kept'])
  await first.stop()
  expect(first.kafka.pid).toBeUndefined()

  const second = await startStack({ dir, temporal: false, fresh: false })
  onTestFinished(() => second.stop())
  expect(await topicsOf(second.kafkaBrokers)).toContain('kept')
})

test('a broker and a server that lost their port to strangers of the same kind are not ready, though the strangers answer', async () => {
  const programs = await installServers({ kafka: true, temporal: true, onProgress: () => {} })
  if (programs.kafka === undefined || programs.temporal === undefined) throw new Error('nothing is installed')
  const port = Number(inject('kafkaBrokers')[0]?.split(':')[1])
  const broker = await launchKafka({ ...programs.kafka, dir: join(scratchDir(), 'kafka'), port, controllerPort: await pickPort(0) })
  const server = launchTemporal({ ...programs.temporal, dir: join(scratchDir(), 'temporal'), port: Number(inject('temporalAddress').split(':')[1]) })
  onTestFinished(async () => void (await Promise.all([broker.stop(), server.stop()])))
  await expect(broker.whenReady()).rejects.toMatchObject({ code: 'PROCESS_EXITED' })
  await expect(server.whenReady()).rejects.toMatchObject({ code: 'PROCESS_EXITED' })
})

test('servers that the environment names are used and never touched', async () => {
  vi.stubEnv('KAFKA_BROKERS', inject('kafkaBrokers').join(','))
  vi.stubEnv('TEMPORAL_ADDRESS', inject('temporalAddress'))
  onTestFinished(() => void vi.unstubAllEnvs())
  const stack = await startStack({ dir: scratchDir() })
  expect(stack).toMatchObject({ kafkaBrokers: inject('kafkaBrokers'), temporalAddress: inject('temporalAddress') })
  await expect(stack.kafka.restart()).rejects.toMatchObject({ code: 'NOT_OURS' })
  await stack.stop()
  expect(await topicsOf(stack.kafkaBrokers)).toBeDefined()
  expect(existingAddresses({ KAFKA_BROKERS: '', TEMPORAL_ADDRESS: '' })).toEqual({ kafka: undefined, temporal: undefined })
})
