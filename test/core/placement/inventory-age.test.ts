/** Hardware that nobody restates any more is not promised to anyone. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openCell, type CellState } from '../../../core/placement/cell.ts'
import { decidePlacement } from '../../../core/placement/decide.ts'
import { defaultMaxInventoryAgeMs } from '../../../core/placement/inventory-age.ts'
import { viewOf } from '../../../core/placement/view.ts'
import { at, cellOf, foldAll, groupOf, inventoriesOf, nodesOf, NOW, requestOf, showAnswer } from './small-cell.ts'

/** Four nodes of 8 GPUs in `sub-0/s2-0` and two in `sub-0/s2-1`, seen so long ago. */
const seenBefore = (ages: { readonly first: number; readonly second: number }): CellState =>
  foldAll(openCell('cell-0'), [
    ...inventoriesOf(nodesOf({ 's2-0/s1-0': ['H100', 'H100', 'H100', 'H100'] }), [], NOW - ages.first),
    ...inventoriesOf(nodesOf({ 's2-1/s1-0': ['H100', 'H100'] }), [], NOW - ages.second),
  ])
const oneBatch = requestOf({ target: { prefill: 1, decode: 2 } })
const old = defaultMaxInventoryAgeMs + 1

describe('an inventory that nobody restates', () => {
  it('is believed up to its age, and promises nothing beyond', () => {
    const cell = cellOf({ 's2-0/s1-0': ['H100', 'H100'] })
    const observed = NOW - 1_000
    expect(decidePlacement(cell, [{ ...oneBatch, expiresAt: NOW * 2 }], at(observed + defaultMaxInventoryAgeMs)).answers[0]?.groups).toHaveLength(1)
    const late = decidePlacement(cell, [{ ...oneBatch, expiresAt: NOW * 2 }], at(observed + old)).answers[0]
    expect(late?.groups).toEqual([])
    expect(late?.refusal).toContain('nothing is taken as free in sub-0/s2-0, whose inventory is too old')
  })

  it('leaves growth to the domains that are still seen', () => {
    const [answer] = decidePlacement(seenBefore({ first: old, second: 1_000 }), [oneBatch], at(NOW)).answers
    expect(showAnswer(answer)).toEqual(['chat-2-0 new 0P+0D -> 1P+2D in sub-0/s2-1'])
  })

  it('is believed again once it is restated', () => {
    const gone = seenBefore({ first: old, second: old })
    expect(decidePlacement(gone, [oneBatch], at(NOW)).answers[0]?.groups).toEqual([])
    const back = foldAll(gone, inventoriesOf(nodesOf({ 's2-0/s1-0': ['H100', 'H100'] }), [], NOW))
    expect(decidePlacement(back, [oneBatch], at(NOW)).answers[0]?.groups).toHaveLength(1)
  })

  it('keeps its groups known: they count for their service and can still shrink', () => {
    const standing = groupOf({ group: 'g', domain: 'vdc-0/cluster-0/sub-0/s2-0', counts: { prefill: 2, decode: 4 } })
    const cell = foldAll(openCell('cell-0'), inventoriesOf(nodesOf({ 's2-0/s1-0': ['H100'] }), [standing], NOW - old))
    const [same] = decidePlacement(cell, [requestOf({ target: { prefill: 2, decode: 4 } })], at(NOW)).answers
    expect(same).toMatchObject({ groups: [], refusal: null })
    const [less] = decidePlacement(cell, [oneBatch], at(NOW)).answers
    expect(showAnswer(less)).toEqual(['g 2P+4D -> 1P+2D in sub-0/s2-0'])
  })
})

describe('a cycle', () => {
  it('never reserves on a node whose inventory is too old, whatever the ages', () => {
    const anyAge = fc.integer({ min: 0, max: 2 * defaultMaxInventoryAgeMs })
    fc.assert(
      fc.property(fc.record({ first: anyAge, second: anyAge }), fc.integer({ min: 1, max: 4 }), (ages, batches) => {
        const cell = seenBefore(ages)
        const asked = requestOf({ target: { prefill: batches, decode: 2 * batches } })
        const reserved = decidePlacement(cell, [asked], at(NOW)).answers.flatMap(({ groups }) => groups.flatMap((group) => group.reserved))
        const tooOld = [...(ages.first > defaultMaxInventoryAgeMs ? ['s2-0'] : []), ...(ages.second > defaultMaxInventoryAgeMs ? ['s2-1'] : [])]
        expect(reserved.filter(({ node }) => tooOld.some((s2) => node.includes(s2)))).toEqual([])
        for (const [key, gpus] of viewOf(cell, at(NOW)).free) expect(gpus).toBe(tooOld.some((s2) => key.includes(s2)) ? 0 : 8)
      }),
      { numRuns: 200 },
    )
  })
})
