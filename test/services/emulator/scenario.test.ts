/** Scenarios: built-in, from a file, changed by the environment; and what is said about a bad one. */
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../../services/config.ts'
import { loadScenario, nodesOf } from '../../../services/emulator/scenario.ts'
import { emulatorShape } from '../../../services/emulator/settings.ts'
import { openEmulator } from './stage.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'scenario-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const load = (env: Record<string, string> = {}) => loadScenario(loadConfig(emulatorShape, env))
const file = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

describe('loading a scenario', () => {
  it('takes load, seed and length of the day from the environment', () => {
    const scenario = load({ HETEROSCALE_EMULATOR_LOAD_FACTOR: '2', HETEROSCALE_EMULATOR_SEED: '9', HETEROSCALE_EMULATOR_DAY_MINUTES: '10' })
    expect(scenario).toMatchObject({ seed: 9, services: [{ workload: { kind: 'synthetic', loadFactor: 2, dayMinutes: 10 } }] })
  })

  it('puts a node for each line of a file, and its workload, into the world', () => {
    const path = file('two.yaml', [
      'subClusters:',
      '  - name: west',
      '    nodes: [{ node: n1, vdc: v, cluster: c, subCluster: west, s2: s2, s1: s1, gpuType: H100, gpus: 8 }]',
      'services:',
      '  - service: code',
      '    model: llama-3.1-8b-fp8',
      '    slo: { ttftMs: 500, tbtMs: 20 }',
      '    workload: { kind: trace, path: nowhere.csv }',
    ].join('\n'))
    const scenario = load({ HETEROSCALE_EMULATOR_SCENARIO: path, HETEROSCALE_EMULATOR_TRACE: '/traces/code.csv' })
    expect(scenario.services[0]).toMatchObject({ service: 'code', workload: { kind: 'trace', path: '/traces/code.csv', loadFactor: 1 } })
    expect(nodesOf(scenario.subClusters[0] ?? { name: 'west' })).toMatchObject([{ node: 'n1', gpusFree: 8, schedulable: true }])
  })

  it('reports all faults of a file at once', () => {
    const path = file('bad.yaml', 'subClusters: []\nservices: [{ service: x, model: gpt-9, slo: { ttftMs: 1, tbtMs: 1 }, workload: { kind: synthetic } }]')
    expect(() => load({ HETEROSCALE_EMULATOR_SCENARIO: path })).toThrow(/2 fault\(s\)[\s\S]*subClusters[\s\S]*services\.0\.model/)
  })

  it('says which file it could not read', () => {
    expect(() => load({ HETEROSCALE_EMULATOR_SCENARIO: '/no/such.yaml' })).toThrow(/HETEROSCALE_EMULATOR_SCENARIO: got \/no\/such.yaml/)
  })
})

describe('a trace file', () => {
  it('is played from the start of the workload, multiplied by the load factor', async () => {
    const lines = Array.from({ length: 60 }, (_, second) => `2023-11-16 18:15:${String(second).padStart(2, '0')}.0000000,500,50`)
    const path = file('trace.csv', ['TIMESTAMP,ContextTokens,GeneratedTokens', ...lines].join('\n'))
    const stage = await openEmulator(load({ HETEROSCALE_EMULATOR_TRACE: path, HETEROSCALE_EMULATOR_LOAD_FACTOR: '3' }))
    try {
      stage.pass(45_000)
      await stage.send('POST', '/workloads/chat-70b/start')
      stage.pass(90_000)
      const { services } = JSON.parse((await stage.get('/report')).text) as { services: { requests: number; completed: number }[] }
      expect(services[0]).toMatchObject({ requests: 180, completed: 180 })
    } finally {
      await stage.stop()
    }
  })
})
