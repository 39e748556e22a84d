import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gatherEvidence } from '../../../core/signals/evidence.ts'
import type { EvidenceArgument } from '../../../core/signals/evidence.ts'
import { copyHistory, forgetSamples, nextWindowEnd, noSamples, samplesUntil, takeSample } from '../../../core/signals/sample.ts'
import type { Measured, OwnHistory, Sample, SignalHistory } from '../../../core/signals/sample.ts'
import { measuredBy } from '../../../core/signals/from-event.ts'
import { specification } from '../../support/decider-story.ts'

/** A history of these samples; nothing lies outside of what is still to be looked at unless given. */
const historyOf = (measured: readonly Measured[], { outside = -1, before = noSamples() }: { outside?: number; before?: OwnHistory } = {}): OwnHistory => {
  const history = copyHistory(before)
  for (const one of measured) takeSample(history, one, outside)
  return history
}

const now = 1_000_000
const sample = (endMs: number, value: number | null, changes: Partial<Sample> = {}): Sample => ({
  startMs: endMs - 5000, endMs, value, requests: null, heard: 4, registered: 4, ...changes,
})
const tps = (source: string, endMs: number, value: number | null, changes: Partial<Sample> = {}): Measured => ({
  signal: 'decodeTps', source, role: 'decode', sample: sample(endMs, value, changes),
})
const latency = (signal: 'ttftMsP95' | 'tbtMsP95', role: 'prefill' | 'decode', one: Sample): Measured => ({ signal, source: 'a', role, sample: one })

const evidenceOf = (measured: readonly Measured[], changes: Partial<EvidenceArgument> = {}) =>
  gatherEvidence({
    nowMs: now, horizonMs: now - 2000, spec: specification(), signals: historyOf(measured), heartbeats: [], instances: [], ...changes,
  })
const registered = (decode: number) => [
  { subCluster: 'east', newestAtMs: now, newestComplete: true, completeAtMs: now,
    groups: [{ group: 'g', sequence: 0, desired: { prefill: 2, decode }, registered: { prefill: 2, decode } }] },
]
/** Nobody waits and nobody is served, seen at every instance of both roles. */
const atRest = (['prefillQueueDepth', 'decodeQueueDepth', 'prefillRequestsRunning', 'decodeRequestsRunning'] as const).map(
  (signal): Measured => ({ signal, source: 'a', role: signal.startsWith('prefill') ? 'prefill' : 'decode', sample: sample(now - 3000, 0) }),
)
const beat = (source: string, timeMs = now - 1000) => ({ source, timeMs, targetsScraped: 4 })

describe('evidence of throughput', () => {
  it('adds up the sources, each with its mean over the window', () => {
    const evidence = evidenceOf([tps('a', now - 8000, 1000), tps('a', now - 3000, 2000), tps('b', now - 3000, 500)])
    expect(evidence.demand).toMatchObject({ state: 'fresh', value: 2000, ageMs: 3000, coverage: 1 })
  })

  it('keeps what a source said first of a window, also when later windows stand behind it', () => {
    expect(evidenceOf([tps('a', now - 3000, 1000), tps('a', now - 3000, 9000)]).demand.value).toBe(1000)
    expect(evidenceOf([tps('a', now - 8000, 1000), tps('a', now - 3000, 2000), tps('a', now - 8000, 9000)]).demand.value).toBe(1500)
  })

  it('weighs samples by the time that they stand for', () => {
    const long = tps('a', now - 3000, 1000, { startMs: now - 12_000 })
    expect(evidenceOf([long, tps('a', now - 2000, 2000, { startMs: now - 3000 })]).demand.value).toBe(1100)
  })

  it.each([
    ['missing', []],
    ['failed', [tps('a', now - 3000, null)]],
    ['stale', [tps('a', now - 15_001, 1000)]],
    ['fresh', [tps('a', now - 15_000, 1000)]],
  ])('is %s', (state, measured) => {
    expect(evidenceOf(measured).demand.state).toBe(state)
  })

  it('of zero is idle beside a live collector and failed without one', () => {
    const zero = [tps('a', now - 3000, 0), ...atRest]
    expect(evidenceOf(zero, { heartbeats: [beat('a')] }).demand.state).toBe('idle')
    expect(evidenceOf(zero, { heartbeats: [beat('a', now - 15_001)] }).demand.state).toBe('failed')
    expect(evidenceOf(zero, { heartbeats: [beat('another')] }).demand.state).toBe('failed')
    expect(evidenceOf(zero, { heartbeats: [{ ...beat('a'), targetsScraped: 0 }] }).demand.state).toBe('failed')
  })

  it.each(atRest.map((one) => one.signal))('of zero is failed while %s holds a request, is heard from too few, is stale or is not served', (signal) => {
    const stateWith = (changes: Partial<Sample> | null): string => {
      const inside = atRest.flatMap((one) => (one.signal !== signal ? one : changes === null ? [] : { ...one, sample: { ...one.sample, ...changes } }))
      return evidenceOf([tps('a', now - 3000, 0), ...inside], { heartbeats: [beat('a')] }).demand.state
    }
    expect(stateWith({})).toBe('idle')
    expect([{ value: 1 }, { heard: 3 }, { endMs: now - 15_001 }, { value: null }, null].map(stateWith)).toEqual(Array(5).fill('failed'))
  })

  it('is as thin as the thinnest sample of its window, and whole again once that has left it', () => {
    const deaf = tps('a', now - 21_000, 250, { heard: 1 })
    const whole = [16, 11, 6].map((seconds) => tps('a', now - seconds * 1000, 1000))
    expect(evidenceOf([deaf, ...whole]).demand.coverage).toBe(0.25)
    expect(evidenceOf([deaf, ...whole], { nowMs: now + 2000, horizonMs: now }).demand.coverage).toBe(1)
  })

  it('takes either the sub-clusters’ sources or the one that speaks for the whole service, never their sum', () => {
    const whole = tps('gateway/*', now - 3000, 1400, { heard: 8, registered: 8 })
    const parts = [tps('collector/east', now - 6000, 1000), tps('collector/west', now - 16_000, 500)]
    expect(evidenceOf([whole]).demand).toMatchObject({ state: 'fresh', value: 1400, coverage: 1 })
    expect(evidenceOf([whole, ...parts]).demand.value).toBe(1000)
    expect(evidenceOf([whole, tps('collector/east', now - 13_000, 1000)]).demand.value).toBe(1000)
    expect(evidenceOf([whole, tps('collector/east', now - 13_001, 1000)]).demand.value).toBe(1400)
    expect(evidenceOf([whole, tps('collector/east', now - 3000, null)]).demand.value).toBe(1400)
  })

  it('takes one collector of each sub-cluster, the freshest: a spare and a restart under a new id double nothing', () => {
    const old = [tps('collector/east', now - 13_000, 900), tps('collector/east', now - 8000, 1000)]
    const spare = [tps('spare/east', now - 6000, 1100), tps('spare/east', now - 3000, null)]
    const other = tps('collector/west', now - 5000, 500)
    expect(evidenceOf([...old, ...spare, other]).demand.value).toBe(1600)
    expect(evidenceOf([...old, tps('spare/east', now - 3000, null), other]).demand.value).toBe(1450)
  })

  it('covers what was heard of what is registered, also when a source vanished with its samples', () => {
    expect(evidenceOf([tps('a', now - 3000, 1000)], { instances: registered(8) }).demand.coverage).toBe(0.5)
    expect(evidenceOf([tps('a', now - 3000, 1000), tps('b', now - 20_000, 1000)], { instances: registered(8) }).demand.coverage).toBe(0.5)
    expect(evidenceOf([tps('a', now - 3000, 1000, { heard: 3 })]).demand.coverage).toBe(0.75)
    expect(evidenceOf([]).demand.coverage).toBeNull()
  })

  it('does not add a value that was not heard: null is no zero', () => {
    const evidence = evidenceOf([tps('a', now - 8000, 1000), tps('a', now - 3000, null)])
    expect(evidence.demand).toMatchObject({ state: 'fresh', value: 1000, coverage: 0 })
  })
})

describe('evidence of latency', () => {
  const of = (...samples: readonly Sample[]) => evidenceOf(samples.map((one) => latency('ttftMsP95', 'prefill', one))).ttft

  it('is the highest of the sources', () => {
    const measured = [400, 900].map((value, index) => ({ ...latency('ttftMsP95', 'prefill', sample(now - 3000, value)), source: `s${index}` }))
    expect(evidenceOf(measured).ttft.value).toBe(900)
  })

  it('weighs a percentile by the requests behind it', () => {
    expect(of(sample(now - 8000, 100, { requests: 90 }), sample(now - 3000, 1000, { requests: 10 })).value).toBe(190)
  })

  it('is idle where nobody asked and failed where nothing was served', () => {
    const quiet = latency('ttftMsP95', 'prefill', sample(now - 3000, null, { requests: 0 }))
    expect(evidenceOf([quiet, ...atRest]).ttft.state).toBe('idle')
    expect(evidenceOf([quiet]).ttft.state).toBe('failed')
    expect(of(sample(now - 3000, null)).state).toBe('failed')
  })

  it.each([['ttftMsP95', 'prefill'], ['tbtMsP95', 'decode']] as const)('of %s is idle while only the other role works', (signal, role) => {
    const quiet = latency(signal, role, sample(now - 3000, null, { requests: 0 }))
    const busy = (who: string) => atRest.map((one) => (one.signal === `${who}RequestsRunning` ? { ...one, sample: { ...one.sample, value: 2 } } : one))
    const stateOf = (who: string): string => evidenceOf([quiet, ...busy(who)])[signal === 'ttftMsP95' ? 'ttft' : 'tbt'].state
    expect(stateOf(role)).toBe('failed')
    expect(stateOf(role === 'prefill' ? 'decode' : 'prefill')).toBe('idle')
  })

  it('rises when the newer half of the window is a tenth above the older and above half the SLO', () => {
    expect(of(sample(now - 18_000, 600), sample(now - 3000, 670)).rising).toBe(true)
    expect(of(sample(now - 18_000, 600), sample(now - 3000, 650)).rising).toBe(false)
    expect(of(sample(now - 18_000, 100), sample(now - 3000, 300)).rising).toBe(false)
  })

  it('comes from the other role where the natural one measures nothing', () => {
    const measured = [latency('ttftMsP95', 'prefill', sample(now - 3000, null)), latency('ttftMsP95', 'decode', sample(now - 3000, 700))]
    expect(evidenceOf(measured).ttft).toMatchObject({ state: 'fresh', value: 700 })
  })
})

describe('samples', () => {
  it('are kept in the order of their windows, whatever the order of arrival', () => {
    const measured = [5, 3, 9, 1, 7].flatMap((second) => ['a', 'b'].map((source) => tps(source, second * 1000, second)))
    const sorted = JSON.stringify(historyOf(measured))
    fc.assert(
      fc.property(fc.shuffledSubarray(measured, { minLength: measured.length }), (shuffled) => {
        expect(JSON.stringify(historyOf(shuffled))).toBe(sorted)
      }),
    )
  })

  it('are bounded per source, the newest stay', () => {
    const many = Array.from({ length: 500 }, (_, index) => tps('a', index + 1, 1))
    const kept = historyOf(many).decodeTps[0]?.samples ?? []
    expect([kept.length, kept[0]?.endMs, kept.at(-1)?.endMs]).toEqual([240, 261, 500])
  })

  const ends = (history: SignalHistory): readonly number[] => history.decodeTps[0]?.samples.map(({ endMs }) => endMs) ?? []
  const history = (...samples: readonly (readonly [number, number | null])[]): OwnHistory => historyOf(samples.map(([end, value]) => tps('a', end, value)))

  it('are forgotten by age, observed or not', () => {
    const full = history([1000, 1], [2000, null], [3000, 1], [4000, null])
    expect(ends(forgetSamples(full, 0))).toEqual([1000, 2000, 3000, 4000])
    expect(ends(forgetSamples(full, 2000))).toEqual([3000, 4000])
    expect(forgetSamples(full, 4000).decodeTps).toEqual([])
  })

  it('make room outside the windows when the next one comes, and leave behind how long a source has been silent', () => {
    const full = history([1000, 1], [2000, 1], [3000, null], [4000, null], [5000, 1])
    const next = (outside: number) => ends(historyOf([tps('a', 6000, 1)], { outside, before: full }))
    expect(next(1000)).toEqual([1000, 2000, 3000, 4000, 5000, 6000])
    expect(next(2000)).toEqual([2000, 3000, 4000, 5000, 6000])
    // What was observed last stays as long as only unobserved ones follow it.
    expect(next(4000)).toEqual([2000, 3000, 4000, 5000, 6000])
  })

  it('are shown to a decision as far as the horizon', () => {
    expect(ends(samplesUntil(history([1000, 1], [2000, 1], [3000, 1]), 2000))).toEqual([1000, 2000])
  })

  it('name the window that is looked at next', () => {
    expect(nextWindowEnd(history([1000, 1], [3000, 1]), 2000)).toBe(3000)
    expect(nextWindowEnd(history([1000, 1], [3000, 1]), 3000)).toBeNull()
  })

  const window = { service: 's', source: 'a', windowStartMs: 0, windowEndMs: 1, instancesHeard: 1, instancesRegistered: 1 } as const

  it.each([Number.NaN, Infinity, -1, 1e13])('never carry %d', (value) => {
    const all = [
      ...measuredBy({ ...window, type: 'TpsObserved', role: 'decode', tps: value }),
      ...measuredBy({ ...window, type: 'LatencyObserved', role: 'decode', ttftMsP95: value, tbtMsP95: value, requests: value }),
      ...measuredBy({ ...window, type: 'CacheObserved', role: 'decode', kvCacheUsage: null, hitRate: null, queueDepth: value, requestsRunning: value }),
    ]
    expect(all.map(({ sample: { value: kept, requests } }) => [kept, requests])).toEqual(Array(5).fill([null, null]))
  })
})
