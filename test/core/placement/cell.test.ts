/** The fold of a cell's log: chain of placements, reservations, releases, inventories that settle them. */
import { describe, expect, it } from 'vitest'
import type { PlacementRequest, ReservationReleased } from '../../../core/events/placed.ts'
import { maxAnswers } from '../../../core/placement/answers.ts'
import { evolveCell, openCell, type CellState } from '../../../core/placement/cell.ts'
import { decidePlacement } from '../../../core/placement/decide.ts'
import { openReservedGpus, viewOf } from '../../../core/placement/view.ts'
import { at, cellOf, foldAll, groupOf, inventoriesOf, nodesOf, NOW, requestOf, showAnswer } from './small-cell.ts'

const drawing = { 's2-0/s1-0': ['H100', 'H100'] }
const oneBatch = requestOf({ target: { prefill: 1, decode: 2 } })

const decide = (state: CellState, request: PlacementRequest, time = NOW): CellState => foldAll(state, [decidePlacement(state, [request], at(time))])

const release = (fields: Partial<ReservationReleased> = {}): ReservationReleased => ({
  type: 'ReservationReleased',
  cell: 'cell-0',
  requestId: 'i-1',
  group: 'chat-2-0',
  outcome: 'committed',
  time: NOW + 10_000,
  ...fields,
})

const freeGpus = (state: CellState): number => [...viewOf(state, at(NOW)).free.values()].reduce((sum, gpus) => sum + gpus, 0)

describe('reservations', () => {
  it('take their GPUs out of what may be promised, from the record on', () => {
    const cell = decide(cellOf(drawing), oneBatch)
    expect(freeGpus(cell)).toBe(16 - 12)
    expect(openReservedGpus(cell)).toBe(12)
  })

  it('hold after their release until an inventory taken later is folded', () => {
    const released = foldAll(decide(cellOf(drawing), oneBatch), [release()])
    expect(openReservedGpus(released)).toBe(0)
    expect(freeGpus(released)).toBe(4)
    const used = nodesOf({ 's2-0/s1-0': ['H100:0', 'H100:4'] })
    const before = foldAll(released, inventoriesOf(used, [], NOW + 9_999))
    expect(freeGpus(before)).toBe(0)
    const after = foldAll(released, inventoriesOf(used, [], NOW + 10_000))
    expect(freeGpus(after)).toBe(4)
    expect(after.reservations.size).toBe(0)
  })

  it('hold when an inventory that came before the release claims a later time, as another machine\'s clock may', () => {
    const placed = decide(cellOf(drawing), oneBatch)
    const ahead = foldAll(placed, inventoriesOf(nodesOf(drawing), [], NOW + 60_000))
    expect(freeGpus(foldAll(ahead, [release()]))).toBe(16 - 12)
  })

  it('are given back once: a second release, or one of an unknown group, changes nothing', () => {
    const released = foldAll(decide(cellOf(drawing), oneBatch), [release()])
    const again = foldAll(released, [release({ outcome: 'rolled-back', time: NOW + 99_000 }), release({ group: 'other' })])
    expect(again).toEqual({ ...released, lastOffset: released.lastOffset + 2 })
  })

  it('of one S2 domain are not settled by the inventory of another', () => {
    const wide = cellOf({ ...drawing, 's2-1/s1-0': ['L20'] })
    const released = foldAll(decide(wide, oneBatch), [release()])
    const other = inventoriesOf(nodesOf({ 's2-1/s1-0': ['L20'] }), [], NOW + 20_000)
    expect(freeGpus(foldAll(released, other))).toBe(4 + 8)
  })
})

describe('groups under a placement', () => {
  const old = groupOf({ group: 'old', domain: 'vdc-0/cluster-0/sub-0/s2-0', counts: { prefill: 1, decode: 2 } })
  const grown = requestOf({ target: { prefill: 2, decode: 4 } })
  const next = requestOf({ requestId: 'i-2', sequence: 3, target: { prefill: 2, decode: 4 } })

  it('of a rollout that may still be undone let no later order pass its target (seed 2091 of the simulation)', () => {
    const wide = { 's2-0/s1-0': ['H100', 'H100', 'H100', 'H100'] }
    const big = groupOf({ group: 'big', domain: 'vdc-0/cluster-0/sub-0/s2-0', counts: { prefill: 2, decode: 4 } })
    const shrinking = decide(cellOf(wide, [big]), requestOf({ requestId: 'i-less', target: { prefill: 1, decode: 2 } }))
    const answerTo = (target: { prefill: number; decode: number }) => decidePlacement(shrinking, [requestOf({ requestId: 'i-more', target, busyGroups: ['big'] })], at(NOW)).answers[0]
    expect(showAnswer(answerTo({ prefill: 3, decode: 6 }))).toEqual(['chat-2-0 new 0P+0D -> 1P+2D in sub-0/s2-0'])
    expect(answerTo({ prefill: 3, decode: 6 })?.refusal).toContain('UNDER_WAY: 1P+2D of 3P+6D rest')
    expect(answerTo({ prefill: 2, decode: 4 })).toMatchObject({ groups: [], refusal: expect.stringContaining('UNDER_WAY') as unknown })
  })

  it('count with what they were promised, so a repeated ask places nothing twice', () => {
    const cell = decide(cellOf({ 's2-0/s1-0': Array(6).fill('H100') }, [old]), grown)
    const record = decidePlacement(cell, [next], at(NOW + 1))
    expect(record.answers).toEqual([{ requestId: 'i-2', service: 'chat', groups: [], refusal: null }])
  })

  it('count with their outcome after the release while the inventory lags', () => {
    const cell = decide(cellOf({ 's2-0/s1-0': Array(6).fill('H100') }, [old]), grown)
    const committed = foldAll(cell, [release({ group: 'old' })])
    expect(showAnswer(decidePlacement(committed, [{ ...next, target: { prefill: 3, decode: 6 } }], at(NOW + 1)).answers[0])).toEqual([
      'old 2P+4D -> 3P+6D in sub-0/s2-0',
    ])
    const undone = foldAll(cell, [release({ group: 'old', outcome: 'rolled-back' })])
    expect(showAnswer(decidePlacement(undone, [next], at(NOW + 1)).answers[0])).toEqual(['old 1P+2D -> 2P+4D in sub-0/s2-0'])
  })

  it('are left alone while nobody has seen the uid of a new one', () => {
    const committed = foldAll(decide(cellOf({ 's2-0/s1-0': Array(6).fill('H100') }), oneBatch), [release()])
    expect(showAnswer(decidePlacement(committed, [next], at(NOW + 1)).answers[0])).toEqual(['chat-3-0 new 0P+0D -> 1P+2D in sub-0/s2-0'])
  })

  it('are gone when a newer inventory of their domain does not show them', () => {
    const committed = foldAll(decide(cellOf(drawing), oneBatch), [release()])
    const later = foldAll(committed, inventoriesOf(nodesOf(drawing), [], NOW + 20_000))
    expect(viewOf(later, at(NOW)).groups).toEqual([])
  })
})

describe('the chain of placements', () => {
  it('voids a record that was not computed on top of the last valid one', () => {
    const start = cellOf(drawing)
    const mine = decidePlacement(start, [oneBatch], at(NOW))
    const theirs = decidePlacement(start, [requestOf({ requestId: 'i-2', service: 'batch', target: { prefill: 1, decode: 2 } })], at(NOW))
    const first = foldAll(start, [mine])
    expect(foldAll(first, [theirs])).toEqual({ ...first, lastOffset: first.lastOffset + 1 })
  })

  it('carries on where retention deleted its beginning', () => {
    const whole = decide(cellOf(drawing), oneBatch)
    const later = decidePlacement(whole, [requestOf({ requestId: 'i-2', sequence: 3, target: { prefill: 0, decode: 0 } })], at(NOW))
    const truncated = evolveCell(openCell('cell-0', 5), { event: later, offset: 7 })
    expect(truncated.chain.last).toBe(7)
  })

  it('drops the promises of a void record that retention left at its head', () => {
    const batch = requestOf({ requestId: 'i-2', service: 'batch', target: { prefill: 1, decode: 2 } })
    const head = openCell('cell-0', 5)
    const lost = { ...decidePlacement(cellOf(drawing), [oneBatch], at(NOW)), basedOn: 2 }
    const counted = { ...decidePlacement(cellOf(drawing), [batch], at(NOW)), basedOn: 3 }
    const after = evolveCell(evolveCell(head, { event: lost, offset: 5 }), { event: counted, offset: 6 })
    expect(after).toEqual(evolveCell(head, { event: counted, offset: 6 }))
    expect([...after.answers.keys()]).toEqual(['i-2'])
  })

  it('believes nothing that was computed on another log', () => {
    const foreign = { ...decidePlacement(cellOf(drawing), [oneBatch], at(NOW)), basedOn: 120 }
    const start = cellOf(drawing)
    expect(foldAll(start, [foreign])).toEqual({ ...start, lastOffset: start.lastOffset + 1 })
  })

  it('keeps the first answer of a request id', () => {
    const once = decide(cellOf(drawing), oneBatch)
    const twice = decide(once, { ...oneBatch, target: { prefill: 0, decode: 0 } })
    expect(twice.answers).toEqual(once.answers)
    expect(twice.reservations).toEqual(once.reservations)
  })

  it('forgets the oldest answers, but none that holds a reservation', () => {
    const held = decide(cellOf(drawing), oneBatch)
    const requests = Array.from({ length: maxAnswers }, (_, index) => requestOf({ requestId: `e-${index}`, service: 'batch', target: { prefill: 0, decode: 0 } }))
    const full = foldAll(held, [decidePlacement(held, requests, at(NOW))])
    expect(full.answers.size).toBe(maxAnswers)
    expect([full.answers.has('i-1'), full.answers.has('e-0'), full.answers.has('e-1')]).toEqual([true, false, true])
  })

  it('stops at a record of another cell', () => {
    expect(() => evolveCell(openCell('cell-0'), { event: release({ cell: 'cell-1' }), offset: 0 })).toThrow('BUG: a record of cell cell-1')
  })
})

describe('inventories', () => {
  it('are replaced by newer ones only', () => {
    const newest = cellOf(drawing)
    const older = foldAll(newest, inventoriesOf(nodesOf({ 's2-0/s1-0': ['H100:0'] }), [], NOW - 2_000))
    expect(freeGpus(older)).toBe(16)
  })

  it('offer nothing on a node that cannot be scheduled', () => {
    const [inventory] = inventoriesOf(nodesOf(drawing).map((node, index) => ({ ...node, schedulable: index > 0 })))
    expect(freeGpus(foldAll(openCell('cell-0'), inventory === undefined ? [] : [inventory]))).toBe(8)
  })
})
