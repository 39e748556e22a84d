/** Where a scale-out goes: affinity, scarcity, GPU preferences, existing or new groups, whole ratio batches. */
import { describe, expect, it } from 'vitest'
import { runCycle } from '../../../core/placement/cycle.ts'
import { viewOf } from '../../../core/placement/view.ts'
import type { PlacementAnswer, PlacementRequest } from '../../../core/events/placed.ts'
import type { CellState } from '../../../core/placement/cell.ts'
import { at, cellOf, groupOf, NOW, requestOf, showAnswer } from './small-cell.ts'

const place = (cell: CellState, request: PlacementRequest): PlacementAnswer | undefined => runCycle(viewOf(cell, at(NOW)), [request], NOW)[0]

const heterogeneous = (prefill: readonly string[], decode: readonly string[]): PlacementRequest['requirements'] => [
  { role: 'prefill', gpusPerInstance: 8, gpuTypes: prefill },
  { role: 'decode', gpusPerInstance: 8, gpuTypes: decode },
]

describe('affinity', () => {
  it('keeps all instances of an S2 group below one S2 switch, even when two half-full ones would do', () => {
    const cell = cellOf({ 's2-0/s1-0': ['H100'], 's2-1/s1-0': ['H100:4', 'H100'] })
    const answer = place(cell, requestOf({ target: { prefill: 1, decode: 2 } }))
    expect(showAnswer(answer)).toEqual(['chat-2-0 new 0P+0D -> 1P+2D in sub-0/s2-1'])
    expect(answer?.refusal).toBeNull()
    expect(answer?.groups[0]?.reserved.map(({ node, gpus }) => `${node} ${gpus}`)).toEqual([
      'sub-0-s2-1-s1-0-n0 4',
      'sub-0-s2-1-s1-0-n1 4',
      'sub-0-s2-1-s1-0-n1 4',
    ])
  })

  it('refuses an S1 group that fits an S2 domain but no S1 domain, with the numbers', () => {
    const cell = cellOf({ 's2-0/s1-0': ['H100'], 's2-0/s1-1': ['H100:4'] })
    const answer = place(cell, requestOf({ target: { prefill: 1, decode: 2 }, affinity: 's1', band: { lo: 0.5, hi: 0.5 } }))
    expect(showAnswer(answer)).toEqual(['chat-2-0 new 0P+0D -> 1P+1D in sub-0/s2-0/s1-0'])
    expect(answer?.refusal).toBe(
      'NO_CAPACITY: 0P+1D of 1P+2D not placed; needs 4 more H100 for decode in one S1 domain; ' +
        'largest free is 4 H100 in vdc-0/cluster-0/sub-0/s2-0/s1-1; each group must keep P/D in 0.5 to 0.5 with one instance of slack, and 0 groups are busy',
    )
  })

  it('lets a cluster group stand anywhere below its sub-cluster', () => {
    const cell = cellOf({ 's2-0/s1-0': ['H100:4'], 's2-1/s1-0': ['H100:4'], 's2-2/s1-0': ['H100:4'] })
    const answer = place(cell, requestOf({ target: { prefill: 1, decode: 2 }, affinity: 'cluster' }))
    expect(showAnswer(answer)).toEqual(['chat-2-0 new 0P+0D -> 1P+2D in sub-0'])
  })

  it('does not extend a group whose domain is wider than the affinity allows now', () => {
    const wide = groupOf({ group: 'old', domain: 'vdc-0/cluster-0/sub-0', counts: { prefill: 1, decode: 2 } })
    const cell = cellOf({ 's2-0/s1-0': ['H100', 'H100'] }, [wide])
    expect(showAnswer(place(cell, requestOf({ target: { prefill: 2, decode: 4 } })))).toEqual(['chat-2-0 new 0P+0D -> 1P+2D in sub-0/s2-0'])
  })
})

describe('scarcity', () => {
  it('opens a new group on common hardware rather than extend one that stands on scarce hardware', () => {
    const scarce = groupOf({ group: 'old', domain: 'vdc-0/cluster-0/sub-0/s2-0', counts: { prefill: 1, decode: 2 } })
    const cell = cellOf({ 's2-0/s1-0': ['H100', 'H100', 'L20'], 's2-1/s1-0': ['H100', 'H100'] }, [scarce])
    expect(showAnswer(place(cell, requestOf({ target: { prefill: 2, decode: 4 } })))).toEqual(['chat-2-0 new 0P+0D -> 1P+2D in sub-0/s2-1'])
  })

  it('prefers an S2 that is mixed by minipod over one whose minipods are mixed', () => {
    const cell = cellOf({ 's2-0/s1-0': ['H20', 'L20', 'L20'], 's2-1/s1-0': ['H20'], 's2-1/s1-1': ['L20', 'L20'] })
    const answer = place(cell, requestOf({ target: { prefill: 1, decode: 2 }, requirements: heterogeneous(['H20'], ['L20']) }))
    expect(showAnswer(answer)).toEqual(['chat-2-0 new 0P+0D -> 1P+2D in sub-0/s2-1'])
  })

  it('extends the existing group when the hardware is equally common', () => {
    const old = groupOf({ group: 'old', domain: 'vdc-0/cluster-0/sub-0/s2-1', counts: { prefill: 1, decode: 2 } })
    const cell = cellOf({ 's2-0/s1-0': ['H100', 'H100'], 's2-1/s1-0': ['H100', 'H100', 'H100'] }, [old])
    const answer = place(cell, requestOf({ target: { prefill: 2, decode: 4 } }))
    expect(showAnswer(answer)).toEqual(['old 1P+2D -> 2P+4D in sub-0/s2-1'])
    expect(answer?.groups[0]).toMatchObject({ uid: 'uid-old', resourceVersion: '7', isNew: false })
  })
})

describe('GPU types', () => {
  it('puts prefill on H20 and decode on L20 below one S2 when the service prefers so', () => {
    const cell = cellOf({ 's2-0/s1-0': ['H20', 'H20'], 's2-0/s1-1': ['L20', 'L20'] })
    const answer = place(cell, requestOf({ target: { prefill: 1, decode: 2 }, requirements: heterogeneous(['H20'], ['L20']) }))
    expect(answer?.groups[0]?.gpuTypes).toEqual({ prefill: 'H20', decode: 'L20' })
    expect(answer?.groups[0]?.reserved.map(({ node, role }) => `${role} ${node}`)).toEqual([
      'prefill sub-0-s2-0-s1-0-n0',
      'decode sub-0-s2-0-s1-1-n0',
      'decode sub-0-s2-0-s1-1-n1',
    ])
  })

  it('falls back to the second GPU type where the first has no room', () => {
    const cell = cellOf({ 's2-0/s1-0': ['H100'], 's2-1/s1-0': ['A100', 'A100', 'A100'] })
    const answer = place(cell, requestOf({ target: { prefill: 1, decode: 2 }, requirements: heterogeneous(['H100', 'A100'], ['H100', 'A100']) }))
    expect(answer?.groups[0]?.gpuTypes).toEqual({ prefill: 'A100', decode: 'A100' })
  })

  it('names the GPU types that are short when the cell has none of them', () => {
    const cell = cellOf({ 's2-0/s1-0': ['L20'] })
    const answer = place(cell, requestOf({ target: { prefill: 1, decode: 2 } }))
    expect(answer?.groups).toEqual([])
    expect(answer?.refusal).toContain('NO_CAPACITY: 1P+2D of 1P+2D not placed; needs 4 more H100 for prefill and 8 more H100 for decode in one S2 domain')
    expect(answer?.refusal).toContain('largest free is 0 H100 in')
  })

  it('gives an instance of 16 GPUs two whole nodes below one S1 switch', () => {
    const cell = cellOf({ 's2-0/s1-0': ['H100', 'H100:4'], 's2-0/s1-1': ['H100', 'H100'], 's2-0/s1-2': ['H100'] })
    const requirements: PlacementRequest['requirements'] = [
      { role: 'prefill', gpusPerInstance: 8, gpuTypes: ['H100'] },
      { role: 'decode', gpusPerInstance: 16, gpuTypes: ['H100'] },
    ]
    const answer = place(cell, requestOf({ target: { prefill: 1, decode: 1 }, ratio: { prefill: 1, decode: 1 }, band: { lo: 1, hi: 1 }, requirements }))
    const decode = answer?.groups[0]?.reserved.filter(({ role }) => role === 'decode').map(({ node, gpus }) => `${node} ${gpus}`)
    expect(decode).toEqual(['sub-0-s2-0-s1-1-n0 8', 'sub-0-s2-0-s1-1-n1 8'])
  })
})

describe('ratio batches', () => {
  const nine = { ratio: { prefill: 9, decode: 7 }, band: { lo: 1.2, hi: 1.4 } }

  it('keeps a 9:7 batch of 16 instances together where a domain has room for it', () => {
    const cell = cellOf({ 's2-0/s1-0': Array(6).fill('H100'), 's2-1/s1-0': Array(8).fill('H100') })
    const answer = place(cell, requestOf({ target: { prefill: 9, decode: 7 }, ...nine }))
    expect(showAnswer(answer)).toEqual(['chat-2-0 new 0P+0D -> 9P+7D in sub-0/s2-1'])
  })

  it('splits a batch over domains only when none can hold it, each part in band', () => {
    const cell = cellOf({ 's2-0/s1-0': Array(4).fill('H100'), 's2-1/s1-0': Array(4).fill('H100') })
    const answer = place(cell, requestOf({ target: { prefill: 9, decode: 7 }, ...nine }))
    expect(showAnswer(answer)).toEqual(['chat-2-0 new 0P+0D -> 5P+3D in sub-0/s2-0', 'chat-2-1 new 0P+0D -> 4P+4D in sub-0/s2-1'])
    expect(answer?.refusal).toBeNull()
  })

  it('places the batches that fit and says what is missing', () => {
    const cell = cellOf({ 's2-0/s1-0': ['H100', 'H100', 'H100'] })
    const answer = place(cell, requestOf({ target: { prefill: 3, decode: 6 } }))
    expect(showAnswer(answer)).toEqual(['chat-2-0 new 0P+0D -> 2P+4D in sub-0/s2-0'])
    expect(answer?.refusal).toContain('NO_CAPACITY: 1P+2D of 3P+6D not placed')
  })

  it('never opens a group with one role only', () => {
    const cell = cellOf({ 's2-0/s1-0': ['H100:4'] })
    const answer = place(cell, requestOf({ target: { prefill: 1, decode: 2 } }))
    expect(answer?.groups).toEqual([])
  })
})

describe('requests', () => {
  it('refuses an expired request and reserves nothing', () => {
    const cell = cellOf({ 's2-0/s1-0': ['H100', 'H100'] })
    const answer = place(cell, requestOf({ target: { prefill: 1, decode: 2 }, expiresAt: NOW - 1 }))
    expect(answer).toMatchObject({ groups: [], refusal: expect.stringContaining(`EXPIRED: the request had to be placed by ${NOW - 1}`) as unknown })
  })

  it('places nothing and refuses nothing when the service already stands at its target', () => {
    const old = groupOf({ group: 'old', domain: 'vdc-0/cluster-0/sub-0/s2-0', counts: { prefill: 1, decode: 2 } })
    const answer = place(cellOf({ 's2-0/s1-0': ['H100'] }, [old]), requestOf({ target: { prefill: 1, decode: 2 } }))
    expect(answer).toMatchObject({ groups: [], refusal: null })
  })

  it('leaves a busy group alone and opens another for the growth', () => {
    const old = groupOf({ group: 'old', domain: 'vdc-0/cluster-0/sub-0/s2-0', counts: { prefill: 1, decode: 2 } })
    const cell = cellOf({ 's2-0/s1-0': ['H100', 'H100'] }, [old])
    const answer = place(cell, requestOf({ target: { prefill: 2, decode: 4 }, busyGroups: ['old'] }))
    expect(showAnswer(answer)).toEqual(['chat-2-0 new 0P+0D -> 1P+2D in sub-0/s2-0'])
  })

  it('serves the higher priority first, whatever the order of arrival', () => {
    const cell = cellOf({ 's2-0/s1-0': ['H100', 'H100'] })
    const low = requestOf({ requestId: 'i-low', service: 'batch', target: { prefill: 1, decode: 2 }, priority: 1, requestedAt: NOW - 5_000 })
    const high = requestOf({ requestId: 'i-high', service: 'chat', target: { prefill: 1, decode: 2 }, priority: 9 })
    const answers = runCycle(viewOf(cell, at(NOW)), [low, high], NOW)
    expect(answers.map(({ requestId, refusal }) => [requestId, refusal === null])).toEqual([['i-high', true], ['i-low', false]])
  })
})
