/** The world: one seed is one history, instances live and die as faults say, and it costs little to run. */
import { describe, expect, it } from 'vitest'
import { servingCounts } from '../../core/rollout/group-instances.ts'
import { planRegistration } from '../../core/rollout/registration.ts'
import { showCounts, type RoleCounts } from '../../core/roles.ts'
import { applyOf, counts, registerOf } from '../core/rollout/group-status.ts'
import { decodeTpsOver, reportOf, smallWorld, sumOnPages, type SmallWorld } from './small-world.ts'

const clusterOf = ({ world }: SmallWorld) => {
  const cluster = world.subClusters.get('sub-a')
  if (cluster === undefined) throw new Error('no sub-cluster')
  return cluster
}

/** Grows chat-0 from 2P+4D; the key names the rollout. */
const grow = (small: SmallWorld, key: string, to = counts(4, 8)) => {
  const cluster = clusterOf(small)
  const group = cluster.group('chat-0')
  const write = applyOf(key, to, { group: 'chat-0', expect: { uid: group?.uid ?? '', counts: group?.counts ?? counts(0, 0) } })
  return cluster.write({ method: 'applyGroup', write }, small.world.now)
}
const phases = (small: SmallWorld) => {
  const found = clusterOf(small).group('chat-0')?.instances ?? []
  return { ready: found.filter((it) => it.phase === 'ready').length, starting: found.filter((it) => it.phase === 'starting').length }
}
/** What a rollout and then the registrar do to bring instances into service. */
const register = (small: SmallWorld, target: RoleCounts) => {
  const write = registerOf(`register ${showCounts(target)}`, target, { group: 'chat-0', band: { lo: 0.01, hi: 100 } })
  expect(clusterOf(small).write({ method: 'setRegistrationTarget', write }, small.world.now)).toMatchObject({ kind: 'written' })
  registerAll(small)
}
const registerAll = (small: SmallWorld) => {
  const cluster = clusterOf(small)
  const group = cluster.group('chat-0')
  for (const gate of group === null ? [] : planRegistration(group)) cluster.setGate({ group: 'chat-0', ...gate }, small.world.now)
}

describe('determinism', () => {
  const history = (seed: number, pieceMs: number) => {
    const small = smallWorld(counts(2, 4), 20, { seed })
    small.world.plantFault({ kind: 'node-loss', afterMs: 60_000 })
    const until = small.world.now + 180_000
    while (small.world.now < until) small.world.advance(Math.min(until, small.world.now + pieceMs))
    return { report: reportOf(small), changes: small.world.changes() }
  }

  it('gives the same history for the same seed, however it is cut into pieces', () => {
    expect(history(7, 1_000)).toEqual(history(7, 12_300))
  })

  it('gives another history for another seed', () => {
    expect(history(7, 1_000).report).not.toEqual(history(8, 1_000).report)
  })
})

describe('a scale-out', () => {
  it('takes start-up time, serves nobody before registration, and then shares the load', () => {
    const small = smallWorld(counts(2, 4), 20)
    small.minutes(1)
    expect(grow(small, 'grow')).toMatchObject({ kind: 'written' })
    small.world.advance(small.world.now + 5_000)
    expect(phases(small)).toEqual({ ready: 6, starting: 6 })
    small.minutes(2)
    expect(phases(small)).toEqual({ ready: 12, starting: 0 })
    const newcomers = clusterOf(small).group('chat-0')?.instances.filter((it) => !it.registered) ?? []
    for (const { instance } of newcomers) expect(small.world.enginePage(instance)).toMatch(/vllm:generation_tokens_total\{[^}]*\} 0\n/)
    register(small, counts(4, 8))
    small.minutes(1)
    for (const { instance } of newcomers) expect(small.world.enginePage(instance)).not.toMatch(/vllm:generation_tokens_total\{[^}]*\} 0\n/)
  })

  it('leaves an instance pending when no node of its type inside the domain has room', () => {
    const small = smallWorld(counts(2, 4), 1)
    grow(small, 'too much', counts(2, 17))
    small.minutes(3)
    const pending = clusterOf(small).group('chat-0')?.instances.filter((it) => it.phase === 'pending') ?? []
    expect(pending.map(({ role, node }) => ({ role, node }))).toEqual([{ role: 'decode', node: null }])
    expect(reportOf(small).gpusPeak).toBe(4 * 18)
  })
})

describe('a scale-in', () => {
  it('lets terminating engines finish their requests: none is lost', () => {
    const small = smallWorld(counts(4, 8), 20)
    small.minutes(2)
    grow(small, 'shrink', counts(3, 5))
    expect(clusterOf(small).group('chat-0')?.instances.filter((it) => it.phase === 'terminating')).toHaveLength(4)
    small.minutes(1)
    expect(clusterOf(small).group('chat-0')?.instances).toHaveLength(8)
    expect(reportOf(small).failed).toBe(0)
  })

  it('sends what waits in a terminating engine to the others', () => {
    const small = smallWorld(counts(2, 8), 60)
    small.minutes(4)
    expect(sumOnPages(small, 'prefill', 'vllm:num_requests_waiting')).toBeGreaterThan(2_000)
    grow(small, 'shrink', counts(1, 8))
    small.minutes(1)
    expect(reportOf(small).failed).toBe(0)
    expect(sumOnPages(small, 'prefill', 'vllm:num_requests_waiting')).toBeGreaterThan(2_000)
  })
})

describe('faults', () => {
  it('decode-never-ready strikes one rollout and spares the next', () => {
    const small = smallWorld(counts(2, 4), 5)
    small.world.plantFault({ kind: 'decode-never-ready', rollouts: 1 })
    grow(small, 'first')
    small.minutes(5)
    expect(phases(small)).toEqual({ ready: 8, starting: 4 })
    clusterOf(small).write({ method: 'undo', write: { ...applyOf('undo', counts(0, 0), { group: 'chat-0' }), undoes: 'first' } }, small.world.now)
    small.minutes(1)
    grow(small, 'second')
    small.minutes(2)
    expect(phases(small)).toEqual({ ready: 12, starting: 0 })
  })

  it('a standing fault holds every start until it is lifted', () => {
    const small = smallWorld(counts(2, 4), 5)
    const { id } = small.world.plantFault({ kind: 'prefill-never-ready', service: 'chat' })
    grow(small, 'grow')
    small.minutes(4)
    expect(phases(small)).toEqual({ ready: 10, starting: 2 })
    expect(small.world.liftFault(id)).toBe(true)
    small.world.advance(small.world.now + 1_000)
    expect(phases(small)).toEqual({ ready: 12, starting: 0 })
  })

  it('slow-start stretches the start-up', () => {
    const small = smallWorld(counts(2, 4), 5)
    small.world.plantFault({ kind: 'slow-start', factor: 10 })
    grow(small, 'grow')
    small.minutes(2)
    expect(phases(small).starting).toBe(6)
    small.minutes(6)
    expect(phases(small).starting).toBe(0)
  })

  it('prefill-stall makes decode TPS fall and TTFT rise, and ends by itself', () => {
    const small = smallWorld(counts(3, 6), 30)
    small.minutes(2)
    const before = decodeTpsOver(small, 2)
    small.world.plantFault({ kind: 'prefill-stall', factor: 6, durationMs: 240_000 })
    small.minutes(1)
    expect(decodeTpsOver(small, 2)).toBeLessThan(0.5 * before)
    expect(reportOf(small).ttft.p99Ms).toBeGreaterThan(10_000)
    small.minutes(4)
    expect(decodeTpsOver(small, 1)).toBeGreaterThan(0.9 * before)
  })

  it('prefill-stall spares instances that came after it, and the router finds them', () => {
    const small = smallWorld(counts(2, 6), 20)
    small.minutes(2)
    const before = decodeTpsOver(small, 1)
    small.world.plantFault({ kind: 'prefill-stall' })
    small.minutes(1)
    expect(decodeTpsOver(small, 1)).toBeLessThan(0.05 * before)
    grow(small, 'grow', counts(4, 6))
    small.minutes(2)
    register(small, counts(4, 6))
    small.minutes(1)
    expect(decodeTpsOver(small, 1)).toBeGreaterThan(0.9 * before)
  })

  it('node-loss fails its instances, replaces them elsewhere and gives the node back', () => {
    const small = smallWorld(counts(2, 4), 20)
    small.minutes(1)
    const node = clusterOf(small).group('chat-0')?.instances.find((it) => it.role === 'decode')?.node ?? ''
    small.world.plantFault({ kind: 'node-loss', node, durationMs: 120_000 })
    small.world.advance(small.world.now + 1_000)
    const lost = clusterOf(small).group('chat-0')
    expect(lost?.instances.filter((it) => it.phase === 'failed')).toHaveLength(2)
    expect(lost === null || lost === undefined ? null : servingCounts(lost)).toEqual(counts(2, 2))
    expect(reportOf(small).failed).toBeGreaterThan(0)
    expect(clusterOf(small).nodes().find((it) => it.node === node)?.schedulable).toBe(false)
    small.minutes(1)
    registerAll(small)
    const healed = clusterOf(small).group('chat-0')
    expect(healed === null || healed === undefined ? null : servingCounts(healed)).toEqual(counts(2, 4))
    expect(healed?.instances.map((it) => it.node)).not.toContain(node)
    small.minutes(2)
    expect(clusterOf(small).nodes().find((it) => it.node === node)?.schedulable).toBe(true)
  })

  it('without any registered prefill requests wait and are served once one is there', () => {
    const small = smallWorld(counts(1, 2), 4)
    const cluster = clusterOf(small)
    const prefill = cluster.group('chat-0')?.instances.find((it) => it.role === 'prefill')?.instance ?? ''
    cluster.setGate({ group: 'chat-0', instance: prefill, registered: false }, small.world.now)
    small.minutes(1)
    expect(small.world.services.get('chat')?.waiting()).toBe(reportOf(small).requests)
    cluster.setGate({ group: 'chat-0', instance: prefill, registered: true }, small.world.now)
    small.minutes(2)
    expect(small.world.services.get('chat')?.waiting()).toBe(0)
    expect(reportOf(small).completed).toBeGreaterThan(0.9 * reportOf(small).requests)
  })
})

describe('accounts', () => {
  it('integrates the GPUs that instances hold from their node on', () => {
    const small = smallWorld(counts(2, 4), 5)
    small.minutes(10)
    expect(reportOf(small).gpuSeconds).toBeCloseTo(24 * 600, 0)
    expect(reportOf(small).gpuSecondsStaticPeak).toBeCloseTo(24 * 600, 0)
  })

  it('counts cached prompt tokens apart', () => {
    const small = smallWorld(counts(2, 4), 10, { day: { cachedShare: 1 } })
    small.minutes(2)
    const prompt = sumOnPages(small, 'prefill', 'vllm:prompt_tokens_total')
    expect(sumOnPages(small, 'prefill', 'vllm:prompt_tokens_cached_total') / prompt).toBeCloseTo(0.5, 2)
  })

  it('numbers the change log without gaps', () => {
    const small = smallWorld(counts(2, 4), 5)
    grow(small, 'grow')
    small.minutes(2)
    const numbers = small.world.changes().map(({ n }) => n)
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
    expect(small.world.changes(20)[0]?.n).toBe(21)
  })
})

describe('cost', () => {
  it('walks a minute of 30 instances under 200 requests per second in less than 30 % of a core at speed 20', () => {
    const small = smallWorld(counts(14, 16), 200)
    const before = process.cpuUsage()
    small.minutes(1)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1e6).toBeLessThan(0.3 * 3)
  })
})
