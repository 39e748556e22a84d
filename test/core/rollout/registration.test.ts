/** The gate plan: which gates open and close, and that the registered P/D stays in band after every one of them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inBand } from '../../../core/ratio-band.ts'
import { servingCounts } from '../../../core/rollout/group-instances.ts'
import { planRegistration } from '../../../core/rollout/registration.ts'
import type { GroupStatus } from '../../../core/ports.ts'
import type { RoleCounts } from '../../../core/roles.ts'
import { band, counts, groupWith, instance } from './group-status.ts'

/** Serving counts after each change of the plan. */
const path = (group: GroupStatus): readonly RoleCounts[] => {
  let instances = group.instances
  return planRegistration(group).map((gate) => {
    instances = instances.map((it) => (it.instance === gate.instance ? { ...it, registered: gate.registered } : it))
    return servingCounts({ instances })
  })
}
const end = (group: GroupStatus): RoleCounts => path(group).at(-1) ?? servingCounts(group)

const ratios = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 40 })).map(([p, d, percent]) => ({
  lo: (p / d) * (1 - percent / 100),
  hi: (p / d) * (1 + percent / 100),
}))
const some = fc.record({ prefill: fc.integer({ min: 0, max: 14 }), decode: fc.integer({ min: 0, max: 14 }) })
const atMost = (a: RoleCounts, b: RoleCounts): RoleCounts => counts(Math.min(a.prefill, b.prefill), Math.min(a.decode, b.decode))

describe('planning gates', () => {
  it('brings a new group into service step by step, the deficient role first', () => {
    const group = groupWith(counts(2, 4), { ready: counts(2, 4), registered: counts(0, 0) })
    expect(path(group)).toEqual([counts(0, 1), counts(1, 1), counts(1, 2), counts(1, 3), counts(2, 3), counts(2, 4)])
  })

  it('changes nothing when the target is reached', () => {
    expect(planRegistration(groupWith(counts(2, 4), { ready: counts(3, 5), registered: counts(2, 4) }))).toEqual([])
  })

  it('opens prefill only as far as the band allows while decoders are still starting', () => {
    const group = groupWith(counts(6, 12), { ready: counts(6, 4), registered: counts(2, 4), starting: counts(0, 8) })
    expect(end(group)).toEqual(counts(3, 4))
  })

  it('opens the oldest and closes the newest', () => {
    const grown = groupWith(counts(1, 3), { ready: counts(1, 5), registered: counts(1, 2) })
    expect(planRegistration(grown)).toEqual([{ instance: 'g-decode-2', registered: true }])
    const shrunk = groupWith(counts(1, 2), { ready: counts(1, 3), registered: counts(1, 3) })
    expect(planRegistration(shrunk)).toEqual([{ instance: 'g-decode-2', registered: false }])
  })

  it('closes nothing that is needed after a node loss took most decoders, and waits for their replacements', () => {
    const lost = groupWith(counts(6, 12), { ready: counts(6, 5), registered: counts(6, 5) })
    expect(inBand(servingCounts(lost), band)).toBe(false)
    expect(planRegistration(lost)).toEqual([])
    const replaced = groupWith(counts(6, 12), { ready: counts(6, 12), registered: counts(6, 5) })
    expect(end(replaced)).toEqual(counts(6, 12))
  })

  it('does not make an excursion worse: prefill stays closed while decoders are missing', () => {
    expect(planRegistration(groupWith(counts(6, 12), { ready: counts(6, 2), registered: counts(3, 2) }))).toEqual([])
  })

  it('closes the gate of an instance that died, and opens a spare one in its place', () => {
    const group = groupWith(counts(1, 2), { ready: counts(1, 2), registered: counts(1, 1) })
    const dead = instance('decode', 9, { phase: 'failed', registered: true })
    expect(planRegistration({ ...group, instances: [...group.instances, dead] })).toEqual([
      { instance: 'g-decode-9', registered: false },
      { instance: 'g-decode-1', registered: true },
    ])
  })

  it('leaves service completely when the target is nothing', () => {
    expect(end(groupWith(counts(0, 0), { ready: counts(3, 6), registered: counts(3, 6) }))).toEqual(counts(0, 0))
  })
})

describe('for any group', () => {
  const groups = fc.tuple(some, some, some, ratios).map(([target, ready, registered, ratio]) =>
    groupWith(target, { ready, registered: atMost(registered, ready) }, { band: ratio }),
  )

  it('a group in band stays in band after every single gate', () => {
    fc.assert(fc.property(groups, (group) => {
      fc.pre(inBand(servingCounts(group), group.band))
      for (const step of path(group)) expect(inBand(step, group.band)).toBe(true)
    }), { numRuns: 2000 })
  })

  it('nothing is closed below what is both wanted and ready, and nothing opened beyond the target', () => {
    fc.assert(fc.property(groups, (group) => {
      const before = servingCounts(group)
      const ready = counts(group.instances.filter((it) => it.role === 'prefill').length, group.instances.filter((it) => it.role === 'decode').length)
      const aim = atMost(group.registrationTarget, ready)
      for (const step of path(group)) {
        for (const role of ['prefill', 'decode'] as const) {
          expect(step[role]).toBeGreaterThanOrEqual(Math.min(before[role], aim[role]))
          expect(step[role]).toBeLessThanOrEqual(Math.max(before[role], aim[role]))
        }
      }
    }), { numRuns: 2000 })
  })

  it('a target in band is reached once everything is ready', () => {
    fc.assert(fc.property(groups, (group) => {
      fc.pre(inBand(servingCounts(group), group.band) && inBand(group.registrationTarget, group.band))
      fc.pre(group.registrationTarget.prefill <= group.instances.filter((it) => it.role === 'prefill').length)
      fc.pre(group.registrationTarget.decode <= group.instances.filter((it) => it.role === 'decode').length)
      expect(end(group)).toEqual(group.registrationTarget)
    }), { numRuns: 2000 })
  })
})
