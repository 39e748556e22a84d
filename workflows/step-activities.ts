/** Which activity performs and which one undoes each kind of step. Activity id = step id and target. */
import type { EpochMs } from '../core/units.ts'
import { activityIdOf } from '../core/rollout/plan.ts'
import type { Step } from '../core/rollout/plan.ts'
import type { RoleCounts } from '../core/roles.ts'
import { applyWrite, registerWrite, undoWrite } from '../core/rollout/writes.ts'
import { effects, undos, waits, withdrawals } from './activity-proxies.ts'
import type { RolloutInput } from './messages.ts'

/** What came of it, for the report. */
export type Done = { readonly detail: string; readonly counts: RoleCounts | null }

export type StepActivities = {
  perform(step: Step): Promise<Done>
  undo(step: Step, activityId: string): Promise<Done>
}

/** Remembers when the last write took effect: waits count their deadline from there, however often they restart. */
export const createStepActivities = (input: RolloutInput): StepActivities => {
  const { intent, placement } = input
  const subCluster = placement.subCluster
  let writtenAt: EpochMs | null = null

  const write = async (step: Step): Promise<Done> => {
    const activityId = activityIdOf(step)
    const guard = { subCluster, expiresAt: writtenAt === null ? intent.expiresAt : null }
    const written =
      step.kind === 'apply'
        ? await effects.apply.executeWithOptions({ activityId }, [{ ...guard, write: applyWrite(input, step) }])
        : await effects.register.executeWithOptions({ activityId }, [{ ...guard, write: registerWrite(input, step) }])
    writtenAt = written.at
    return { detail: written.detail, counts: written.counts }
  }

  const wait = async (step: Step): Promise<Done> => {
    const deadlineAt = (writtenAt ?? intent.emittedAt) + intent.readyDeadlineMs
    const waited = await waits.awaitState.executeWithOptions({ activityId: activityIdOf(step) }, [{ subCluster, step, deadlineAt }])
    return { detail: waited.detail, counts: null }
  }

  const undo = async (step: Step, activityId: string): Promise<Done> => {
    const undone = await undos.undo.executeWithOptions({ activityId }, [{ subCluster, write: undoWrite(input, step) }])
    if (step.kind !== 'register') return undone
    const deadlineAt = undone.at + intent.readyDeadlineMs
    const group = placement.group
    const back = await withdrawals.awaitWithdrawn.executeWithOptions({ activityId: `${activityId}/withdrawn` }, [{ subCluster, group, deadlineAt }])
    return { detail: `${undone.detail}; ${back.detail}`, counts: undone.counts }
  }

  return { perform: (step) => (step.kind === 'apply' || step.kind === 'register' ? write(step) : wait(step)), undo }
}
