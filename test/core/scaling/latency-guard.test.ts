import { describe, expect, it } from 'vitest'
import type { ScaleDecided, ScaleHeld } from '../../../core/events/decided.ts'
import { calm, deciderStory, specification } from '../../support/decider-story.ts'

const fitting = { ...calm, decodeTps: 8000 }
const fleet = { prefill: 4, decode: 8 }

const guardOf = (record: ScaleHeld | ScaleDecided | undefined): string => record?.asks.find(({ policy }) => policy === 'latency-guard')?.reason ?? ''

describe('the latency guard', () => {
  it('says that it rests where nobody knows the latency, and does not call that low', () => {
    const story = deciderStory()
    story.fleet(fleet)
    story.load({ ...fitting, tbtMsP95: null, ttftMsP95: null })
    story.pass(60)
    expect(guardOf(story.holds().at(-1))).toMatch(/^it rests: ttftMsP95 is (missing|failed|stale|idle), tbtMsP95 is (missing|failed|stale|idle)$/)
    story.load({ ...fitting, tbtMsP95: null, decodeTps: 12_000 })
    story.pass(60)
    expect(guardOf(story.decisions().at(-1))).toMatch(/^it rests in part: tbtMsP95 is/)
    const known = deciderStory()
    known.fleet(fleet)
    known.load(fitting)
    known.pass(60)
    expect(guardOf(known.holds().at(-1))).toBe('TTFT and TBT are below every tier')
  })

  it('adds decode instances when TBT breaks its SLO', () => {
    const story = deciderStory()
    story.fleet(fleet)
    story.load({ ...fitting, tbtMsP95: 41 })
    story.pass(20)
    expect(story.orders()).toEqual(['scale-out 4P+8D → 4P+9D'])
    expect(story.decisions()[0]?.reason).toContain('tbtMsP95 41 is 1.02 times its SLO of 40')
  })

  it('adds the larger step of the higher tier, and the other role where the band needs it', () => {
    const story = deciderStory()
    story.fleet({ prefill: 6, decode: 10 })
    story.load({ ...fitting, decodeTps: 10_000, ttftMsP95: 1300 })
    story.pass(20)
    // +20 % of 6 is 8 prefill; up to 1.25 × 1:2 with one instance of slack, 8 need 12 decode (0.625 × 12 + 1 = 8.5).
    expect(story.orders()).toEqual(['scale-out 6P+10D → 8P+12D'])
  })

  it('does not step again before its last step shows', () => {
    const story = deciderStory({ spec: specification({ behavior: { scaleUp: { cooldownSeconds: 0 } } }) })
    story.fleet(fleet)
    story.load({ ...fitting, ttftMsP95: 1100 })
    story.pass(60)
    expect(story.orders()).toEqual(['scale-out 4P+8D → 5P+8D'])
    expect(story.reasons().at(-1)).toBe('GUARD_RESTING')
    expect(guardOf(story.holds().at(-1))).toMatch(/^it rests, since an order to grow is on its way: ttftMsP95 1100 is 1.1 times/)
    story.commit()
    const committed = story.now()
    story.pass(60)
    expect(story.orders()).toHaveLength(2)
    expect((story.decisions()[1]?.time ?? 0) - committed).toBeGreaterThanOrEqual(20_000)
  })

  it('takes the larger of what it and the load ask for', () => {
    const story = deciderStory()
    story.fleet(fleet)
    story.load({ ...fitting, decodeTps: 16_000, tbtMsP95: 41 })
    story.pass(20)
    expect(story.orders()).toEqual(['scale-out 4P+8D → 8P+16D'])
  })

  it('vetoes scale-in while an SLO is broken and it cannot add', () => {
    const story = deciderStory({ spec: specification({ roles: { prefill: { maxReplicas: 4 } } }) })
    story.fleet(fleet)
    story.load({ ...fitting, decodeTps: 2000, ttftMsP95: 1500 })
    story.pass(120)
    expect(story.orders()).toEqual([])
    expect(story.reasons().at(-1)).toBe('LATENCY_VETO')
  })

  it('vetoes scale-in while TTFT climbs towards its SLO', () => {
    const story = deciderStory()
    story.fleet(fleet)
    story.load({ ...fitting, ttftMsP95: 500 })
    story.pass(60)
    let ttftMsP95 = 500
    for (let step = 0; step < 8; step++) {
      ttftMsP95 = Math.round(ttftMsP95 * 1.07)
      story.load({ ...fitting, decodeTps: 4000, ttftMsP95 })
      story.pass(5)
    }
    expect(story.orders()).toEqual([])
    expect(story.reasons().at(-1)).toBe('RISING_VETO')
  })

  it('a prefill stall lowers decode throughput: prefill grows and nothing shrinks', () => {
    const story = deciderStory()
    story.fleet(fleet)
    story.load(fitting)
    story.pass(60)
    for (let second = 0, ttftMsP95 = 400, decodeTps = 8000; second < 200; second += 5) {
      story.load({ ...fitting, decodeTps, ttftMsP95, tbtMsP95: 15, queueDepth: second })
      story.pass(5)
      ttftMsP95 = Math.min(9000, ttftMsP95 * 1.3)
      decodeTps = Math.max(2000, decodeTps * 0.9)
    }
    expect(story.decisions().map(({ kind }) => kind)).not.toContain('scale-in')
    expect(story.orders()[0]).toBe('scale-out 4P+8D → 5P+8D')
  })
})
