/** Which PlacementDecided records count, per cell, by the rule of core/placement/chain.ts. */
import type { PlacementAnswer, PlacementDecided } from '../../core/events/placed.ts'
import { extendChain, judgePlacement, openChain } from '../../core/placement/chain.ts'
import type { PlacementChain } from '../../core/placement/chain.ts'
import type { LogRecord } from '../../core/ports.ts'
import type { Offset } from '../../core/units.ts'

export type PlacedIntent = {
  readonly answer: PlacementAnswer
  readonly cell: string
  readonly time: number
  /** An answer to the same request may have been shown that never counted; this one takes its place. */
  readonly corrects: boolean
}

export type ValidPlacements = {
  /** To be told every record of `cells`: the first of a partition says where retention has cut it. */
  saw(record: Pick<LogRecord, 'topic' | 'partition' | 'offset'>): void
  /** The answers of a valid record, and none of a void one. */
  answersOf(event: PlacementDecided, record: Pick<LogRecord, 'partition' | 'offset'>): readonly PlacedIntent[]
}

export const createValidPlacements = (): ValidPlacements => {
  const starts = new Map<number, Offset>()
  const chains = new Map<string, PlacementChain>()
  return {
    saw: ({ topic, partition, offset }) => {
      if (topic === 'cells' && !starts.has(partition)) starts.set(partition, offset)
    },
    answersOf: (event, { partition, offset }) => {
      const chain = chains.get(event.cell) ?? openChain(starts.get(partition) ?? offset)
      const verdict = judgePlacement(chain, event)
      if (verdict === 'void') return []
      chains.set(event.cell, extendChain(chain, event, offset))
      return event.answers.map((answer) => ({ answer, cell: event.cell, time: event.time, corrects: verdict === 'supersedes-head' }))
    },
  }
}
