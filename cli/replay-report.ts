/** What a replay found, as facts. The words are in replay-text.ts. */
import { inOrderOfTicks, type Comparison } from '../core/audit/compare.ts'
import type { Replay } from '../core/audit/replay.ts'
import type { ServiceId } from '../core/ids.ts'
import type { EpochMs } from '../core/units.ts'

/** Why nothing was compared. */
export type ReplayRefusal =
  | { readonly reason: 'OTHER_CORE'; readonly coreHashes: readonly string[]; readonly searched: readonly string[] }
  | { readonly reason: 'LOG_EXPIRED'; readonly partitions: readonly number[] }
  | { readonly reason: 'UNKNOWN_SERVICE'; readonly service: ServiceId }
  /** Nobody decided anything yet, or nothing of it is recorded: an equality of nothing proves nothing. */
  | { readonly reason: 'NOTHING_TO_COMPARE' }

/** What one version of the deciding code answers for. */
export type ReplayedCore = { readonly coreHash: string; readonly ticks: number }

export type ReplayReport = Comparison & {
  /** Of the program that replayed. */
  readonly coreHash: string
  /** The versions that decided, in the order in which they took over. */
  readonly cores: readonly ReplayedCore[]
  readonly partitions: number
  readonly records: number
  readonly ticks: number
  /** World time of the first tick that is answered for, where that is not the log's first; null: from its start. */
  readonly fromMs: EpochMs | null
  /** Partitions whose beginning has expired: they were replayed from their oldest checkpoints, although nobody asked for that. */
  readonly expired: readonly number[]
  /** Wall time of reading and folding, before anything recorded was looked at. */
  readonly foldMs: number
  readonly refusal: ReplayRefusal | null
  readonly equal: boolean
}

export type ReplayFacts = Pick<ReplayReport, 'coreHash' | 'cores' | 'partitions' | 'records' | 'ticks' | 'fromMs' | 'expired' | 'foldMs'>

const nothing = { count: 0, equal: 0 }
const noComparison: Comparison = { decisions: nothing, holds: nothing, intents: nothing, duplicates: 0, unsettled: 0, differences: [] }

export const refused = (facts: ReplayFacts, refusal: ReplayRefusal): ReplayReport => ({ ...facts, ...noComparison, refusal, equal: false })

export const compared = (facts: ReplayFacts, comparison: Comparison): ReplayReport => ({
  ...facts,
  ...comparison,
  refusal: null,
  equal: comparison.differences.length === 0,
})

export const coresOf = (replays: readonly Replay[]): readonly ReplayedCore[] => {
  const ticks = new Map<string, number>()
  for (const stretch of replays.flatMap(({ stretches }) => stretches))
    if (stretch.ticks > 0) ticks.set(stretch.coreHash, (ticks.get(stretch.coreHash) ?? 0) + stretch.ticks)
  return [...ticks].map(([coreHash, count]) => ({ coreHash, ticks: count }))
}

/** Partitions together. */
export const merge = (comparisons: readonly Comparison[]): Comparison => {
  const total = (kind: 'decisions' | 'holds' | 'intents') => ({
    count: comparisons.reduce((sum, comparison) => sum + comparison[kind].count, 0),
    equal: comparisons.reduce((sum, comparison) => sum + comparison[kind].equal, 0),
  })
  return {
    decisions: total('decisions'),
    holds: total('holds'),
    intents: total('intents'),
    duplicates: comparisons.reduce((sum, { duplicates }) => sum + duplicates, 0),
    unsettled: comparisons.reduce((sum, { unsettled }) => sum + unsettled, 0),
    differences: inOrderOfTicks(comparisons.flatMap(({ differences }) => differences)),
  }
}
