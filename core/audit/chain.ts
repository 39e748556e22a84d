/** The hash chain over one service's decisions: any later change, loss or insertion of a decision breaks it. */
import type { ScaleDecided } from '../events/decided.ts'
import type { DecisionId } from '../ids.ts'
import { hashOfDecision } from '../scaling/record-hash.ts'

export type ChainBreak = {
  readonly decisionId: DecisionId
  readonly field: 'hash' | 'previousHash' | 'sequence'
  readonly got: string
  readonly expected: string
}

/**
 * Checks the decisions of one service in log order, repeats already dropped. An empty list means an unbroken chain.
 * `fromFirst: false` accepts any `previousHash` of the first one, for a log whose beginning has expired.
 */
export const verifyChain = (decisions: readonly ScaleDecided[], { fromFirst = true } = {}): readonly ChainBreak[] =>
  decisions.flatMap((decision, index) => {
    const previous = decisions[index - 1]
    const linked = previous === undefined && !fromFirst ? [] : brokenLink(decision, previous)
    return [...brokenHash(decision), ...linked]
  })

/** What a decision's place in the chain rests on. */
export type ChainLink = Pick<ScaleDecided, 'decisionId' | 'previousHash' | 'sequence' | 'hash'>

const brokenHash = (decision: ScaleDecided): readonly ChainBreak[] => {
  const expected = hashOfDecision(decision)
  return decision.hash === expected ? [] : [{ decisionId: decision.decisionId, field: 'hash', got: decision.hash, expected }]
}

/** Faults between a decision and the one before it; of the first one `previousHash` must be empty. */
export const brokenLink = (decision: ChainLink, previous: ChainLink | undefined): readonly ChainBreak[] => {
  const { decisionId, previousHash, sequence } = decision
  const expected = previous?.hash ?? ''
  const breaks: ChainBreak[] = []
  if (previousHash !== expected) breaks.push({ decisionId, field: 'previousHash', got: previousHash, expected })
  if (previous !== undefined && sequence <= previous.sequence)
    breaks.push({ decisionId, field: 'sequence', got: String(sequence), expected: `above ${previous.sequence}` })
  return breaks
}
