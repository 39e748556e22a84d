/** A round over a sub-cluster whose engines answer over real HTTP: some well, some late, some with nonsense. */
import { fastify, type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createCodec } from '../../../adapters/kafka/codec.ts'
import { createMemorySubCluster } from '../../../adapters/memory/sub-cluster.ts'
import type { EventOf, EventType } from '../../../core/events/event.ts'
import type { OutRecord, SubCluster } from '../../../core/ports.ts'
import { createEngineScraper } from '../../../services/collector/engines.ts'
import { createGpuScraper } from '../../../services/collector/gpus.ts'
import { createRounds, type Rounds } from '../../../services/collector/round.ts'

const start = 1_700_000_000_000
const service = 'chat-70b'

/** What each engine serves at its next scrape. */
type Engines = Map<string, () => string | Promise<string>>

let http: FastifyInstance
let engines: Engines
let now: number
let base: string
/** Nodes whose exporter was asked. */
let asked: string[]

beforeEach(async () => {
  engines = new Map()
  asked = []
  now = start
  http = fastify()
  http.get<{ Params: { name: string } }>('/engines/:name', async ({ params }, reply) =>
    reply.header('content-type', 'text/plain; version=0.0.4').send(await (engines.get(params.name) ?? (() => ''))()),
  )
  http.get<{ Params: { node: string } }>('/nodes/:node', async ({ params }, reply) => {
    asked.push(params.node)
    return reply.header('content-type', 'text/plain').send(`DCGM_FI_DEV_GPU_UTIL{gpu="0"} ${params.node === 'node-0' ? 80 : 40}\n`)
  })
  base = await http.listen({ port: 0, host: '127.0.0.1' })
})
afterEach(() => http.close())

const clock = { speed: 1, now: () => now, sleep: async () => undefined }

const serving = (generated: number): string => `vllm:generation_tokens_total{engine="0"} ${generated}\nvllm:num_requests_waiting{engine="0"} 1\n`

/** One group of 1P+2D in service; its instances are `g-prefill-0` and so on, whatever the sub-cluster calls them. */
const subCluster = (): SubCluster => {
  const nodes = [0, 1].map((index) => ({
    node: `node-${index}`, vdc: 'vdc-0', cluster: 'cluster-0', subCluster: 'sub-a', s2: 's2-0', s1: `s1-${index}`,
    gpuType: 'H100', gpus: 8, gpusFree: 8, schedulable: true,
  }))
  const twin = createMemorySubCluster({ name: 'sub-a', nodes, now: () => now })
  const counts = { prefill: 1, decode: 2 }
  twin.adopt({
    group: 'g', service, sequence: 0, intentId: '', decisionId: '', domain: 'vdc-0/cluster-0/sub-a/s2-0', counts, registrationTarget: counts,
    gpuTypes: { prefill: 'H100', decode: 'H100' }, gpusPerInstance: { prefill: 4, decode: 4 }, band: { lo: 0.25, hi: 1 },
  })
  const listGroups: SubCluster['listGroups'] = async () => {
    const listed = await twin.listGroups()
    const groups = listed.groups.map((group) => ({
      ...group,
      instances: group.instances.map((instance) => ({ ...instance, metricsUrl: `${base}/engines/${instance.instance}` })),
    }))
    return { ...listed, groups }
  }
  return { ...twin, listGroups }
}

const roundsOver = (target: SubCluster, foreign: readonly string[] = []): Rounds =>
  createRounds({
    cell: 'cell-a', source: 'collector/sub-a', subCluster: target, scraper: createEngineScraper({ clock, deadlineMs: 300 }),
    gpus: createGpuScraper(`${base}/nodes/{node}`, 300), clock, inventoryIntervalMs: 60_000, foreign: new Set(foreign),
  })

const instanceNames = async (target: SubCluster, role: string): Promise<readonly string[]> =>
  (await target.listGroups()).groups.flatMap((group) => group.instances).filter((one) => one.role === role).map((one) => one.instance)

const only = <T extends EventType>(records: readonly OutRecord[], type: T): readonly EventOf<T>[] =>
  records.map((record) => record.event).filter((event): event is EventOf<T> => event?.type === type)

describe('a round', () => {
  test('the first one has no throughput yet: one reading makes no rate, and none is no zero', async () => {
    const target = subCluster()
    for (const name of await instanceNames(target, 'decode')) engines.set(name, () => serving(1000))
    const { records } = await roundsOver(target).next([service])
    const decode = only(records, 'TpsObserved').find((sample) => sample.role === 'decode')
    expect(decode).toMatchObject({ tps: null, instancesHeard: 0, instancesRegistered: 2 })
  })

  test('two decoders of 200 tokens per second are 400, over the window between the rounds', async () => {
    const target = subCluster()
    const rounds = roundsOver(target)
    for (const name of await instanceNames(target, 'decode')) engines.set(name, () => serving(1000))
    await rounds.next([service])
    now += 5000
    for (const name of await instanceNames(target, 'decode')) engines.set(name, () => serving(2000))
    const { records } = await rounds.next([service])
    const decode = only(records, 'TpsObserved').find((sample) => sample.role === 'decode')
    expect(decode).toMatchObject({ tps: 400, instancesHeard: 2, windowStartMs: start, windowEndMs: start + 5000, source: 'collector/sub-a' })
  })

  test.each([
    ['sends nonsense', () => 'vllm:generation_tokens_total 12abc\n'],
    ['answers too late', () => new Promise<string>((resolve) => setTimeout(resolve, 600, serving(2000)))],
    ['serves another dialect', () => 'llamacpp:tokens_predicted_total 5\n'],
  ])('a decoder that %s is missing: the sum is of the other one, the coverage says so', async (_story, answer) => {
    const target = subCluster()
    const rounds = roundsOver(target)
    const [first = '', second = ''] = await instanceNames(target, 'decode')
    for (const name of [first, second]) engines.set(name, () => serving(1000))
    await rounds.next([service])
    now += 5000
    engines.set(first, () => serving(2000))
    engines.set(second, answer)
    const { records, failures } = await rounds.next([service])
    const decode = only(records, 'TpsObserved').find((sample) => sample.role === 'decode')
    expect(decode).toMatchObject({ tps: 200, instancesHeard: 1, instancesRegistered: 2 })
    expect(failures.map((failure) => failure.instance)).toContain(second)
  })

  test('a service that foreign producers measure: its instances are told and nothing is asked of its engines', async () => {
    const target = subCluster()
    let scrapes = 0
    for (const name of await instanceNames(target, 'decode')) engines.set(name, () => serving((scrapes += 1)))
    const rounds = roundsOver(target, [service])
    await rounds.next([service])
    now += 5000
    const { records, instances } = await rounds.next([service])
    const told = records.filter(({ topic }) => topic === 'signals').map(({ event }) => event?.type)
    expect(told).toEqual(['InstancesObserved', 'CollectorHeartbeat'])
    expect(only(records, 'InstancesObserved')[0]?.groups[0]?.roles.map(({ desired }) => desired)).toEqual([1, 2])
    expect(only(records, 'CollectorHeartbeat')[0]).toMatchObject({ targetsKnown: 0, targetsScraped: 0 })
    expect([scrapes, instances, asked.length]).toEqual([0, 0, 0])
  })

  test('heartbeat and instances are told for every accepted service, also for one without instances', async () => {
    const { records } = await roundsOver(subCluster()).next([service, 'idle-service'])
    expect(only(records, 'CollectorHeartbeat').map((beat) => [beat.service, beat.targetsKnown])).toEqual([[service, 3], ['idle-service', 0]])
    const [known, idle] = only(records, 'InstancesObserved')
    expect(known?.groups[0]?.roles).toMatchObject([{ role: 'prefill', desired: 1, ready: 1, registered: 1 }, { role: 'decode', desired: 2, registered: 2 }])
    expect(idle).toMatchObject({ complete: true, groups: [] })
  })

  test('inventory is told when it changes and restated when it grew old, not every round', async () => {
    const rounds = roundsOver(subCluster())
    const inventories = async (): Promise<number> => only((await rounds.next([service])).records, 'InventoryObserved').length
    expect(await inventories()).toBe(1)
    now += 5000
    expect(await inventories()).toBe(0)
    now += 60_000
    expect(await inventories()).toBe(1)
  })

  test('an S2 domain whose nodes are gone is said to be empty, ten times in all, and again full when it is back', async () => {
    const target = subCluster()
    let listed = await target.listNodes()
    const nodes = listed
    const rounds = roundsOver({ ...target, listNodes: async () => listed })
    const next = async () => {
      now += 60_000
      const told = only((await rounds.next([service])).records, 'InventoryObserved')
      return told.map((inventory) => [inventory.s2, inventory.nodes.length, inventory.groups.map(({ group }) => group)])
    }
    expect(await next()).toEqual([['s2-0', 2, ['g']]])
    listed = []
    for (let times = 0; times < 10; times++) expect(await next()).toEqual([['s2-0', 0, ['g']]])
    expect(await next()).toEqual([])
    listed = nodes
    expect(await next()).toEqual([['s2-0', 2, ['g']]])
  })

  test('a domain that is gone is said to be empty at once, and not again before it grew old', async () => {
    const target = subCluster()
    let listed = [...(await target.listNodes()), ...(await target.listNodes()).map((node) => ({ ...node, node: `${node.node}-b`, s2: 's2-1' }))]
    const rounds = roundsOver({ ...target, listNodes: async () => listed })
    const told = async () => {
      now += 5000
      return only((await rounds.next([service])).records, 'InventoryObserved').map(({ s2, nodes, groups }) => [s2, nodes.length, groups.length])
    }
    expect(await told()).toEqual([['s2-0', 2, 1], ['s2-1', 2, 0]])
    listed = listed.filter(({ s2 }) => s2 === 's2-0')
    expect(await told()).toEqual([['s2-1', 0, 0]])
    expect(await told()).toEqual([])
  })

  test('a list of groups that was cut short says nothing of inventory, not even that a domain is gone', async () => {
    const target = subCluster()
    let complete = true
    let listed = await target.listNodes()
    const rounds = roundsOver({ ...target, listNodes: async () => listed, listGroups: async () => ({ complete, groups: complete ? (await target.listGroups()).groups : [] }) })
    const told = async (): Promise<readonly number[]> => {
      now += 60_000
      return only((await rounds.next([service])).records, 'InventoryObserved').map(({ groups }) => groups.length)
    }
    expect(await told()).toEqual([1])
    complete = false
    expect(await told()).toEqual([])
    listed = []
    expect(await told()).toEqual([])
    complete = true
    expect(await told()).toEqual([1])
  })

  test('an engine that serves 1e306 tokens is not heard; the round can be written', async () => {
    const target = subCluster()
    const rounds = roundsOver(target)
    const [first = '', second = ''] = await instanceNames(target, 'decode')
    for (const name of [first, second]) engines.set(name, () => serving(1000))
    await rounds.next([service])
    now += 5000
    engines.set(first, () => serving(2000))
    engines.set(second, () => serving(1e306))
    const { records } = await rounds.next([service])
    const decode = only(records, 'TpsObserved').find((sample) => sample.role === 'decode')
    expect(decode).toMatchObject({ tps: 200, instancesHeard: 1, instancesRegistered: 2 })
    const codec = createCodec()
    expect(() => records.map(({ event }) => event && codec.encode(event))).not.toThrow()
  })

  test('GPU activity comes from the exporter of each node, asked once a round', async () => {
    const { records } = await roundsOver(subCluster()).next([service])
    const decode = only(records, 'HardwareObserved').find((sample) => sample.role === 'decode')
    expect(decode).toMatchObject({ instancesHeard: 2, smActivity: null })
    expect([0.4, 0.6, 0.8]).toContain(decode?.gpuUtilisation)
    expect(asked).toEqual([...new Set(asked)])
  })

  test('a sub-cluster that cannot be read says nothing at all', async () => {
    const target = { ...subCluster(), listNodes: async () => Promise.reject(new Error('down')) }
    await expect(roundsOver(target).next([service])).rejects.toThrow('down')
  })
})
