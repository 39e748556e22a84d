/**
 * Which PlacementDecided records of a cell count. Each was computed on top of the last one that counted then; one that
 * was not is void, so two owners cannot promise the same GPUs. Readers of any kind judge with this.
 */
import type { PlacementDecided } from '../events/placed.ts'
import type { Offset } from '../units.ts'

export type PlacementChain = {
  /** First offset that the log still held; above 0 the chain's beginning was deleted. */
  readonly logStart: Offset
  /** Last record that counts; -1 when none. */
  readonly last: Offset
  /** What the last record was computed on, while that record is believed without its predecessor; else null. */
  readonly headBasedOn: Offset | null
}

/** `supersedes-head`: it counts, and shows that the one record before it that was believed never did. */
export type ChainVerdict = 'valid' | 'supersedes-head' | 'void'

export const openChain = (logStart: Offset): PlacementChain => ({ logStart, last: -1, headBasedOn: null })

/**
 * Where retention deleted the chain's beginning, the first record that builds on a deleted one is believed. It may have
 * been void itself, which shows when a record builds on a later deleted one: that one stood before the head and counted,
 * so the head was not computed on the last. Builds on something that this log never held: void.
 */
export const judgePlacement = (chain: PlacementChain, { basedOn }: Pick<PlacementDecided, 'basedOn'>): ChainVerdict => {
  if (basedOn === chain.last) return 'valid'
  if (basedOn >= chain.logStart) return 'void'
  if (chain.last === -1) return 'valid'
  return chain.headBasedOn !== null && basedOn > chain.headBasedOn ? 'supersedes-head' : 'void'
}

/** The chain with a record that counts at its end. */
export const extendChain = (chain: PlacementChain, { basedOn }: Pick<PlacementDecided, 'basedOn'>, offset: Offset): PlacementChain => ({
  ...chain,
  last: offset,
  headBasedOn: basedOn < chain.logStart ? basedOn : null,
})
