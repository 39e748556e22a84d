/** Brings intents, and settled groups, to the workflow of their service. */
import { WithStartWorkflowOperation, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client'
import type { Client } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import type { ScaleIntentEmitted } from '../../core/events/decided.ts'
import { serviceWorkflowId } from '../../core/ids.ts'
import { portError } from '../../core/port-error.ts'
import type { Clock } from '../../core/ports.ts'
import type { Refusal } from '../../core/rollout/intent-queue.ts'
import type { GroupSettlement, IntentSubmitter, SettlementTeller, SubmitOutcome } from '../../core/rollout/submission.ts'
import type { DurationMs } from '../../core/units.ts'
import { groupSettled, intentRefusedType, submitIntent } from '../../workflows/messages.ts'
import type { ServiceInput } from '../../workflows/messages.ts'

export type SubmitterOptions = {
  readonly client: Client
  readonly taskQueue: string
  /** See ServiceInput; the workflow's default when absent. */
  readonly intentsPerRun?: number
  readonly clock: Pick<Clock, 'now' | 'speed'>
  /** Wall time that a cell has beyond the intent's expiry; default 15 s. */
  readonly placeMarginMs?: DurationMs
}

/**
 * One more attempt (10 s) and the pause before it (4 s), so that the cell's owner, which refuses what has expired, says
 * so first wherever there is one.
 */
const defaultPlaceMarginMs = 15_000

/** An update waits for a worker; without one the call ends here, in wall time, and the caller repeats it. */
const answerWithinMs = 10_000

/**
 * Update-with-start: one call that starts the service's workflow or finds it, and hands over the intent. The update id
 * only dedupes inside one run, so a repeat is recognised by its sequence.
 */
export const createIntentSubmitter = (options: SubmitterOptions): IntentSubmitter => ({
  submit: async (intent) => {
    try {
      await options.client.withDeadline(Date.now() + answerWithinMs, () => updateWithStart(options, intent))
      return { kind: 'accepted' }
    } catch (error) {
      return refusedOrUnavailable(intent, error)
    }
  },
})

export const createSettlementTeller = (client: Client): SettlementTeller => ({
  tell: async (settlement) => {
    try {
      const handle = client.workflow.getHandle(serviceWorkflowId(settlement.service))
      const update = { args: [settlement] as [GroupSettlement], updateId: updateIdOf(settlement) }
      await client.withDeadline(Date.now() + answerWithinMs, () => handle.executeUpdate(groupSettled, update))
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return
      throw portError('unavailable', `E_SETTLE ${settlement.service}: ${String(error)}; it is told again`, error)
    }
  },
})

/** Rollouts that run at this moment, stuck ones included, as the server's visibility store counts them. */
export const countOpenRollouts = async (client: Client): Promise<number> => {
  const { count } = await client.workflow.count(`WorkflowType = 'rollout' AND ExecutionStatus = 'Running'`)
  return count
}

const updateWithStart = (options: SubmitterOptions, intent: ScaleIntentEmitted): Promise<void> => {
  const { client, taskQueue, intentsPerRun } = options
  const input: ServiceInput = { service: intent.service, ...(intentsPerRun === undefined ? {} : { intentsPerRun }) }
  const startWorkflowOperation = new WithStartWorkflowOperation('service', {
    workflowId: serviceWorkflowId(intent.service),
    taskQueue,
    args: [input],
    workflowTaskTimeout: '4 s',
    workflowIdConflictPolicy: 'USE_EXISTING',
  })
  return client.workflow.executeUpdateWithStart(submitIntent, {
    args: [intent, placeWithinMs(options, intent)],
    updateId: intent.intentId,
    startWorkflowOperation,
  })
}

/** Whole milliseconds of wall time, as Temporal counts. */
const placeWithinMs = ({ clock, placeMarginMs = defaultPlaceMarginMs }: SubmitterOptions, { expiresAt }: ScaleIntentEmitted): DurationMs =>
  Math.ceil(Math.max(0, expiresAt - clock.now()) / clock.speed) + placeMarginMs

const updateIdOf = ({ intentId, group, outcome }: GroupSettlement): string => `${intentId}/${group}/${outcome}`

const refusedOrUnavailable = (intent: ScaleIntentEmitted, error: unknown): SubmitOutcome => {
  const failure = error instanceof WorkflowUpdateFailedError ? error.cause : null
  if (failure instanceof ApplicationFailure && failure.type === intentRefusedType) {
    const refusal = failure.details?.[0] as Refusal
    return refusal.code === 'DUPLICATE' ? { kind: 'duplicate' } : { kind: 'refused', detail: refusal.detail }
  }
  throw portError('unavailable', `E_SUBMIT ${intent.intentId}: ${String(error)}; the intent is submitted again`, error)
}
