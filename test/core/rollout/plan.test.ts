import { describe, expect, it } from 'vitest'
import { activityIdOf, planRollout } from '../../../core/rollout/plan.ts'
import type { Plan } from '../../../core/rollout/plan.ts'
import { inBand } from '../../../core/ratio-band.ts'
import { counts, placementOf } from './orders.ts'

const shape = (plan: Plan): string[][] => plan.map((stage) => stage.map(activityIdOf))
const planOf = (changes: Parameters<typeof placementOf>[0]) => planRollout({ placement: placementOf(changes) })

describe('the plan of a rollout', () => {
  it('makes a new group, waits for both roles, then registers it', () => {
    expect(shape(planOf({ to: counts(2, 4) }))).toEqual([
      ['grow=2P+4D'],
      ['scheduled/prefill=2', 'scheduled/decode=4'],
      ['ready/prefill=2', 'ready/decode=4'],
      ['register=2P+4D'],
      ['registered=2P+4D'],
    ])
  })

  it('takes instances out of service before it removes them', () => {
    expect(shape(planOf({ from: counts(4, 8), to: counts(2, 4) }))).toEqual([
      ['register=2P+4D'],
      ['registered=2P+4D'],
      ['shrink=2P+4D'],
      ['gone=2P+4D'],
    ])
  })

  it('grows one role before it shrinks the other, when the ratio changes', () => {
    expect(shape(planOf({ from: counts(4, 8), to: counts(6, 7) }))).toEqual([
      ['grow=6P+8D'],
      ['scheduled/prefill=6'],
      ['ready/prefill=6'],
      ['register=6P+7D'],
      ['registered=6P+7D'],
      ['shrink=6P+7D'],
      ['gone=6P+7D'],
    ])
  })

  it('writes the registration target even when counts stay, because the band may have changed', () => {
    expect(shape(planOf({ from: counts(4, 8), to: counts(4, 8) }))).toEqual([['register=4P+8D'], ['registered=4P+8D']])
  })

  it('gives every effect an inverse and no wait one', () => {
    const steps = planOf({ from: counts(4, 8), to: counts(6, 7) }).flat()
    const effects = steps.filter(({ kind }) => kind === 'apply' || kind === 'register')
    expect(effects.map(({ inverse }) => inverse?.undoes)).toEqual(['grow', 'register', 'shrink'])
    expect(steps.filter((step) => !effects.includes(step)).every(({ inverse }) => inverse === null)).toBe(true)
  })

  it('never uses a step id twice, since the id is half of the idempotency key', () => {
    const ids = planOf({ from: counts(4, 8), to: counts(6, 7) }).flat().map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('states each write with the counts that the one before left', () => {
    const writes = planOf({ from: counts(4, 8), to: counts(6, 7) }).flat().filter(({ kind }) => kind === 'apply')
    expect(writes.map(({ before }) => before)).toEqual([counts(4, 8), counts(6, 8)])
  })

  it('keeps every written pair in band when both ends are', () => {
    const band = { lo: 0.4, hi: 0.6 }
    const inside = pairsUpTo(12).filter((pair) => inBand(pair, band))
    for (const from of inside) {
      for (const to of inside) {
        const written = planOf({ from, to }).flat().filter(({ kind }) => kind === 'apply' || kind === 'register')
        expect(written.filter((step) => !inBand(step.counts, band))).toEqual([])
      }
    }
  })
})

const pairsUpTo = (most: number) =>
  Array.from({ length: most + 1 }, (_, prefill) => Array.from({ length: most + 1 }, (_, decode) => counts(prefill, decode))).flat()
