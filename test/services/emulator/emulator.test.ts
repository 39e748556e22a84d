/** The emulator as its users meet it: engines' pages, faults, change log, workload and report over HTTP. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readExposition } from '../../../adapters/prometheus/exposition.ts'
import { readDcgm } from '../../../adapters/prometheus/dcgm.ts'
import { readVllm } from '../../../adapters/prometheus/vllm.ts'
import type { ServiceReport } from '../../../simulator/tally.ts'
import { chatScenario, openEmulator, type EmulatorStage } from './stage.ts'
import { applyOf, counts } from '../../core/rollout/group-status.ts'

let stage: EmulatorStage
beforeEach(async () => {
  stage = await openEmulator(chatScenario())
})
afterEach(() => stage.stop())

const report = async (query = ''): Promise<ServiceReport> =>
  (JSON.parse((await stage.get(`/report${query}`)).text) as { services: ServiceReport[] }).services[0] as ServiceReport
const changes = async (after = 0): Promise<Record<string, unknown>[]> =>
  (await stage.get(`/changes?after=${after}`)).text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>)
const group = async () => (await stage.subCluster.listGroups()).groups[0]
const grow = async (key: string) => {
  const present = await group()
  return stage.subCluster.applyGroup(applyOf(key, counts(3, 6), {
    group: 'chat-70b-0-0', service: 'chat-70b', expect: { uid: present?.uid ?? '', counts: present?.counts ?? counts(0, 0) },
  }))
}

describe('the built-in scenario', () => {
  it('serves chat-70b at 2P+4D before anybody scales it', async () => {
    expect(await group()).toMatchObject({ group: 'chat-70b-0-0', service: 'chat-70b', sequence: 0, counts: counts(2, 4), registrationTarget: counts(2, 4) })
    expect((await group())?.instances.every(({ registered, phase }) => registered && phase === 'ready')).toBe(true)
  })

  it('has 64 nodes with both GPU types', async () => {
    const nodes = await stage.subCluster.listNodes()
    expect(nodes).toHaveLength(64)
    expect(new Set(nodes.map(({ gpuType }) => gpuType))).toEqual(new Set(['H100', 'H20']))
  })
})

describe('engines', () => {
  it('serve pages that a strict vLLM reader accepts, at the address that the group names', async () => {
    stage.emulation.startWorkload('chat-70b')
    stage.pass(60_000)
    const [prefill] = (await group())?.instances.filter(({ role }) => role === 'prefill') ?? []
    const page = await fetch(prefill?.metricsUrl ?? '')
    expect(page.headers.get('content-type')).toMatch(/^text\/plain; version=0.0.4/)
    const exposition = readExposition(await page.text())
    expect(exposition.dropped).toEqual([])
    const reading = readVllm(exposition, 0)
    expect(reading.promptTokens?.values().next().value).toBeGreaterThan(100_000)
    expect(reading.ttftSeconds?.values().next().value?.counts.at(-1)).toBeGreaterThan(100)
  })

  it('say how many requests they work on: none at rest, some under load', async () => {
    const running = async (): Promise<readonly (number | null)[]> => {
      const urls = (await group())?.instances.flatMap(({ metricsUrl }) => metricsUrl ?? []) ?? []
      const pages = await Promise.all(urls.map(async (url) => (await fetch(url)).text()))
      return pages.map((page) => readVllm(readExposition(page), 0).requestsRunning)
    }
    stage.pass(1_000)
    expect(new Set(await running())).toEqual(new Set([0]))
    stage.emulation.startWorkload('chat-70b')
    stage.pass(60_000)
    expect((await running()).some((requests) => (requests ?? 0) > 0)).toBe(true)
  })

  it('count time between tokens on decode only', async () => {
    stage.emulation.startWorkload('chat-70b')
    stage.pass(60_000)
    const read = async (role: string) => {
      const url = (await group())?.instances.find((it) => it.role === role)?.metricsUrl ?? ''
      return readVllm(readExposition(await (await fetch(url)).text()), 0)
    }
    expect((await read('decode')).tbtSeconds?.values().next().value?.counts.at(-1)).toBeGreaterThan(10_000)
    expect((await read('prefill')).tbtSeconds?.values().next().value?.counts.at(-1)).toBe(0)
  })

  it('do not answer before they are ready', async () => {
    await grow('grow')
    stage.pass(1_000)
    const starting = (await group())?.instances.filter(({ phase }) => phase === 'starting') ?? []
    expect(starting.map(({ metricsUrl }) => metricsUrl)).toEqual([null, null, null])
    expect((await stage.get(`/engines/${starting[0]?.instance}/metrics`)).status).toBe(404)
  })

  it('show their activity on the DCGM page of their node, under their pod', async () => {
    stage.emulation.startWorkload('chat-70b')
    stage.pass(60_000)
    const decode = (await group())?.instances.find(({ role }) => role === 'decode')
    const page = readExposition((await stage.get(`/nodes/${decode?.node}/metrics`)).text)
    expect(readDcgm(page, decode?.instance ?? '').gpuUtilisation).toBeGreaterThan(0.5)
    expect((await stage.get('/nodes/nowhere/metrics')).status).toBe(404)
  })
})

describe('the workload', () => {
  it('waits for its start, stops, and starts again from its beginning', async () => {
    stage.pass(30_000)
    expect((await report()).requests).toBe(0)
    expect((await stage.send('POST', '/workloads/chat-70b/start')).status).toBe(200)
    stage.pass(30_000)
    const first = (await report()).requests
    expect(first).toBeGreaterThan(300)
    await stage.send('POST', '/workloads/chat-70b/stop')
    stage.pass(30_000)
    expect((await report()).requests).toBe(first)
    await stage.send('POST', '/workloads/chat-70b/start', { kind: 'synthetic', loadFactor: 2 })
    stage.pass(30_000)
    expect((await report()).requests).toBeGreaterThan(2.5 * first)
  })

  it('refuses a workload that makes no sense, and one for no service', async () => {
    expect((await stage.send('POST', '/workloads/chat-70b/start', { kind: 'synthetic', peakRps: -1 })).status).toBe(400)
    expect((await stage.send('POST', '/workloads/nobody/start')).status).toBe(404)
  })
})

describe('the report', () => {
  it('measures against the SLO of the scenario or of the query', async () => {
    stage.emulation.startWorkload('chat-70b')
    stage.pass(120_000)
    expect((await report()).ttft.attainment).toBeGreaterThan(0.99)
    expect(await report('?service=chat-70b&ttftMs=60&tbtMs=1')).toMatchObject({ slo: { ttftMs: 60, tbtMs: 1 }, tbt: { attainment: 0 } })
    expect((await report('?ttftMs=80')).ttft.attainment).toBeLessThan(0.9)
    expect((await stage.get('/report?service=nobody')).status).toBe(404)
  })

  it('counts GPU-seconds in world time', async () => {
    stage.pass(600_000)
    expect((await report()).gpuSeconds).toBeCloseTo(24 * 600, 0)
  })
})

describe('faults', () => {
  it('are planted, listed and lifted', async () => {
    const planted = await stage.send('POST', '/faults', { kind: 'decode-never-ready' })
    const { id } = JSON.parse(planted.text) as { id: string }
    await grow('grow')
    stage.pass(180_000)
    const phases = async () => (await group())?.instances.map(({ phase }) => phase).filter((phase) => phase === 'starting').length
    expect(await phases()).toBe(2)
    expect((await stage.get('/faults')).text).toContain(id)
    expect((await stage.send('DELETE', `/faults/${id}`)).status).toBe(200)
    stage.pass(1_000)
    expect(await phases()).toBe(0)
    expect((await stage.send('DELETE', `/faults/${id}`)).status).toBe(404)
  })

  it('of an unknown kind are refused', async () => {
    expect((await stage.send('POST', '/faults', { kind: 'gremlins' })).status).toBe(400)
  })
})

describe('the change log', () => {
  it('has one line per effect, with key, counts and what served, and goes on after a number', async () => {
    const before = (await changes()).length
    await grow('rollout/1/apply')
    await grow('rollout/1/apply')
    stage.pass(120_000)
    const lines = await changes(before)
    expect(lines.filter(({ kind }) => kind === 'written')).toEqual([
      expect.objectContaining({
        key: 'rollout/1/apply', subCluster: 'sub-a', group: 'chat-70b-0-0', intentId: 'i-1', decisionId: 'd-1', undoes: null,
        countsBefore: counts(2, 4), countsAfter: counts(3, 6), servingBefore: counts(2, 4), servingAfter: counts(2, 4),
      }),
    ])
    expect(lines.filter(({ kind, phase }) => kind === 'phase' && phase === 'ready')).toHaveLength(3)
    expect(lines[0]).toMatchObject({ n: before + 1 })
  })

  it('shows refused writes and planted faults too', async () => {
    await stage.send('POST', '/faults', { kind: 'slow-start', factor: 2 })
    await stage.subCluster.applyGroup(applyOf('stranger', counts(1, 1), { group: 'chat-70b-0-0', service: 'chat-70b' }))
    expect((await changes()).slice(-2)).toEqual([
      expect.objectContaining({ kind: 'fault', what: 'planted' }),
      expect.objectContaining({ kind: 'refused', key: 'stranger', code: 'UID_CHANGED' }),
    ])
  })
})
