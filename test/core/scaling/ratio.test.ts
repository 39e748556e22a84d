import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inBand } from '../../../core/ratio-band.ts'
import { sameCounts } from '../../../core/roles.ts'
import type { RoleCounts } from '../../../core/roles.ts'
import { nearestPair } from '../../../core/scaling/ratio.ts'
import { ratioBandOf } from '../../../core/service/specification.ts'
import { calm, deciderStory, specification } from '../../support/decider-story.ts'

const ruleOf = (prefill: number, decode: number, tolerance: number, groups = 1) => ({
  ratio: { prefill, decode },
  band: ratioBandOf(specification({ ratio: { prefill, decode, tolerance } })),
  groups,
})
const wide = { least: { prefill: 0, decode: 0 }, most: { prefill: 200, decode: 200 } }
const pair = (prefill: number, decode: number): RoleCounts => ({ prefill, decode })

describe('the nearest pair', () => {
  it.each([
    [1, 2, pair(3, 6)],
    [3, 1, pair(9, 3)],
    [9, 7, pair(18, 14)],
  ])('leaves an ask at exactly %i:%i alone', (prefill, decode, ask) => {
    expect(nearestPair(ask, wide, ruleOf(prefill, decode, 0.1))).toEqual(ask)
  })

  it('starts 3:1 from nothing inside the slack of one instance', () => {
    const box = { least: pair(0, 0), most: pair(3, 1) }
    expect(nearestPair(pair(3, 1), box, ruleOf(3, 1, 0))).toEqual(pair(3, 1))
  })

  it('moves the role that is cheaper in units of the ratio, and rather above the ask than below', () => {
    // 4P+4D at 1:2 ± 25 %: 4 decode carry at most 3.5 prefill, 5 carry 4.125.
    expect(nearestPair(pair(4, 4), wide, ruleOf(1, 2, 0.25))).toEqual(pair(4, 5))
  })

  it('answers null when the box holds no pair in band', () => {
    expect(nearestPair(pair(8, 20), { least: pair(1, 20), most: pair(4, 20) }, ruleOf(1, 2, 0))).toBeNull()
  })

  it('is in band, in the box, and no pair of the box is nearer', () => {
    const counts = fc.record({ prefill: fc.nat(24), decode: fc.nat(24) })
    const rule = fc.constantFrom(ruleOf(1, 2, 0), ruleOf(1, 2, 0.25), ruleOf(3, 1, 0), ruleOf(9, 7, 0.1), ruleOf(9, 7, 0, 3))
    fc.assert(
      fc.property(counts, counts, counts, rule, (ask, corner, size, chosen) => {
        const most = pair(corner.prefill + (size.prefill % 8), corner.decode + (size.decode % 8))
        const found = nearestPair(ask, { least: corner, most }, chosen)
        const feasible = pairsBetween(corner, most).filter((one) => inBand(one, chosen.band, chosen.groups))
        expect(found === null).toBe(feasible.length === 0)
        if (found === null) return
        expect(feasible.some((one) => sameCounts(one, found))).toBe(true)
        const distance = (one: RoleCounts): number =>
          Math.abs(one.prefill - ask.prefill) * chosen.ratio.decode + Math.abs(one.decode - ask.decode) * chosen.ratio.prefill
        expect(distance(found)).toBe(Math.min(...feasible.map(distance)))
      }),
    )
  })
})

const pairsBetween = (least: RoleCounts, most: RoleCounts): readonly RoleCounts[] => {
  const pairs: RoleCounts[] = []
  for (let prefill = least.prefill; prefill <= most.prefill; prefill++)
    for (let decode = least.decode; decode <= most.decode; decode++) pairs.push(pair(prefill, decode))
  return pairs
}

describe('every order', () => {
  const ratios = fc.constantFrom({ prefill: 1, decode: 2 }, { prefill: 3, decode: 1 }, { prefill: 9, decode: 7 })
  const loads = fc.array(fc.record({ decodeTps: fc.integer({ min: 0, max: 40_000 }), seconds: fc.integer({ min: 5, max: 90 }) }), { maxLength: 6 })

  it('is in band and inside bounds and rates, whatever the load does', () => {
    const policies = [{ type: 'Instances' as const, value: 5, periodSeconds: 60 }]
    fc.assert(
      fc.property(ratios, loads, fc.constantFrom(0, 0.1, 0.25), (ratio, steps, tolerance) => {
        const spec = specification({
          ratio: { ...ratio, tolerance },
          roles: { prefill: { minReplicas: ratio.prefill, maxReplicas: 40 }, decode: { minReplicas: ratio.decode, maxReplicas: 40 } },
          behavior: { scaleUp: { policies, cooldownSeconds: 10 }, scaleDown: { policies, cooldownSeconds: 10 } },
        })
        const story = deciderStory({ spec })
        story.fleet(pair(ratio.prefill, ratio.decode))
        for (const { decodeTps, seconds } of steps) {
          story.load({ ...calm, decodeTps })
          story.pass(seconds)
          if (story.state.services.get('chat')?.openIntents.length) story.commit()
        }
        for (const { kind, from, to } of story.decisions()) {
          expect(inBand(to, ratioBandOf(spec))).toBe(true)
          expect(to.prefill <= 40 && to.decode <= 40 && to.prefill >= ratio.prefill && to.decode >= ratio.decode).toBe(true)
          expect(Math.abs(to.prefill - from.prefill) <= 5 && Math.abs(to.decode - from.decode) <= 5).toBe(true)
          const grows = to.prefill >= from.prefill && to.decode >= from.decode
          expect(grows).toBe(kind !== 'scale-in')
        }
      }),
      { numRuns: 30 },
    )
  })
})

describe('counts that are out of band', () => {
  it('are repaired by raising the deficient role, without touching the surplus', () => {
    const story = deciderStory()
    story.fleet(pair(8, 8))
    story.load({ ...calm, decodeTps: 8000 })
    story.pass(20)
    // 8 prefill need (8 − 1) / 0.625 = 11.2 decode.
    expect(story.orders()).toEqual(['rebalance 8P+8D → 8P+12D'])
  })

  it('are shown as a condition while no pair is possible', () => {
    const story = deciderStory({ spec: specification({ roles: { decode: { maxReplicas: 8 } } }) })
    story.fleet(pair(8, 8))
    story.load({ ...calm, decodeTps: 8000 })
    story.pass(60)
    expect(story.orders()).toEqual([])
    expect(story.reasons().at(-1)).toBe('AT_BOUNDS')
    const conditions = story.of('ServiceAccepted').at(-1)?.conditions ?? []
    expect(conditions.find(({ type }) => type === 'RatioSatisfied')).toMatchObject({ status: 'False', reason: 'OutOfBand' })
  })

  it('lose their surplus once the load lets them', () => {
    const story = deciderStory({ spec: specification({ roles: { decode: { maxReplicas: 8 } } }) })
    story.fleet(pair(8, 8))
    story.load({ ...calm, decodeTps: 4000 })
    story.pass(60)
    expect(story.orders()).toEqual(['scale-in 8P+8D → 2P+4D'])
  })
})
