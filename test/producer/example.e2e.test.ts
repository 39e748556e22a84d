/** The Node example for producers in the hands of a stranger: a project of their own, which has the package and nothing else of ours. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, inject, onTestFinished, test } from 'vitest'
import { createKafkaEventLog } from '../../adapters/kafka/event-log.ts'
import { ensureTopics } from '../../adapters/kafka/topics.ts'
import type { LogRecord } from '../../core/ports.ts'
import { projectRoot } from '../../infra/local/project-root.ts'
import { scratchDir } from '../support/scratch-dir.ts'

const run = promisify(execFile)
const ofProject = (path: string): string => join(projectRoot, path)

/** A folder whose node_modules hold the package as npm would link it: imports go by its `exports`, to what is compiled. */
const strangersProject = (): string => {
  const dir = scratchDir()
  mkdirSync(join(dir, 'node_modules/@types'), { recursive: true })
  symlinkSync(projectRoot, join(dir, 'node_modules/heteroscale'))
  symlinkSync(ofProject('node_modules/@types/node'), join(dir, 'node_modules/@types/node'))
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ type: 'module' }))
  copyFileSync(ofProject('docs/examples/producers/tps-producer.ts'), join(dir, 'tps-producer.ts'))
  return dir
}

test('it compiles against the published types, and what it sends stands in metrics', async () => {
  const cwd = strangersProject()
  await run(process.execPath, [ofProject('node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023', 'tps-producer.ts'], { cwd })

  const topicPrefix = `example-${randomUUID()}`
  const options = { brokers: inject('kafkaBrokers'), topicPrefix, clientId: 'test' }
  await ensureTopics(options)
  const env = { ...process.env, KAFKA_BROKERS: options.brokers.join(','), HETEROSCALE_TOPIC_PREFIX: topicPrefix }
  const tsx = `file://${ofProject('node_modules/tsx/dist/loader.mjs')}`
  const { stdout } = await run(process.execPath, ['--import', tsx, 'tps-producer.ts', 'chat-70b', '4', '9600', '2'], { cwd, env })
  const deliveries = stdout.trim().split('\n').map((line) => JSON.parse(line) as unknown)
  expect(deliveries).toEqual([0, 1].map((offset) => expect.objectContaining({ outcome: 'acknowledged', offset }) as unknown))

  const log = createKafkaEventLog(options)
  onTestFinished(() => log.close())
  const records: LogRecord[] = []
  const follower = await log.follow({ topics: ['metrics'], from: 'start', onRecord: (record) => void records.push(record) })
  await follower.caughtUp()
  const sample = { type: 'TpsObserved', service: 'chat-70b', source: 'node-gateway/*', role: 'decode', instancesHeard: 4, instancesRegistered: 4, tps: 9600 }
  expect(records.map(({ key, event }) => ({ key, event }))).toEqual([1, 2].map(() => ({ key: 'chat-70b', event: expect.objectContaining(sample) as unknown })))
})
