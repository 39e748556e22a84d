/** Writes the counts that the registrar shall bring into service; the registrar does it gate by gate, in band. */
import { activityInfo } from '@temporalio/activity'
import type { GroupStatus, SetRegistrationTarget } from '../../core/ports.ts'
import type { SubClusterId } from '../../core/ids.ts'
import { sameCounts, showCounts } from '../../core/roles.ts'
import { isExpired } from '../../core/rollout/submission.ts'
import type { EpochMs } from '../../core/units.ts'
import type { WriteDone } from './apply.ts'
import { acceptedWrite, callPort, expired, passGate, subClusterNamed } from './failures.ts'
import type { RolloutPorts } from './ports.ts'

export type RegisterInput = {
  readonly subCluster: SubClusterId
  readonly write: SetRegistrationTarget
  /** Set when this is the first effect of the rollout, as in a shrink. */
  readonly expiresAt: EpochMs | null
}

export const createRegister =
  ({ subClusters, clock, gate }: RolloutPorts) =>
  async ({ subCluster, write, expiresAt }: RegisterInput): Promise<WriteDone> => {
    const cluster = subClusterNamed(subClusters, subCluster)
    if (activityInfo().attempt > 1) {
      const status = await callPort(() => cluster.readGroup(write.group))
      if (status !== null && stands(status, write)) return { at: clock.now(), counts: status.counts, detail: said(write) }
    }
    if (expiresAt !== null && isExpired(expiresAt, clock.now())) throw expired(write.intentId, expiresAt, clock.now())
    await passGate(gate, write.service)
    const { counts } = acceptedWrite(await callPort(() => cluster.setRegistrationTarget(write)))
    return { at: clock.now(), counts, detail: said(write) }
  }

const stands = (status: GroupStatus, write: SetRegistrationTarget): boolean =>
  status.intentId === write.intentId &&
  sameCounts(status.registrationTarget, write.target) &&
  status.band.lo === write.band.lo &&
  status.band.hi === write.band.hi

const said = ({ target }: SetRegistrationTarget): string => `registration target ${showCounts(target)}`
