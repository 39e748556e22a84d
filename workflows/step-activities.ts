/** Which activity performs and which one undoes each kind of step. Activity id = step id and target. */
import type { EpochMs } from '../core/units.ts'
import type { Step } from '../core/rollout/plan.ts'
import type { RoleCounts } from '../core/roles.ts'
import { applyWrite, registerWrite, undoWrite } from '../core/rollout/writes.ts'
import { effects, undos, waits, withdrawals } from './activity-proxies.ts'
import type { RolloutInput } from './messages.ts'

/** What came of it, for the report. */
export type Done = { readonly detail: string; readonly counts: RoleCounts | null }

export type StepActivities = {
  perform(step: Step, activityId: string): Promise<Done>
  undo(step: Step, activityId: string): Promise<Done>
  /** Resolves when nothing forbids the next effect, with the world time of that moment. */
  awaitRelease(activityId: string): Promise<EpochMs>
  /** When the next effect must have begun: before the first the intent's expiry, then the ready deadline from the last write on. */
  effectDeadlineAt(): EpochMs
}

/** Remembers when the last write took effect: waits count their deadline from there, however often they restart. */
export const createStepActivities = (input: RolloutInput): StepActivities => {
  const { intent, placement } = input
  const subCluster = placement.subCluster
  let writtenAt: EpochMs | null = null

  const write = async (step: Step, activityId: string): Promise<Done> => {
    const guard = { subCluster, expiresAt: writtenAt === null ? intent.expiresAt : null }
    const written =
      step.kind === 'apply'
        ? await effects.apply.executeWithOptions({ activityId }, [{ ...guard, write: applyWrite(input, step) }])
        : await effects.register.executeWithOptions({ activityId }, [{ ...guard, write: registerWrite(input, step) }])
    writtenAt = written.at
    return { detail: written.detail, counts: written.counts }
  }

  const wait = async (step: Step, activityId: string): Promise<Done> => {
    const deadlineAt = (writtenAt ?? intent.emittedAt) + intent.readyDeadlineMs
    const waited = await waits.awaitState.executeWithOptions({ activityId }, [{ subCluster, step, deadlineAt }])
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

  return {
    perform: (step, activityId) => (step.kind === 'apply' || step.kind === 'register' ? write(step, activityId) : wait(step, activityId)),
    undo,
    awaitRelease: async (activityId) => (await waits.awaitRelease.executeWithOptions({ activityId }, [{ service: intent.service }])).at,
    effectDeadlineAt: () => (writtenAt === null ? intent.expiresAt : writtenAt + intent.readyDeadlineMs),
  }
}
