/** Which groups give instances back, and how one role grows while the other shrinks. */
import { describe, expect, it } from 'vitest'
import type { PlacementAnswer, PlacementRequest } from '../../../core/events/placed.ts'
import type { CellState } from '../../../core/placement/cell.ts'
import { runCycle } from '../../../core/placement/cycle.ts'
import { viewOf } from '../../../core/placement/view.ts'
import { at, cellOf, groupOf, NOW, requestOf, showAnswer } from './small-cell.ts'

const place = (cell: CellState, request: PlacementRequest): PlacementAnswer | undefined => runCycle(viewOf(cell, at(NOW)), [request], NOW)[0]

const s2 = (name: string): string => `vdc-0/cluster-0/sub-0/${name}`

describe('scale-in', () => {
  const common = groupOf({ group: 'common', domain: s2('s2-0'), counts: { prefill: 2, decode: 4 } })
  const scarce = groupOf({ group: 'scarce', domain: s2('s2-1'), counts: { prefill: 2, decode: 4 } })
  const drawing = { 's2-0/s1-0': ['H100:0', 'H100:0', 'H100:0'], 's2-1/s1-0': ['H100:0', 'H100:0', 'H100:0', 'L20'] }

  it('shrinks the group on the scarcest hardware first', () => {
    const answer = place(cellOf(drawing, [common, scarce]), requestOf({ target: { prefill: 3, decode: 6 } }))
    expect(showAnswer(answer)).toEqual(['scarce 2P+4D -> 1P+2D in sub-0/s2-1'])
    expect(answer?.groups[0]?.reserved).toEqual([])
  })

  it('closes a group by bringing it to 0P+0D and goes on with the next', () => {
    const answer = place(cellOf(drawing, [common, scarce]), requestOf({ target: { prefill: 1, decode: 2 } }))
    expect(showAnswer(answer)).toEqual(['common 2P+4D -> 1P+2D in sub-0/s2-0', 'scarce 2P+4D -> 0P+0D in sub-0/s2-1'])
    expect(answer?.refusal).toBeNull()
  })

  it('never shrinks a busy group, and says how many were', () => {
    const answer = place(cellOf(drawing, [common, scarce]), requestOf({ target: { prefill: 0, decode: 0 }, busyGroups: ['scarce'] }))
    expect(showAnswer(answer)).toEqual(['common 2P+4D -> 0P+0D in sub-0/s2-0'])
    expect(answer?.refusal).toContain('NOT_REMOVABLE: 2P+4D could not be removed; 1 of 2 groups are under a rollout')
  })

  it('takes nothing from a service of which the order knew nothing, although it orders less than stands', () => {
    const first = requestOf({ target: { prefill: 1, decode: 2 }, believed: { prefill: 0, decode: 0 } })
    const answer = place(cellOf(drawing, [common, scarce]), first)
    expect(answer?.groups).toEqual([])
    expect(answer?.refusal).toBe('MORE_STANDS: 4P+8D stand where the order expected 0P+0D; 1P+2D was ordered, and down to 4P+8D may be removed')
  })

  it('takes what the order meant to take, and no more, where more stands than it knew of', () => {
    const oneLess = requestOf({ target: { prefill: 1, decode: 2 }, believed: { prefill: 2, decode: 4 } })
    const answer = place(cellOf(drawing, [common, scarce]), oneLess)
    expect(showAnswer(answer)).toEqual(['scarce 2P+4D -> 1P+2D in sub-0/s2-1'])
    expect(answer?.refusal).toContain('MORE_STANDS: 4P+8D stand where the order expected 2P+4D')
  })

  it('leaves no group with one role only', () => {
    const one = groupOf({ group: 'one', domain: s2('s2-0'), counts: { prefill: 1, decode: 2 } })
    const two = groupOf({ group: 'two', domain: s2('s2-1'), counts: { prefill: 1, decode: 2 } })
    const answer = place(cellOf(drawing, [one, two]), requestOf({ target: { prefill: 1, decode: 4 } }))
    expect(answer?.groups).toEqual([])
    expect(answer?.refusal).toContain('NOT_REMOVABLE: 1P+0D')
  })

  it('does not promise freed GPUs to another request of the same cycle', () => {
    const cell = cellOf({ 's2-0/s1-0': ['H100:0', 'H100:0', 'H100:0'] }, [common])
    const shrinking = requestOf({ requestId: 'i-in', target: { prefill: 1, decode: 2 }, priority: 9 })
    const growing = requestOf({ requestId: 'i-out', service: 'batch', target: { prefill: 1, decode: 2 } })
    const [first, second] = runCycle(viewOf(cell, at(NOW)), [growing, shrinking], NOW)
    expect(showAnswer(first)).toEqual(['common 2P+4D -> 1P+2D in sub-0/s2-0'])
    expect(second?.groups).toEqual([])
    expect(second?.refusal).toContain('largest free is 0 H100')
  })
})

describe('rebalance', () => {
  it('grows one role and shrinks the other inside the same group', () => {
    const group = groupOf({ group: 'g', domain: s2('s2-0'), counts: { prefill: 2, decode: 6 } })
    const cell = cellOf({ 's2-0/s1-0': ['H100', 'H100:0', 'H100:0', 'H100:0'] }, [group])
    const answer = place(cell, requestOf({ target: { prefill: 3, decode: 5 } }))
    expect(showAnswer(answer)).toEqual(['g 2P+6D -> 3P+5D in sub-0/s2-0'])
    expect(answer?.groups[0]?.reserved).toEqual([{ node: 'sub-0-s2-0-s1-0-n0', role: 'prefill', gpus: 4 }])
    expect(answer?.refusal).toBeNull()
  })

  it('neither uses what the shrinking role would free nor lets it go before the other has room', () => {
    const group = groupOf({ group: 'g', domain: s2('s2-0'), counts: { prefill: 2, decode: 6 } })
    const answer = place(cellOf({ 's2-0/s1-0': Array(4).fill('H100:0') }, [group]), requestOf({ target: { prefill: 3, decode: 3 }, band: { lo: 0.3, hi: 1 } }))
    expect(answer?.refusal).toContain('NO_CAPACITY: 1P+0D')
    expect(answer?.refusal).toContain('NOT_REMOVABLE: 0P+3D')
    expect(answer?.groups).toEqual([])
  })
})
