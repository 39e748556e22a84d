/**
 * Replays every log of test/audit/logs on the Node that runs this, each with the bundle that decided it, and prints what
 * came of it as JSON: `node --import tsx test/audit/replay-logs.ts`.
 */
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { replayLog, type ReplayReport } from '../../cli/replay-log.ts'
import { bundleCore } from '../../infra/core-bundle/bundle.mjs'
import { projectRoot } from '../../infra/local/project-root.ts'
import { findCore } from '../../services/core-bundle.ts'
import { readLog } from './recorded-log.ts'

export type ReplayedLogs = {
  readonly node: string
  /** Hash of the bundle that this Node makes of the present sources. */
  readonly bundleHash: string
  readonly logs: readonly { readonly recordedOn: string; readonly report: ReplayReport }[]
}

const folder = join(dirname(fileURLToPath(import.meta.url)), 'logs')

const logs: ReplayedLogs['logs'][number][] = []
for (const file of readdirSync(folder).filter((name) => name.endsWith('.ndjson.gz'))) {
  const { header, eventLog } = readLog(join(folder, file))
  const core = await findCore(header.coreHash, [folder])
  if (core === null) throw new Error(`${file}: the bundle ${header.coreHash}.mjs is not beside it`)
  logs.push({ recordedOn: header.node, report: await replayLog(eventLog, { ...core, group: header.group }) })
}
const replayed: ReplayedLogs = { node: process.versions.node, bundleHash: (await bundleCore(projectRoot)).coreHash, logs }
process.stdout.write(JSON.stringify(replayed))
