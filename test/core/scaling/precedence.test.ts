/**
 * Kill switch > evidence > removal rate > bounds > ratio (DESIGN 5.5, docs/precedence.md): for each two of the five rules that
 * can be in conflict, the stronger one wins in every world in which they are. Each property fails when the two change places.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inBand } from '../../../core/ratio-band.ts'
import { showCounts } from '../../../core/roles.ts'
import type { RoleCounts } from '../../../core/roles.ts'
import { decide } from '../../../core/scaling/decide.ts'
import type { Verdict } from '../../../core/scaling/verdict.ts'
import { ratioBandOf } from '../../../core/service/specification.ts'
import { aboveMaximumWorld, aDoubt, anyWorld, argumentOf, belowMinimumWorld, floorOf, killSwitch, outOfBandWorld, oversizedWorld, wedgedWorld } from './precedence-worlds.ts'
import type { Given, World } from './precedence-worlds.ts'

const decided = (world: World, given: Given = {}): Verdict => decide(argumentOf(world, given))
const stopped = (world: World, given: Given = {}): string => told(decided(world, { ...given, controls: [killSwitch] }))

/** The reason of a hold, or kind and counts of an order. */
const told = (verdict: Verdict): string => ('hold' in verdict ? verdict.hold.reason : `${verdict.order.kind} ${showCounts(verdict.order.to)}`)

/** Where the verdict leads: the ordered counts, else those that stand. */
const leadsTo = (verdict: Verdict, { current }: World): RoleCounts => ('order' in verdict ? verdict.order.to : current)

const isLess = (a: RoleCounts, b: RoleCounts): boolean => a.prefill < b.prefill || a.decode < b.decode
const ofEvidence = ['EVIDENCE_MISSING', 'EVIDENCE_STALE', 'EVIDENCE_FAILED', 'COVERAGE_LOW']
const isInBand = (world: World, counts: RoleCounts): boolean => inBand(counts, ratioBandOf(argumentOf(world).spec))

/** Removal that used part of the rate, or all of it, half a minute ago. */
const lately = (worlds: fc.Arbitrary<World>): fc.Arbitrary<World> => fc.tuple(worlds, fc.integer({ min: 0, max: 12 })).map(([world, removed]) => ({ ...world, removed }))

const always = <Ts extends [unknown, ...unknown[]]>(worlds: { [K in keyof Ts]: fc.Arbitrary<Ts[K]> }, holds: (...given: Ts) => void): void =>
  fc.assert(fc.property(...worlds, (...given) => holds(...(given as unknown as Ts))), { numRuns: 300 })

/** The example of docs/precedence.md: 10P+20D at 1:2, of which the load needs 12 decode instances. */
const ten: World = {
  ratio: { prefill: 1, decode: 2 }, ratioTolerance: 0.2, current: { prefill: 10, decode: 20 }, min: { prefill: 1, decode: 2 }, max: { prefill: 30, decode: 60 },
  removable: 100, removed: 0, loadShare: 0.6,
}

describe('kill switch > evidence', () => {
  it('as in the example', () => {
    expect([told(decided(ten, { doubt: 'demand-stale' })), stopped(ten, { doubt: 'demand-stale' })]).toEqual(['EVIDENCE_STALE', 'KILL_SWITCH'])
  })
  it('what the evidence forbids or wants is not asked while the switch is on', () => {
    always<[World, Given['doubt']]>([anyWorld, fc.option(aDoubt, { nil: undefined })], (world, doubt) => {
      expect(stopped(world, doubt === undefined ? {} : { doubt })).toBe('KILL_SWITCH')
    })
  })
})

describe('kill switch > removal rate', () => {
  it('as in the example', () => {
    expect([told(decided(ten)), stopped(ten)]).toEqual(['scale-in 6P+12D', 'KILL_SWITCH'])
  })
  it('nothing is removed while the switch is on, whether or not the rate has something left', () => {
    always<[World]>([lately(oversizedWorld)], (world) => {
      fc.pre(isLess(leadsTo(decided(world), world), world.current) || told(decided(world)) === 'RATE_LIMITED')
      expect(stopped(world)).toBe('KILL_SWITCH')
    })
  })
})

describe('kill switch > bounds', () => {
  it('as in the example', () => {
    const raised = { ...ten, min: { prefill: 12, decode: 24 } }
    expect([told(decided(raised)), stopped(raised)]).toEqual(['scale-out 12P+24D', 'KILL_SWITCH'])
  })
  it('a raised minimum and a lowered maximum wait until the switch is off', () => {
    always<[World]>([fc.oneof(belowMinimumWorld, aboveMaximumWorld)], (world) => {
      fc.pre('order' in decided(world))
      expect(stopped(world)).toBe('KILL_SWITCH')
    })
  })
})

describe('kill switch > ratio', () => {
  it('as in the example', () => {
    const lopsided = { ...ten, current: { prefill: 20, decode: 20 }, loadShare: 1 }
    expect([told(decided(lopsided)), stopped(lopsided)]).toEqual(['rebalance 20P+32D', 'KILL_SWITCH'])
  })
  it('counts that are out of band stay so until the switch is off', () => {
    always<[World]>([outOfBandWorld], (world) => {
      fc.pre(told(decided(world)).startsWith('rebalance'))
      expect(stopped(world)).toBe('KILL_SWITCH')
    })
  })
})

describe('evidence > removal rate', () => {
  it('as in the example', () => {
    const limited = { ...ten, removable: 2, removed: 2 }
    expect([told(decided(limited)), told(decided(limited, { doubt: 'ttft-missing' })), told(decided(ten, { doubt: 'ttft-missing' }))]).toEqual(['RATE_LIMITED', 'EVIDENCE_MISSING', 'EVIDENCE_MISSING'])
  })
  it('what is left of the rate is no leave to remove: on doubtful evidence nothing goes, and the evidence is the reason', () => {
    always<[World, NonNullable<Given['doubt']>]>([lately(oversizedWorld), aDoubt], (world, doubt) => {
      fc.pre(isLess(leadsTo(decided(world), world), world.current) || told(decided(world)) === 'RATE_LIMITED')
      expect(ofEvidence).toContain(told(decided(world, { doubt })))
    })
  })
})

describe('evidence > bounds', () => {
  it('as in the example', () => {
    const lowered = { ...ten, max: { prefill: 7, decode: 14 } }
    expect([told(decided(lowered)), told(decided(lowered, { doubt: 'tbt-missing' }))]).toEqual(['scale-in 6P+12D', 'EVIDENCE_MISSING'])
  })
  it('a lowered maximum never removes on doubtful evidence', () => {
    always<[World, NonNullable<Given['doubt']>]>([aboveMaximumWorld, aDoubt], (world, doubt) => {
      expect(ofEvidence).toContain(told(decided(world, { doubt })))
    })
  })
  it('a raised minimum is not followed while nobody knows how many instances there are', () => {
    always<[World]>([belowMinimumWorld], (world) => {
      expect('order' in decided(world)).toBe(true)
      for (const doubt of ['instances-stale', 'instances-incomplete'] as const) expect('hold' in decided(world, { doubt })).toBe(true)
    })
  })
})

describe('evidence > ratio', () => {
  it('as in the example', () => {
    const lopsided = { ...ten, current: { prefill: 20, decode: 20 }, loadShare: 1 }
    expect([told(decided(lopsided, { doubt: 'demand-missing' })), told(decided(lopsided, { doubt: 'instances-stale' }))]).toEqual(['rebalance 20P+32D', 'INSIDE_TOLERANCE'])
  })
  it('no surplus goes for the sake of the ratio on doubtful evidence, and nothing at all moves while the instances are not known', () => {
    always<[World, NonNullable<Given['doubt']>]>([outOfBandWorld, aDoubt], (world, doubt) => {
      const verdict = decided(world, { doubt })
      expect(isLess(leadsTo(verdict, world), world.current)).toBe(false)
      if (doubt.startsWith('instances')) expect(leadsTo(verdict, world)).toEqual(world.current)
    })
  })
})

describe('removal rate > bounds', () => {
  it('as in the example', () => {
    expect(told(decided({ ...ten, max: { prefill: 5, decode: 10 }, removable: 3 }))).toBe('scale-in 7P+17D')
  })
  it('a lowered maximum is reached in steps of the rate, however far away it is', () => {
    always<[World]>([lately(aboveMaximumWorld)], (world) => {
      fc.pre(isLess(world.max, floorOf(world)))
      expect(isLess(leadsTo(decided(world), world), floorOf(world))).toBe(false)
    })
  })
})

describe('removal rate > ratio', () => {
  it('as in the example', () => {
    const steep = { ...ten, ratio: { prefill: 1, decode: 4 }, ratioTolerance: 0.1, current: { prefill: 5, decode: 20 }, loadShare: 0.4, removable: 2 }
    expect([floorOf(steep), told(decided(steep))]).toEqual([{ prefill: 3, decode: 18 }, 'scale-in 4P+18D'])
  })
  it('a pair in band is looked for above what the rate leaves, never below', () => {
    always<[World]>([lately(oversizedWorld)], (world) => {
      fc.pre(!isInBand(world, floorOf(world)))
      expect(isLess(leadsTo(decided(world), world), floorOf(world))).toBe(false)
    })
  })
})

describe('bounds > ratio', () => {
  it('as in the example', () => {
    const capped = { ...ten, current: { prefill: 20, decode: 20 }, max: { prefill: 20, decode: 30 }, loadShare: 1 }
    const floored = { ...ten, min: { prefill: 9, decode: 2 } }
    expect([told(decided(capped)), told(decided(floored))]).toEqual(['NO_FEASIBLE_PAIR', 'scale-in 9P+14D'])
  })
  it('no repair of the ratio leads above a maximum or below a minimum', () => {
    always<[World]>([fc.oneof(anyWorld, wedgedWorld)], (world) => {
      const to = leadsTo(decided(world), world)
      for (const role of ['prefill', 'decode'] as const) {
        expect(to[role]).toBeLessThanOrEqual(Math.max(world.current[role], world.max[role]))
        expect(to[role]).toBeGreaterThanOrEqual(Math.min(world.current[role], world.min[role]))
      }
    })
  })
})
