import { describe, expect, it } from 'vitest'
import { verifyChain } from '../../../core/audit/chain.ts'
import { decisionAt } from './decisions.ts'

const first = decisionAt(10)
const second = decisionAt(20, { previousHash: first.hash, sequence: 2 })
const third = decisionAt(30, { previousHash: second.hash, sequence: 3 })

describe('the hash chain of a service', () => {
  it('holds over decisions as they were written', () => {
    expect(verifyChain([first, second, third])).toEqual([])
  })

  it('shows a decision that was changed afterwards', () => {
    const forged = { ...second, to: { prefill: 9, decode: 9 } }
    expect(verifyChain([first, forged, third])).toMatchObject([{ decisionId: second.decisionId, field: 'hash' }])
  })

  it('shows that a changed decision with a new hash no longer fits its successor', () => {
    const rewritten = decisionAt(20, { previousHash: first.hash, sequence: 2, decode: 9 })
    expect(verifyChain([first, rewritten, third])).toMatchObject([{ decisionId: third.decisionId, field: 'previousHash' }])
  })

  it('shows a decision that was taken out', () => {
    expect(verifyChain([first, third])).toMatchObject([{ field: 'previousHash', expected: first.hash }])
  })

  it('shows a sequence that does not rise', () => {
    const repeated = decisionAt(20, { previousHash: first.hash, sequence: 1 })
    expect(verifyChain([first, repeated])).toMatchObject([{ field: 'sequence', got: '1', expected: 'above 1' }])
  })

  it('accepts a beginning that has expired only when told so', () => {
    expect(verifyChain([second, third], { fromFirst: false })).toEqual([])
    expect(verifyChain([second, third])).toHaveLength(1)
  })
})
