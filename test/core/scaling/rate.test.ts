/** What a period has removed is not given back by what it has added, nor the other way round. */
import { describe, expect, it } from 'vitest'
import type { Situation } from '../../../core/scaling/argument.ts'
import { noMemory } from '../../../core/scaling/memory.ts'
import type { Change } from '../../../core/scaling/memory.ts'
import { rateCeiling, rateFloor } from '../../../core/scaling/rate.ts'
import { specification, storyStart } from '../../support/decider-story.ts'

const policies = [{ type: 'Instances' as const, value: 3, periodSeconds: 60 }]
const spec = specification({ behavior: { scaleUp: { policies }, scaleDown: { policies } } })
const changedAt = (secondsAgo: number, from: number, to: number): Change => ({ atMs: storyStart - secondsAgo * 1000, from: { prefill: from, decode: 2 * from }, to: { prefill: to, decode: 2 * to } })
const after = (...changes: readonly Change[]): Situation => ({ spec, nowMs: storyStart, current: changes.at(-1)?.to, memory: { ...noMemory, changes } }) as unknown as Situation

describe('a rate policy of three instances a minute', () => {
  it('lets three go, and three come', () => {
    expect(rateFloor(after(changedAt(90, 5, 6)))).toEqual({ prefill: 3, decode: 9 })
    expect(rateCeiling(after(changedAt(90, 5, 6)))).toEqual({ prefill: 9, decode: 15 })
  })

  it('counts what was removed in the minute although as many have come since', () => {
    expect(rateFloor(after(changedAt(50, 6, 5), changedAt(10, 5, 6)))).toEqual({ prefill: 4, decode: 11 })
  })

  it('counts what was added in the minute although as many have gone since', () => {
    expect(rateCeiling(after(changedAt(50, 5, 6), changedAt(10, 6, 5)))).toEqual({ prefill: 7, decode: 11 })
  })
})
