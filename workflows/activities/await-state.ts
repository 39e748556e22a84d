/**
 * Waits until a group has come as far as a step asks: one heartbeating activity that looks, instead of workflow
 * timers, which take a second and a workflow task each.
 */
import { ApplicationFailure, heartbeat, sleep } from '@temporalio/activity'
import { isPortError } from '../../core/port-error.ts'
import type { GroupStatus, SubCluster } from '../../core/ports.ts'
import type { GroupId, SubClusterId } from '../../core/ids.ts'
import type { Step } from '../../core/rollout/plan.ts'
import { reached, withdrawn } from '../../core/rollout/reached.ts'
import type { Progress } from '../../core/rollout/reached.ts'
import type { Clock } from '../../core/ports.ts'
import type { EpochMs } from '../../core/units.ts'
import { subClusterNamed } from './failures.ts'
import type { RolloutPorts } from './ports.ts'

/** Wall time: as short as a person would notice, and at most 7 reads a second per open wait. */
const lookEveryMs = 150

export type AwaitInput = { readonly subCluster: SubClusterId; readonly step: Step; readonly deadlineAt: EpochMs }
export type WithdrawnInput = { readonly subCluster: SubClusterId; readonly group: GroupId; readonly deadlineAt: EpochMs }
export type Awaited = { readonly detail: string }

export const createAwaitState =
  ({ subClusters, clock }: RolloutPorts) =>
  ({ subCluster, step, deadlineAt }: AwaitInput): Promise<Awaited> => {
    const cluster = subClusterNamed(subClusters, subCluster)
    return look({ cluster, clock, group: step.group, deadlineAt, judge: (status) => reached(step, status) })
  }

/** Part of undoing a registration: what this rollout brought into service has left it again. */
export const createAwaitWithdrawn =
  ({ subClusters, clock }: RolloutPorts) =>
  ({ subCluster, group, deadlineAt }: WithdrawnInput): Promise<Awaited> =>
    look({ cluster: subClusterNamed(subClusters, subCluster), clock, group, deadlineAt, judge: withdrawn })

type Watch = {
  readonly cluster: SubCluster
  readonly clock: Clock
  readonly group: GroupId
  readonly deadlineAt: EpochMs
  readonly judge: (status: GroupStatus | null) => Progress
}

/** A cancelled activity leaves through `sleep`, which rejects then. */
const look = async (watch: Watch): Promise<Awaited> => {
  for (;;) {
    const progress = await observe(watch)
    heartbeat(progress.detail)
    if (progress.done) return { detail: progress.detail }
    if (watch.clock.now() > watch.deadlineAt) {
      throw ApplicationFailure.nonRetryable(`DEADLINE_PASSED ${watch.group}: ${progress.detail}`, 'DEADLINE_PASSED')
    }
    await sleep(lookEveryMs)
  }
}

/** A sub-cluster that does not answer proves nothing; the deadline decides. */
const observe = async ({ cluster, group, judge }: Watch): Promise<Progress> => {
  try {
    return judge(await cluster.readGroup(group))
  } catch (error) {
    if (!isPortError(error)) throw error
    return { done: false, detail: `${cluster.name} does not answer: ${error.message}` }
  }
}
