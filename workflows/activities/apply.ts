/** Brings a group to absolute counts of both roles in one write. */
import { activityInfo } from '@temporalio/activity'
import type { ApplyGroup, Clock, GroupStatus } from '../../core/ports.ts'
import type { SubClusterId } from '../../core/ids.ts'
import { noInstances, sameCounts, showCounts } from '../../core/roles.ts'
import type { RoleCounts } from '../../core/roles.ts'
import { isExpired } from '../../core/rollout/submission.ts'
import type { EpochMs } from '../../core/units.ts'
import { acceptedWrite, callPort, expired, passGate, subClusterNamed } from './failures.ts'
import type { RolloutPorts } from './ports.ts'

export type ApplyInput = {
  readonly subCluster: SubClusterId
  readonly write: ApplyGroup
  /** Set on the first effect of a rollout only: after that the rollout goes on or is undone. */
  readonly expiresAt: EpochMs | null
}

/** `at`: when it took effect, as far as the caller can know. */
export type WriteDone = { readonly at: EpochMs; readonly counts: RoleCounts; readonly detail: string }

export const createApply =
  ({ subClusters, clock, gate }: RolloutPorts) =>
  async ({ subCluster, write, expiresAt }: ApplyInput): Promise<WriteDone> => {
    const cluster = subClusterNamed(subClusters, subCluster)
    if (activityInfo().attempt > 1) {
      const status = await callPort(() => cluster.readGroup(write.group))
      if (stands(status, write)) return done(clock, write, 'found as written by an earlier attempt')
    }
    if (expiresAt !== null && isExpired(expiresAt, clock.now())) throw expired(write.intentId, expiresAt, clock.now())
    await passGate(gate, write.service)
    const outcome = acceptedWrite(await callPort(() => cluster.applyGroup(write)))
    return done(clock, write, outcome.kind)
  }

/** After a time-out nobody knows whether the write arrived, so a repeated attempt reads before it does anything. */
const stands = (status: GroupStatus | null, write: ApplyGroup): boolean =>
  status === null
    ? sameCounts(write.counts, noInstances)
    : status.intentId === write.intentId && sameCounts(status.counts, write.counts)

const done = (clock: Clock, write: ApplyGroup, how: string): WriteDone => ({
  at: clock.now(),
  counts: write.counts,
  detail: `${how}: ${showCounts(write.counts)}`,
})
