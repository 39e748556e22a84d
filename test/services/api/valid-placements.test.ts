/** The read model shows the placements that the cells' owners hold valid, also of a log whose beginning was deleted. */
import { describe, expect, it } from 'vitest'
import type { PlacementDecided } from '../../../core/events/placed.ts'
import { createValidPlacements } from '../../../services/api/valid-placements.ts'
import { placement } from './one-scale-out.ts'

const onTopOf = (basedOn: number): PlacementDecided => ({ ...placement, basedOn })

/** Offsets whose answers were shown, of `[offset, basedOn]` in partition 0. */
const shown = (log: readonly (readonly [number, number])[], firstSeen = log[0]?.[0] ?? 0): readonly string[] => {
  const placements = createValidPlacements()
  placements.saw({ topic: 'cells', partition: 0, offset: firstSeen })
  return log.flatMap(([offset, basedOn]) => {
    placements.saw({ topic: 'cells', partition: 0, offset })
    return placements.answersOf(onTopOf(basedOn), { partition: 0, offset }).map(({ corrects }) => `${offset}${corrects ? ' corrects' : ''}`)
  })
}

describe('placements that count', () => {
  it('are those of the unbroken chain', () => {
    expect(shown([[0, -1], [1, 0], [2, 0], [3, 1]])).toEqual(['0', '1', '3'])
  })

  it('do not begin with a record that builds on one this log never held', () => {
    expect(shown([[3, 120]], 0)).toEqual([])
  })

  it('go on behind a void record that retention left at the head, and correct what it said', () => {
    expect(shown([[5, 2], [6, 3], [7, 6]])).toEqual(['5', '6 corrects', '7'])
  })
})
