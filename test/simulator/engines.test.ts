/** The engines keep to the affine model and to the limits of batch and memory. */
import { describe, expect, it } from 'vitest'
import { coefficientsOf, type Coefficients } from '../../simulator/engines/coefficients.ts'
import { DecodeEngine, type Sequence } from '../../simulator/engines/decode.ts'
import { createLatencyDigest } from '../../simulator/engines/histogram.ts'
import { batchMs, PrefillEngine } from '../../simulator/engines/prefill.ts'
import { bandwidthShare, exposedTransferMs } from '../../simulator/engines/transfer.ts'
import { createRandom } from '../../simulator/prng.ts'
import { defaultTopology } from '../../simulator/topology.ts'

const h100 = coefficientsOf({ model: 'llama-3.1-70b-fp8', gpuType: 'H100', gpus: 4 }) as Coefficients
const random = createRandom(1)
const request = (inputTokens: number, outputTokens = 100, cachedTokens = 0) => ({ service: 'chat', arrivedMs: 0, inputTokens, cachedTokens, outputTokens })

describe('coefficients', () => {
  it('take the measured row: 8k tokens prefill at about 20.6k tokens per second on four H100', () => {
    const tokensPerSecond = 8192 / (batchMs(h100, [request(8192)]) / 1000)
    expect(Math.abs(tokensPerSecond / 20_600 - 1)).toBeLessThan(0.05)
  })

  it('leave room for some 620 000 tokens of KV beside the weights', () => {
    expect(h100.kvCapacityTokens).toBeGreaterThan(600_000)
    expect(h100.kvCapacityTokens).toBeLessThan(640_000)
  })

  it('scale an H20 from the H100: poor at prefill, good at reading memory', () => {
    const h20 = coefficientsOf({ model: 'llama-3.1-70b-fp8', gpuType: 'H20', gpus: 4 }) as Coefficients
    expect(h20.prefill.b / h100.prefill.b).toBeCloseTo(989 / 148, 6)
    expect(h20.decode.a / h100.decode.a).toBeCloseTo(3.35 / 4, 6)
  })

  it('know no engine for a model on a size that nobody measured', () => {
    expect(coefficientsOf({ model: 'llama-3.1-70b-fp8', gpuType: 'H100', gpus: 3 })).toBeNull()
  })

  it('charge only the tokens that the cache misses, which still attend to the cached ones', () => {
    const half = batchMs(h100, [request(8192, 1, 4096)])
    expect(half).toBeCloseTo(h100.prefill.a + h100.prefill.b * 4096 + h100.prefill.c * 4096 * (4096 + 2 * 4096), 6)
  })
})

describe('a prefill engine', () => {
  const engineWith = (done: number[], maxBatchTokens = 8192) =>
    new PrefillEngine({ coefficients: h100, random, maxBatchTokens, onPrefilled: (_request, endMs) => void done.push(endMs) })

  it('packs waiting requests into batches up to the token budget', () => {
    const done: number[] = []
    const engine = engineWith(done)
    for (let index = 0; index < 6; index++) engine.enqueue(request(4096), 0)
    engine.advance(60_000, 1)
    expect(new Set(done).size).toBe(3)
    expect(engine.counters.promptTokens).toBe(6 * 4096)
  })

  it('begins nothing while it hangs and goes on afterwards', () => {
    const done: number[] = []
    const engine = engineWith(done)
    engine.enqueue(request(1000), 0)
    engine.advance(10_000, Number.POSITIVE_INFINITY)
    expect(done).toEqual([])
    engine.advance(20_000, 1)
    expect(done[0]).toBeGreaterThan(10_000)
  })

  it('stops when its memory is full of requests that no decoder took, until one is released', () => {
    const done: number[] = []
    const engine = engineWith(done, 100_000)
    const large = Array.from({ length: 8 }, () => request(100_000))
    for (const one of large) engine.enqueue(one, 0)
    engine.advance(600_000, 1)
    expect(done).toHaveLength(6)
    engine.release(large[0] as (typeof large)[number], 600_000)
    engine.advance(700_000, 1)
    expect(done).toHaveLength(7)
    expect(done[6]).toBeGreaterThan(600_000)
  })
})

describe('a decode engine', () => {
  const run = (sequences: number, options: { readonly maxBatch?: number; readonly inputTokens?: number } = {}) => {
    const tbts: number[] = []
    const engine = new DecodeEngine({ coefficients: h100, random, maxBatch: options.maxBatch ?? 256, onCompleted: (_request, _end, tbtMs) => void tbts.push(tbtMs) })
    const sequence: Sequence = { request: request(options.inputTokens ?? 1000), firstTokenMs: 0, availableMs: 0, onAdmitted: () => undefined }
    for (let index = 0; index < sequences; index++) engine.enqueue(sequence)
    return { engine, tbts }
  }

  it('takes a’ + b’·B + c’·C for a step', () => {
    const { engine, tbts } = run(64)
    engine.advance(60_000)
    const model = h100.decode.a + h100.decode.b * 64 + h100.decode.c * 64 * 1050
    expect(tbts).toHaveLength(64)
    expect(tbts[0] ?? 0).toBeGreaterThan(model * 0.97)
    expect(tbts[0] ?? 0).toBeLessThan(model * 1.03)
  })

  it('generates every token once and gives all memory back', () => {
    const { engine } = run(300)
    engine.advance(60_000)
    expect(engine.counters.generationTokens).toBe(300 * 99)
    expect(engine.counters.requestsSucceeded).toBe(300)
    expect(engine.gauges()).toEqual({ running: 0, waiting: 0, kvCacheUsage: 0 })
  })

  it('lets sequences wait beyond its batch and its memory', () => {
    const byBatch = run(300, { maxBatch: 100 }).engine
    byBatch.advance(100)
    expect(byBatch.gauges()).toMatchObject({ running: 100, waiting: 200 })
    const byMemory = run(10, { inputTokens: 100_000 }).engine
    byMemory.advance(100)
    expect(byMemory.gauges()).toMatchObject({ running: 6, waiting: 4 })
  })
})

describe('moving the KV cache', () => {
  const nodes = defaultTopology({ subCluster: 'sub-a' })
  const node = (name: string) => nodes.find((known) => known.node === name) ?? null

  it('has the full bandwidth below one S1 and loses a fifth per level that it crosses', () => {
    const from = node('sub-a-node-0-0-0')
    expect([bandwidthShare(from, node('sub-a-node-0-0-1')), bandwidthShare(from, node('sub-a-node-0-1-0')), bandwidthShare(from, node('sub-a-node-1-0-0'))]).toEqual([1, 0.8, 0.64])
  })

  it('shows the user only what does not hide behind the prefill', () => {
    const hidden = exposedTransferMs(h100, { tokens: 8000, share: 1, prefillMs: 400 })
    const naked = exposedTransferMs(h100, { tokens: 8000, share: 1, prefillMs: 0 })
    expect(hidden).toBeLessThan(1)
    expect(naked).toBeGreaterThan(16)
  })
})

describe('a latency digest', () => {
  it('gives percentiles and shares to 1 %, and nothing when it is empty', () => {
    const digest = createLatencyDigest()
    expect([digest.quantileMs(0.5), digest.meanMs(), digest.shareWithin(10)]).toEqual([null, null, null])
    for (let ms = 1; ms <= 1000; ms++) digest.add(ms)
    expect(digest.quantileMs(0.95) ?? 0).toBeCloseTo(950, -1.1)
    expect(digest.shareWithin(500) ?? 0).toBeCloseTo(0.5, 1)
    expect(digest.meanMs()).toBe(500.5)
  })
})
