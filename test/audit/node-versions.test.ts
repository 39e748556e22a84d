/**
 * A log is decided once and audited for years, on newer versions of Node. Runs under the Node of the tests, and under the
 * one that HETEROSCALE_NODE_24 names, where that is set.
 */
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { bundleCore } from '../../infra/core-bundle/bundle.mjs'
import { projectRoot } from '../../infra/local/project-root.ts'
import type { ReplayedLogs } from './replay-logs.ts'

const newer = process.env['HETEROSCALE_NODE_24'] ?? ''
/** Continuous integration names both (infra/ci/on-nodes.mjs); elsewhere what did not run must not look as if it had. */
const nodes = [['the Node of the tests', process.execPath], ['the Node that HETEROSCALE_NODE_24 names', newer]] as const

const replayedBy = (node: string): ReplayedLogs => {
  const args = ['--import', 'tsx', 'test/audit/replay-logs.ts']
  return JSON.parse(execFileSync(node, args, { cwd: projectRoot, maxBuffer: 64 * 1024 * 1024 }).toString()) as ReplayedLogs
}

describe.each(nodes)('%s', (name, node) => {
  it.skipIf(node === '')(`${node === '' ? `(${name}: none is named) ` : ''}replays what Node 20 decided, byte for byte, and makes the same bundle of the same sources`, async () => {
    const { logs, bundleHash } = replayedBy(node)
    expect(logs.some(({ recordedOn }) => recordedOn.startsWith('20.'))).toBe(true)
    for (const { report } of logs) {
      expect(report).toMatchObject({ refusal: null, equal: true, differences: [], unsettled: 0 })
      expect(report.ticks).toBeGreaterThan(1000)
      expect(report.decisions.count).toBeGreaterThan(10)
      expect(report.intents.count).toBe(report.decisions.count)
      expect(report.holds.count).toBeGreaterThan(10)
    }
    expect(bundleHash).toBe((await bundleCore(projectRoot)).coreHash)
  })
})
