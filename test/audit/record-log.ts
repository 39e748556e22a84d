/**
 * Records a log for test/audit/logs, with the bundle that decided it beside it: `node --import tsx test/audit/record-log.ts`.
 * Two services under a rising and falling load for ten minutes, with a change of owner. What is there is never recorded
 * again: an old log, decided by an old core on an old Node, is the point of it.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Engine } from '../../core/audit/engine.ts'
import { bundleCore } from '../../infra/core-bundle/bundle.mjs'
import { projectRoot } from '../../infra/local/project-root.ts'
import { recordsOf } from '../services/decider/history.ts'
import { group, openStage } from '../services/decider/stage.ts'
import { recordedTopics, writeLog } from './recorded-log.ts'

const folder = join(dirname(fileURLToPath(import.meta.url)), 'logs')

const { coreHash, text } = await bundleCore(projectRoot)
mkdirSync(folder, { recursive: true })
const bundle = join(folder, `${coreHash}.mjs`)
writeFileSync(bundle, text)
const engine = (await import(pathToFileURL(bundle).href)) as Engine

const stage = await openStage({ partitions: 2 })
for (const service of ['chat', 'code']) await stage.configure(service)
const ada = await stage.startDecider('ada', { coreHash, engine })
await stage.pass(200)
await ada.stop()
const bob = await stage.startDecider('bob', { coreHash, engine })
await stage.pass(400)
await bob.stop()

const records = (await Promise.all(recordedTopics.map((topic) => recordsOf(stage.eventLog, topic)))).flat()
const commits = await stage.eventLog.committed(group, 'signals')
const committed = (await stage.eventLog.bounds('signals')).map(({ partition }) => commits.get(partition) ?? 0)
const major = process.versions.node.split('.')[0]
const file = join(folder, `node-${major}-${coreHash}.ndjson.gz`)
writeLog(file, { node: process.versions.node, coreHash, group, committed }, records)
process.stdout.write(`${file}: ${records.length} records\n`)
