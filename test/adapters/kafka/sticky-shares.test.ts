/** Partitions are shared equally, none is left out or doubled, and no more of them change hands than equal shares demand. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shareOut } from '../../../adapters/kafka/sticky-shares.ts'
import type { Claim } from '../../../adapters/kafka/sticky-shares.ts'

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
const newcomers = (...names: string[]): Claim[] => names.map((memberId) => ({ memberId, partitions: [], sinceMs: 0 }))
const claimsOf = (shares: ReadonlyMap<string, readonly number[]>, sinceMs = 1): Claim[] => [...shares].map(([memberId, partitions]) => ({ memberId, partitions, sinceMs }))
const ownersOf = (shares: ReadonlyMap<string, readonly number[]>) => new Map([...shares].flatMap(([memberId, share]) => share.map((partition) => [partition, memberId] as const)))
const moved = (before: ReadonlyMap<string, readonly number[]>, after: ReadonlyMap<string, readonly number[]>): number =>
  [...ownersOf(after)].filter(([partition, memberId]) => ownersOf(before).get(partition) !== memberId).length

const members = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 9 })
const anyClaims = members.chain((names) => fc.tuple(...names.map((memberId) => fc.record({ memberId: fc.constant(memberId), partitions: fc.array(fc.integer({ min: 0, max: 40 })), sinceMs: fc.integer({ min: 0, max: 3 }) }))))

describe('sharing partitions out', () => {
  it('gives every partition to one member, in shares that differ by at most one, whatever the members claim', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), anyClaims, (count, claims) => {
        const shares = shareOut(upTo(count), claims)
        expect([...shares.keys()].sort()).toEqual(claims.map(({ memberId }) => memberId).sort())
        expect([...shares.values()].flat().sort((a, b) => a - b)).toEqual(upTo(count))
        const sizes = [...shares.values()].map(({ length }) => length)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('does not depend on the order in which the members are listed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), anyClaims, (count, claims) => {
        const sorted = (shares: ReadonlyMap<string, readonly number[]>) => [...shares].sort()
        expect(sorted(shareOut(upTo(count), [...claims].reverse()))).toEqual(sorted(shareOut(upTo(count), claims)))
      }),
    )
  })

  it('moves nothing while the same members stay, to a newcomer no more than its share, and from one that leaves what it had', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 9 }), (count, names) => {
        const [newcomer = '', ...standing] = names
        const before = shareOut(upTo(count), newcomers(...standing))
        expect(moved(before, shareOut(upTo(count), claimsOf(before)))).toBe(0)
        const grown = shareOut(upTo(count), [...claimsOf(before), ...newcomers(newcomer)])
        expect(moved(before, grown)).toBe(grown.get(newcomer)?.length)
        const left = standing[0] ?? ''
        const shrunk = shareOut(upTo(count), claimsOf(grown).filter(({ memberId }) => memberId !== left))
        expect(moved(grown, shrunk)).toBe(grown.get(left)?.length)
      }),
    )
  })

  it('believes the later of two members that claim the same: the other one fell out of the group meanwhile', () => {
    const claims = [{ memberId: 'a-zombie', partitions: [0, 1, 2, 3], sinceMs: 1 }, { memberId: 'b', partitions: [0, 1], sinceMs: 2 }, { memberId: 'c', partitions: [2, 3], sinceMs: 2 }]
    const shares = shareOut(upTo(6), claims)
    expect([shares.get('b'), shares.get('c'), shares.get('a-zombie')]).toEqual([[0, 1], [2, 3], [4, 5]])
  })

  it('24 partitions, a fourth member: 6 move, where round robin moves 18', () => {
    const before = shareOut(upTo(24), newcomers('a', 'b', 'c'))
    expect(moved(before, shareOut(upTo(24), [...claimsOf(before), ...newcomers('d')]))).toBe(6)
    const dealt = (names: readonly string[]) => new Map(names.map((name, index) => [name, upTo(24).filter((partition) => partition % names.length === index)]))
    expect(moved(dealt(['a', 'b', 'c']), dealt(['a', 'b', 'c', 'd']))).toBe(18)
  })
})
