/** Which placements count: whoever reads the chain, and from wherever retention lets it begin, comes to the same. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { extendChain, judgePlacement, openChain, type PlacementChain } from '../../../core/placement/chain.ts'

type Entry = { readonly offset: number; readonly basedOn: number }

const read = (entries: readonly Entry[], logStart = 0): PlacementChain =>
  entries
    .filter(({ offset }) => offset >= logStart)
    .reduce((chain, entry) => (judgePlacement(chain, entry) === 'void' ? chain : extendChain(chain, entry, entry.offset)), openChain(logStart))

describe('the chain of placements', () => {
  it('begins with a record that builds on none', () => {
    expect(read([{ offset: 0, basedOn: -1 }]).last).toBe(0)
    expect(read([{ offset: 4, basedOn: 2 }]).last).toBe(-1)
  })

  it('takes the first of two that build on the same', () => {
    expect(read([{ offset: 0, basedOn: -1 }, { offset: 1, basedOn: 0 }, { offset: 2, basedOn: 0 }]).last).toBe(1)
  })

  it('finds its way behind a void record at the head, which builds on less than the next does', () => {
    const log = [{ offset: 2, basedOn: -1 }, { offset: 3, basedOn: 2 }, { offset: 5, basedOn: 2 }, { offset: 6, basedOn: 3 }, { offset: 8, basedOn: 6 }]
    expect(read(log).last).toBe(8)
    expect(read(log, 5).last).toBe(8)
  })

  it('does not let a late record push away a head on which the chain went on', () => {
    expect(read([{ offset: 5, basedOn: 2 }, { offset: 6, basedOn: 5 }, { offset: 7, basedOn: 3 }], 5).last).toBe(6)
  })

  it('leads to the same end from any beginning that still holds two records that count', () => {
    /** `late`: how many records that count the writer had not read. */
    const anyLog = fc.array(fc.record({ gap: fc.integer({ min: 1, max: 3 }), late: fc.constantFrom(0, 0, 1, 2) }), { minLength: 4, maxLength: 20 })
    fc.assert(
      fc.property(anyLog, fc.nat(60), (writes, logStart) => {
        const counted: number[] = [-1]
        const entries = writes.map(({ gap, late }, index): Entry => {
          const offset = writes.slice(0, index).reduce((sum, write) => sum + write.gap, gap)
          const basedOn = counted.at(-1 - Math.min(late, counted.length - 1)) ?? -1
          if (basedOn === counted.at(-1)) counted.push(offset)
          return { offset, basedOn }
        })
        fc.pre(counted.filter((offset) => offset >= logStart).length >= 2)
        expect(read(entries, logStart).last).toBe(counted.at(-1))
      }),
      { numRuns: 500 },
    )
  })
})
