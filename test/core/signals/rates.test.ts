/** Counters and histograms between two scrapes, and what a role's sample says when part of it was not heard. */
import { describe, expect, test } from 'vitest'
import { counterGrowth, counterRate } from '../../../core/signals/counter.ts'
import { growthBetween, type EngineReading } from '../../../core/signals/engine-reading.ts'
import { histogramFault, histogramGrowth, histogramQuantile, sumByBounds, type Histogram } from '../../../core/signals/histogram.ts'
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
  test('instances with the same bounds add up, those with others stay apart', () =>
    expect(sumByBounds([{ bounds: [1, inf], counts: [1, 2] }, { bounds: [2, inf], counts: [5, 5] }, { bounds: [1, inf], counts: [3, 4] }])).toEqual([
      { bounds: [1, inf], counts: [4, 6] },
      { bounds: [2, inf], counts: [5, 5] },
    ]))
  test('an engine that restarted and has counted more since is seen by the bucket that fell', () =>
    expect(histogramGrowth({ bounds: [1, inf], counts: [5, 9] }, { bounds: [1, inf], counts: [2, 11] })?.counts).toEqual([2, 11]))
  test('a bucket of 1e300 seconds is none', () =>
    expect(histogramFault({ bounds: [1e300, inf], counts: [4, 5] })).toContain('bound 1e+300'))
})

const one = <T>(value: T): ReadonlyMap<string, T> => new Map([['engine 0', value]])

const reading = (time: number, tokens: number, changes: Partial<EngineReading> = {}): EngineReading => ({
  time,
  promptTokens: one(tokens * 4),
  cachedPromptTokens: one(tokens),
  generatedTokens: one(tokens),
  ttftSeconds: null,
  tbtSeconds: one({ bounds: [0.02, 0.04, inf], counts: [0, tokens, tokens] }),
  requestsRunning: 3,
  requestsWaiting: 2,
  kvCacheUsage: 0.5,
  cacheQueries: one(tokens * 2),
  cacheHits: one(tokens),
  ...changes,
})

const instance = (before: EngineReading, after: EngineReading, registered = true): InstanceRound => ({ registered, growth: growthBetween(before, after), reading: after })
const heard = (registered = true): InstanceRound => instance(reading(0, 0), reading(5000, 1000), registered)
/** An engine that answers, but not with everything. */
const lacking = (changes: Partial<EngineReading>): InstanceRound => instance(reading(0, 0, changes), reading(5000, 1000, changes))
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

  test('a decoder without a token counter is not heard in the throughput: nothing passes for 0', () => {
    const [tps, latency, cache] = roleSamples(round('decode', [heard(), lacking({ generatedTokens: null })]))
    expect(tps).toMatchObject({ tps: 200, instancesHeard: 1, instancesRegistered: 2 })
    expect([latency.instancesHeard, cache.instancesHeard]).toEqual([2, 2])
  })
  test('a decoder without a histogram is not heard in the latency, one without a gauge not in the requests inside', () => {
    const [tps, latency, cache] = roleSamples(round('decode', [heard(), lacking({ tbtSeconds: null }), lacking({ requestsRunning: null })]))
    expect([tps.instancesHeard, latency.instancesHeard, cache.instancesHeard]).toEqual([3, 2, 2])
    expect(cache).toMatchObject({ requestsRunning: 6, queueDepth: 6 })
  })
  test('engines of another version with other buckets are heard: the worst p95 speaks, not that of the first engine', () => {
    const slow = (bounds: readonly number[]): InstanceRound => {
      const histogram = (count: number): ReadonlyMap<string, Histogram> => one({ bounds, counts: [0, count, count] })
      return instance(reading(0, 0, { tbtSeconds: histogram(0) }), reading(5000, 1000, { tbtSeconds: histogram(100) }))
    }
    const [, latency] = roleSamples(round('decode', [heard(), slow([2, 5, inf]), slow([2, 5, inf]), slow([2, 5, inf])]))
    expect(latency).toMatchObject({ instancesHeard: 4, instancesRegistered: 4, requests: 1300 })
    expect(latency.tbtMsP95).toBeGreaterThan(4000)
  })
  test('an engine that claims 1e306 tokens is not believed and not heard; the others still are', () => {
    const absurd = instance(reading(0, 0), reading(5000, 1000, { generatedTokens: one(1e306), requestsWaiting: 1e306, kvCacheUsage: 1e306 }))
    const [tps, , cache] = roleSamples(round('decode', [heard(), absurd, absurd]))
    expect(tps).toMatchObject({ tps: 200, instancesHeard: 1, instancesRegistered: 3 })
    expect(cache).toMatchObject({ queueDepth: 2, instancesHeard: 1, kvCacheUsage: 0.5 })
  })
  test('a histogram that claims 1e306 requests is neither', () => {
    const counts = one({ bounds: [0.02, 0.04, inf], counts: [0, 1e306, 1e306] })
    const [, latency] = roleSamples(round('decode', [heard(), instance(reading(0, 0), reading(5000, 1000, { tbtSeconds: counts }))]))
    expect(latency).toMatchObject({ instancesHeard: 1, requests: 1000 })
  })
  test('one rank of two restarts: its tokens since then count, not what the other ever made', () => {
    const ranks = (first: number, second: number): ReadonlyMap<string, number> => new Map([['rank 0', first], ['rank 1', second]])
    const before = reading(0, 0, { generatedTokens: ranks(1e9, 1e9) })
    const [tps] = roleSamples(round('decode', [instance(before, reading(5000, 0, { generatedTokens: ranks(1e9 + 1000, 500) }))]))
    expect(tps).toMatchObject({ tps: 300, instancesHeard: 1 })
  })
  test('a rank that came or went makes its engine unheard for one round', () => {
    const two = reading(5000, 0, { generatedTokens: new Map([['engine 0', 10], ['engine 1', 10]]) })
    const [tps] = roleSamples(round('decode', [heard(), instance(reading(0, 0), two)]))
    expect(tps).toMatchObject({ tps: 200, instancesHeard: 1, instancesRegistered: 2 })
  })
})
