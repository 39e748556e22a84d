import { describe, expect, it } from 'vitest'
import { firstDifference } from '../../../core/audit/difference.ts'

describe('the first difference of two records', () => {
  it('is nothing when all fields are equal, in whatever order they stand', () => {
    expect(firstDifference({ a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1 })).toBeNull()
  })

  it('treats an undefined field as an absent one', () => {
    expect(firstDifference({ a: 1, b: undefined }, { a: 1 })).toBeNull()
  })

  it('names the field inside lists and records', () => {
    const recorded = { limits: [{ after: { decode: 4, prefill: 2 } }], zeta: 1 }
    const replayed = { limits: [{ after: { decode: 5, prefill: 2 } }], zeta: 2 }
    expect(firstDifference(recorded, replayed)).toEqual({ path: 'limits[0].after.decode', recorded: '4', replayed: '5' })
  })

  it('says where a list goes on in one of them only', () => {
    expect(firstDifference({ asks: [1] }, { asks: [1, 2] })).toEqual({ path: 'asks[1]', recorded: '(absent)', replayed: '2' })
  })

  it('looks inside a field that holds JSON text', () => {
    const argument = (tick: number) => JSON.stringify({ state: { tick } })
    expect(firstDifference({ argument: argument(7) }, { argument: argument(8) })).toEqual({
      path: 'argument:state.tick',
      recorded: '7',
      replayed: '8',
    })
  })

  it('distinguishes null, which is missing, from zero', () => {
    expect(firstDifference({ tps: null }, { tps: 0 })).toEqual({ path: 'tps', recorded: 'null', replayed: '0' })
  })

  it('cuts long values', () => {
    const found = firstDifference({ detail: 'x'.repeat(500) }, { detail: '' })
    expect(found?.recorded.length).toBeLessThan(130)
  })
})
