/** What a record of `metrics` must be before it may count. */
import { describe, expect, it } from 'vitest'
import type { TpsObserved } from '../../../core/events/observed.ts'
import { implausible, isWellFormedSource, judge, type GateRules, type Observation } from '../../../core/signals/gate.ts'
import { fullBucket, take } from '../../../core/signals/token-bucket.ts'

const now = 1_800_000_000_000
const rules: GateRules = { isKnown: (service) => service === 'chat', allow: null, reserved: ['collector'] }

const window = { service: 'chat', role: 'decode', source: 'gateway/*', windowStartMs: now - 5000, windowEndMs: now, instancesHeard: 4, instancesRegistered: 4 } as const
const tps = (changes: { readonly [field in keyof TpsObserved]?: unknown } = {}): TpsObserved => ({ type: 'TpsObserved', ...window, tps: 4000, ...changes }) as TpsObserved
const latency = (changes: object): Observation => ({ type: 'LatencyObserved', ...window, ttftMsP95: 300, tbtMsP95: 20, requests: 50, ...changes })
const cache = (changes: object): Observation => ({ type: 'CacheObserved', ...window, kvCacheUsage: 0.5, hitRate: 0.5, queueDepth: 3, requestsRunning: 7, ...changes })
const hardware = (changes: object): Observation => ({ type: 'HardwareObserved', ...window, gpuUtilisation: 0.5, smActivity: 0.5, ...changes })

const reasonFor = (event: Observation, key: string | null = event.service, given = rules): string | null =>
  judge(event, key, { rules: given, nowMs: now })?.reason ?? null

describe('the gate lets through', () => {
  it.each<[string, Observation]>([
    ['throughput', tps()],
    ['zero', tps({ tps: 0 })],
    ['what was not observed', tps({ tps: null })],
    ['latency', latency({})],
    ['a latency over no requests', latency({ ttftMsP95: null, tbtMsP95: null, requests: 0 })],
    ['queues', cache({})],
    ['GPU activity', hardware({})],
    ['a producer of one sub-cluster', tps({ source: 'gateway/sub-a' })],
    ['a window of ten minutes', tps({ windowStartMs: now - 600_000 })],
    ['a window that ends a minute ahead', tps({ windowEndMs: now + 60_000 })],
    ['a window that ended ten minutes ago', tps({ windowStartMs: now - 605_000, windowEndMs: now - 600_000 })],
    ['fewer heard than registered', tps({ instancesHeard: 0 })],
  ])('%s', (_what, event) => {
    expect(judge(event, 'chat', { rules, nowMs: now })).toBeNull()
  })
})

describe('the gate refuses', () => {
  it.each<[string, string, Observation]>([
    ['UNKNOWN_SERVICE', 'a service that nobody applied', tps({ service: 'other' })],
    ['UNKNOWN_ROLE', 'a role that is none', tps({ role: 'mixed' })],
    ['UNKNOWN_ROLE', 'a role that every object has', tps({ role: 'constructor' })],
    ['OUT_OF_RANGE', 'a negative throughput', tps({ tps: -1 })],
    ['OUT_OF_RANGE', 'more than instances can do', tps({ tps: 4e6 + 1 })],
    ['OUT_OF_RANGE', 'ten million tokens a second from four instances', tps({ tps: 1e7 })],
    ['OUT_OF_RANGE', 'a latency beyond all patience', latency({ ttftMsP95: 1e9 + 1 })],
    ['OUT_OF_RANGE', 'negative requests', latency({ requests: -1 })],
    ['OUT_OF_RANGE', 'a cache fuller than full', cache({ kvCacheUsage: 1.1 })],
    ['OUT_OF_RANGE', 'a negative queue', cache({ queueDepth: -1 })],
    ['OUT_OF_RANGE', 'a GPU in percent', hardware({ gpuUtilisation: 80 })],
    ['OUT_OF_RANGE', 'more heard than registered', tps({ instancesHeard: 5 })],
    ['OUT_OF_RANGE', 'negative instances', tps({ instancesHeard: -1 })],
    ['TIME_OUT_OF_RANGE', 'an empty window', tps({ windowStartMs: now })],
    ['TIME_OUT_OF_RANGE', 'a window from its end to its start', tps({ windowStartMs: now + 1 })],
    ['TIME_OUT_OF_RANGE', 'a window longer than ten minutes', tps({ windowStartMs: now - 600_001 })],
    ['TIME_OUT_OF_RANGE', 'a window that ends later than in a minute', tps({ windowEndMs: now + 60_001 })],
    ['TIME_OUT_OF_RANGE', 'a window that ended longer than ten minutes ago', tps({ windowStartMs: now - 605_000, windowEndMs: now - 600_001 })],
    ['TIME_OUT_OF_RANGE', 'seconds in place of milliseconds', tps({ windowStartMs: now / 1000 - 5, windowEndMs: now / 1000 })],
    ['NOT_ALLOWED', 'a source without a sub-cluster', tps({ source: 'gateway' })],
    ['NOT_ALLOWED', 'a source that is no name', tps({ source: 'gate way/*' })],
    ['NOT_ALLOWED', 'the name of a collector', tps({ source: 'collector/sub-a' })],
  ])('%s: %s', (reason, _what, event) => {
    expect(reasonFor(event)).toBe(reason)
  })

  it('a key that is not the service: it stands in a partition that does not decide on it', () => {
    expect(reasonFor(tps(), 'other')).toBe('KEY_MISMATCH')
    expect(reasonFor(tps(), null)).toBe('KEY_MISMATCH')
  })

  it('what the allow-list does not name', () => {
    const only = (source: string, service: string, role: string): GateRules => ({ ...rules, allow: [{ source, service, role }] })
    expect(reasonFor(tps(), 'chat', only('gateway/*', 'chat', 'decode'))).toBeNull()
    expect(reasonFor(tps({ source: 'gateway/sub-a' }), 'chat', only('gateway/*', 'c*', '*'))).toBeNull()
    expect(reasonFor(tps({ source: 'gateways/sub-a' }), 'chat', only('gateway/*', 'chat', '*'))).toBe('NOT_ALLOWED')
    expect(reasonFor(tps(), 'chat', only('gateway/*', 'chat', 'prefill'))).toBe('NOT_ALLOWED')
    expect(reasonFor(tps(), 'chat', only('gateway/*', 'chats', '*'))).toBe('NOT_ALLOWED')
    expect(reasonFor(tps(), 'chat', { ...rules, allow: [] })).toBe('NOT_ALLOWED')
  })

  it('with the field, what was got, and what is allowed', () => {
    expect(implausible(tps({ tps: -1 }), now)?.detail).toBe('tps -1; allowed: null, or 0 to 4000000')
    expect(implausible(tps({ windowEndMs: now + 61_000 }), now)?.detail).toContain('61000 ms ahead')
  })
})

it('a source is <producer>/<subCluster> or <producer>/*', () => {
  const wellFormed = ['gateway/*', 'gateway/sub-a', '0/0', `${'a'.repeat(40)}/*`]
  const malformed = ['', '/', 'gateway/', '/sub-a', 'gateway/**', 'a/b/c', '-a/b', 'A/b', 'a/b\n', `${'a'.repeat(41)}/*`, '(unreadable)', '__proto__/*']
  expect(wellFormed.filter((source) => !isWellFormedSource(source))).toEqual([])
  expect(malformed.filter(isWellFormedSource)).toEqual([])
})

it('a bucket gives its burst at once and then what its rate brings; a clock that goes back brings nothing', () => {
  const limits = { perSecond: 2, burst: 3 }
  let bucket = fullBucket(limits, now)
  const takeAt = (nowMs: number): boolean => {
    const next = take(bucket, limits, nowMs)
    if (next !== null) bucket = next
    return next !== null
  }
  expect([now, now, now, now, now - 60_000].map(takeAt)).toEqual([true, true, true, false, false])
  expect([now + 400, now + 500, now + 600, now + 1000].map(takeAt)).toEqual([false, true, false, true])
  expect([1, 2, 3, 4].map(() => takeAt(now + 900_000))).toEqual([true, true, true, false])
})
