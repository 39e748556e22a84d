/** Counters and histograms between two scrapes, and what a role's sample says when part of it was not heard. */
import { describe, expect, test } from 'vitest'
import { counterGrowth, counterRate } from '../../../core/signals/counter.ts'
import { growthBetween, type EngineReading } from '../../../core/signals/engine-reading.ts'
import { histogramFault, histogramGrowth, histogramQuantile, mergeHistograms } from '../../../core/signals/histogram.ts'
import { hardwareSample, roleSamples, type InstanceRound } from '../../../core/signals/role-samples.ts'

const inf = Number.POSITIVE_INFINITY

describe('counters', () => {
  test('100 tokens in 5 s are 20 per second', () => expect(counterRate(counterGrowth(400, 500), 5000)).toBe(20))
  test('after a restart, what the counter shows was counted since', () => expect(counterGrowth(400, 30)).toBe(30))
  test('a reading that is missing makes no rate', () => expect(counterRate(counterGrowth(null, 500), 5000)).toBeNull())
  test('no time, no rate', () => expect(counterRate(5, 0)).toBeNull())
})

describe('histograms', () => {
  test('the median of ten between 0.1 and 0.2 is 0.15', () =>
    expect(histogramQuantile({ bounds: [0.1, 0.2, inf], counts: [0, 10, 10] }, 0.5)).toBeCloseTo(0.15))
  test('above the last finite bound, the bound is what is known', () =>
    expect(histogramQuantile({ bounds: [0.1, inf], counts: [0, 10] }, 0.95)).toBe(0.1))
  test('nothing observed is no quantile', () => expect(histogramQuantile({ bounds: [1, inf], counts: [0, 0] }, 0.5)).toBeNull())
  test('the window is the difference of two readings', () =>
    expect(histogramGrowth({ bounds: [1, inf], counts: [5, 9] }, { bounds: [1, inf], counts: [8, 14] })?.counts).toEqual([3, 5]))
  test('after a restart the window is what the later reading shows', () =>
    expect(histogramGrowth({ bounds: [1, inf], counts: [5, 9] }, { bounds: [1, inf], counts: [1, 2] })?.counts).toEqual([1, 2]))
  test('other bounds cannot be subtracted', () =>
    expect(histogramGrowth({ bounds: [1, inf], counts: [5, 9] }, { bounds: [2, inf], counts: [8, 14] })).toBeNull())
  test('faults are named', () => {
    expect(histogramFault({ bounds: [1, inf], counts: [5, 4] })).toContain('falls below')
    expect(histogramFault({ bounds: [1], counts: [5] })).toContain('+Inf')
    expect(histogramFault({ bounds: [1, inf], counts: [4, 5] })).toBeNull()
  })
  test('instances add up', () =>
    expect(mergeHistograms([{ bounds: [1, inf], counts: [1, 2] }, { bounds: [1, inf], counts: [3, 4] }])?.counts).toEqual([4, 6]))
})

const reading = (time: number, tokens: number): EngineReading => ({
  time,
  promptTokens: tokens * 4,
  cachedPromptTokens: tokens,
  generatedTokens: tokens,
  ttftSeconds: null,
  tbtSeconds: { bounds: [0.02, 0.04, inf], counts: [0, tokens, tokens] },
  requestsWaiting: 2,
  kvCacheUsage: 0.5,
  cacheQueries: tokens * 2,
  cacheHits: tokens,
})

const heard = (registered = true): InstanceRound => ({
  registered,
  growth: growthBetween(reading(0, 0), reading(5000, 1000)),
  reading: reading(5000, 1000),
})
const silent: InstanceRound = { registered: true, growth: null, reading: null }
const round = (role: 'prefill' | 'decode', instances: readonly InstanceRound[]) => ({
  service: 'chat-70b', role, source: 'c/sub-0', windowStartMs: 0, windowEndMs: 5000, instances,
})

describe("a role's samples", () => {
  test('two decoders of 200 tokens per second give 400; the one that was silent lowers the coverage, not the sum', () => {
    const [tps] = roleSamples(round('decode', [heard(), heard(), silent]))
    expect(tps).toMatchObject({ tps: 400, instancesHeard: 2, instancesRegistered: 3 })
  })
  test('nobody heard is no throughput: null, not 0', () => {
    const [tps, latency, cache] = roleSamples(round('decode', [silent]))
    expect(tps.tps).toBeNull()
    expect(latency).toMatchObject({ tbtMsP95: null, requests: null })
    expect(cache).toMatchObject({ queueDepth: null, kvCacheUsage: null, hitRate: null })
  })
  test('prefill throughput counts only tokens that no cache held', () => {
    const [tps] = roleSamples(round('prefill', [heard()]))
    expect(tps.tps).toBe(600)
  })
  test('an instance that drains still serves tokens but is not one that must be heard', () => {
    const [tps] = roleSamples(round('decode', [heard(), heard(false)]))
    expect(tps).toMatchObject({ tps: 400, instancesHeard: 1, instancesRegistered: 1 })
  })
  test('TBT is the 95th percentile in milliseconds', () => {
    const [, latency] = roleSamples(round('decode', [heard()]))
    expect(latency.tbtMsP95).toBeCloseTo(39)
    expect(latency.requests).toBe(1000)
  })
  test('queue adds up, hit rate is hits per query', () => {
    const [, , cache] = roleSamples(round('decode', [heard(), heard()]))
    expect(cache).toMatchObject({ queueDepth: 4, hitRate: 0.5, kvCacheUsage: 0.5 })
  })
  test('GPU activity is a mean over the nodes that answered', () =>
    expect(hardwareSample(round('decode', [heard(), heard()]), [{ gpuUtilisation: 0.5, smActivity: null }])).toMatchObject({
      gpuUtilisation: 0.5, smActivity: null, instancesHeard: 1, instancesRegistered: 2,
    }))
})
