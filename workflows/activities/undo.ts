/** Takes back one write of this rollout, if it took effect, and bars it from taking effect later. */
import { ApplicationFailure } from '@temporalio/activity'
import type { UndoWrite, WriteOutcome } from '../../core/ports.ts'
import type { SubClusterId } from '../../core/ids.ts'
import { showCounts } from '../../core/roles.ts'
import type { RoleCounts } from '../../core/roles.ts'
import type { EpochMs } from '../../core/units.ts'
import { callPort, subClusterNamed } from './failures.ts'
import type { RolloutPorts } from './ports.ts'

export type UndoInput = { readonly subCluster: SubClusterId; readonly write: UndoWrite }
export type Undone = { readonly at: EpochMs; readonly counts: RoleCounts | null; readonly detail: string }

export const createUndo =
  ({ subClusters, clock }: RolloutPorts) =>
  async ({ subCluster, write }: UndoInput): Promise<Undone> => {
    const cluster = subClusterNamed(subClusters, subCluster)
    const outcome = await callPort(() => cluster.undo(write))
    return { at: clock.now(), ...judge(outcome) }
  }

/** A group that is gone, or was made anew by someone else, holds nothing of this rollout: there is nothing to undo. */
const judge = (outcome: WriteOutcome): Omit<Undone, 'at'> => {
  if (outcome.kind !== 'refused') return { counts: outcome.counts, detail: `back at ${showCounts(outcome.counts)}` }
  if (outcome.code === 'NOT_FOUND' || outcome.code === 'UID_CHANGED') return { counts: null, detail: `nothing left to undo: ${outcome.detail}` }
  throw ApplicationFailure.nonRetryable(`${outcome.code} sub-cluster: ${outcome.detail}`, outcome.code)
}
