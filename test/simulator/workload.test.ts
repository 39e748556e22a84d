/** Where requests come from: the synthetic day and the two published trace formats. */
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../simulator/prng.ts'
import { parseTrace, superpose, TraceError } from '../../simulator/trace.ts'
import { dayRps, defaultDay, recordedWorkload, syntheticWorkload } from '../../simulator/workload.ts'

const random = () => createRandom(3)

describe('the synthetic day', () => {
  it('rises in the morning, dips at midday and falls in the evening', () => {
    const at = (share: number): number => dayRps(defaultDay, share)
    expect(at(0)).toBe(defaultDay.baseRps)
    expect(at(0.4)).toBe(defaultDay.peakRps)
    expect(at(0.55)).toBeLessThan(at(0.4))
    expect(at(0.68)).toBeGreaterThan(at(0.55))
    expect(at(1)).toBe(defaultDay.baseRps)
  })

  it('brings Poisson arrivals at the rate of the hour, in order, each once', () => {
    const workload = syntheticWorkload({ ...defaultDay, dayMinutes: 60 }, random())
    const arrivals = [...workload.take(10 * 60_000), ...workload.take(60 * 60_000)]
    expect(arrivals.every((arrival, index) => index === 0 || arrival.atMs >= (arrivals[index - 1]?.atMs ?? 0))).toBe(true)
    const inPeakMinute = arrivals.filter(({ atMs }) => atMs >= 23.5 * 60_000 && atMs < 24.5 * 60_000).length
    expect(inPeakMinute / 60).toBeGreaterThan(0.9 * defaultDay.peakRps)
    expect(inPeakMinute / 60).toBeLessThan(1.1 * defaultDay.peakRps)
    expect(workload.take(120 * 60_000)).toEqual([])
  })

  it('is the same day for the same seed', () => {
    const day = () => syntheticWorkload(defaultDay, random()).take(60_000)
    expect(day()).toEqual(day())
  })
})

describe('an Azure trace', () => {
  const text = 'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\r\n2023-11-16 18:15:50.9951690,396,109\n\n'

  it('starts at zero and keeps distances and tokens', () => {
    const arrivals = parseTrace(text, random())
    expect(arrivals.map(({ inputTokens, outputTokens }) => [inputTokens, outputTokens])).toEqual([[374, 44], [396, 109]])
    expect(arrivals[0]?.atMs).toBe(0)
    expect(arrivals[1]?.atMs).toBeCloseTo(4314.579, 1)
  })

  it('refuses a line that it cannot read, with its number', () => {
    expect(() => parseTrace(`${text}yesterday,1,2\n`, random())).toThrow(/E_TRACE line 5: got "yesterday,1,2"/)
    expect(() => parseTrace('a,b,c\n1,2,3\n', random())).toThrow(TraceError)
  })
})

describe('a Mooncake trace', () => {
  const line = (timestamp: number, input_length: number, hash_ids: number[]) => JSON.stringify({ timestamp, input_length, output_length: 50, hash_ids })

  it('spreads arrivals inside their three seconds', () => {
    const text = Array.from({ length: 100 }, () => line(3000, 600, [])).join('\n')
    const times = parseTrace(text, random()).map(({ atMs }) => atMs)
    expect(new Set(times).size).toBe(100)
    expect(Math.max(...times)).toBeLessThan(3000)
  })

  it('counts leading blocks that were seen before as cached, never the whole prompt', () => {
    const text = [line(0, 1536, [1, 2, 3]), line(60_000, 2048, [1, 2, 9, 3]), line(120_000, 1536, [1, 2, 3])].join('\n')
    expect(parseTrace(text, random()).map(({ cachedTokens }) => cachedTokens)).toEqual([0, 1024, 1024])
  })

  it('refuses JSON without lengths', () => {
    expect(() => parseTrace('{"timestamp": 0}\n', random())).toThrow(/E_TRACE line 1/)
  })
})

describe('load factor', () => {
  const arrivals = Array.from({ length: 3600 }, (_, index) => ({ atMs: index * 1000, inputTokens: 10, cachedTokens: 0, outputTokens: 5 }))

  it('superposes shifted copies and thins the last one', () => {
    const more = superpose(arrivals, 2.5, random())
    expect(more.length).toBeGreaterThan(2.4 * 3600)
    expect(more.length).toBeLessThan(2.6 * 3600)
    expect(more.every(({ atMs }, index) => index === 0 || atMs >= (more[index - 1]?.atMs ?? 0))).toBe(true)
    expect(Math.max(...more.map(({ atMs }) => atMs))).toBeLessThanOrEqual(3_600_000)
  })

  it('does not let the copies arrive together', () => {
    const twice = superpose([{ atMs: 0, inputTokens: 1, cachedTokens: 0, outputTokens: 1 }, ...arrivals.slice(-1)], 2, random())
    expect(new Set(twice.map(({ atMs }) => atMs)).size).toBe(4)
  })

  it('hands each arrival out once', () => {
    const workload = recordedWorkload(arrivals)
    expect(workload.take(1500)).toHaveLength(2)
    expect(workload.take(2500)).toHaveLength(1)
  })
})
