/** Prefill and decode depend on each other: what is missing in one role shows where the paper says it shows. */
import { describe, expect, it } from 'vitest'
import { decodeTpsOver, reportOf, smallWorld, sumOnPages } from './small-world.ts'

const after = (counts: { prefill: number; decode: number }, rps: number, minutes = 6) => {
  const small = smallWorld(counts, rps)
  small.minutes(minutes)
  return { small, report: reportOf(small) }
}

describe('a fleet that fits its load', () => {
  it('keeps both SLOs and serves what arrives', () => {
    const { report } = after({ prefill: 4, decode: 8 }, 36)
    expect(report.ttft.attainment).toBeGreaterThan(0.99)
    expect(report.tbt.attainment).toBeGreaterThan(0.99)
    expect(report.completed).toBeGreaterThan(0.97 * report.requests)
    expect(report.failed).toBe(0)
  })
})

describe('too few decoders', () => {
  it('raise the time between tokens and leave TTFT alone', () => {
    const enough = after({ prefill: 5, decode: 10 }, 36).report
    const tooFew = after({ prefill: 5, decode: 3 }, 36).report
    expect(tooFew.tbt.p95Ms).toBeGreaterThan(2 * (enough.tbt.p95Ms ?? 0))
    expect(tooFew.ttft.p95Ms).toBeLessThan(1.5 * (enough.ttft.p95Ms ?? 0))
  })

  it('in the end also stop the prefill, whose memory holds what no decoder takes', () => {
    const { small, report } = after({ prefill: 5, decode: 1 }, 36, 12)
    expect(report.ttft.p95Ms).toBeGreaterThan(5_000)
    expect(sumOnPages(small, 'prefill', 'vllm:kv_cache_usage_perc')).toBeGreaterThan(4)
  })
})

describe('too few prefillers', () => {
  it('raise TTFT and starve decode, whose TPS falls though the demand is the same', () => {
    const enough = smallWorld({ prefill: 4, decode: 8 }, 36)
    const tooFew = smallWorld({ prefill: 1, decode: 8 }, 36)
    for (const small of [enough, tooFew]) small.minutes(3)
    expect(decodeTpsOver(tooFew, 3)).toBeLessThan(0.6 * decodeTpsOver(enough, 3))
    expect(reportOf(tooFew).ttft.p95Ms).toBeGreaterThan(20 * (reportOf(enough).ttft.p95Ms ?? 0))
    expect(reportOf(tooFew).tbt.p95Ms).toBeLessThan(reportOf(enough).tbt.p95Ms ?? 0)
  })
})

describe('twelve instances under more load than they can serve', () => {
  it('serve most at one ratio in the middle, and less the further P/D is from it', () => {
    const served = [1, 3, 5, 7, 9, 11].map((prefill) => after({ prefill, decode: 12 - prefill }, 130, 4).report.completed)
    const peak = served.indexOf(Math.max(...served))
    expect(peak).toBeGreaterThan(0)
    expect(peak).toBeLessThan(served.length - 1)
    for (let index = 1; index < served.length; index++) {
      const rising = index <= peak
      expect((served[index] ?? 0) > (served[index - 1] ?? 0)).toBe(rising)
    }
  })
})
