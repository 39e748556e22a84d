/** Tells a stuck rollout that its cause is repaired, in the name of an operator. */
import { WorkflowNotFoundError } from '@temporalio/client'
import type { Client } from '@temporalio/client'
import { portError } from '../../core/port-error.ts'
import { repair, rolloutProgress } from '../../workflows/messages.ts'
import type { RolloutProgress } from '../../workflows/messages.ts'

/** Wall time; a query needs a worker that answers. */
const answerWithinMs = 10_000

/** Where the rollout with this workflow id stands; null when there is none. Rejects with PortError `unavailable`. */
export const readProgress = (client: Client, rolloutId: string): Promise<RolloutProgress | null> =>
  answered(rolloutId, () => client.withDeadline(Date.now() + answerWithinMs, () => client.workflow.getHandle(rolloutId).query(rolloutProgress)))

/** Resolves when the server holds the signal; null when there is no such rollout. Without effect when nothing is stuck. */
export const sendRepair = (client: Client, rolloutId: string): Promise<'sent' | null> =>
  answered<'sent'>(rolloutId, async () => {
    await client.withDeadline(Date.now() + answerWithinMs, () => client.workflow.getHandle(rolloutId).signal(repair))
    return 'sent'
  })

const answered = async <T>(rolloutId: string, ask: () => Promise<T>): Promise<T | null> => {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null
    throw portError('unavailable', `E_TEMPORAL_UNAVAILABLE ${rolloutId}: ${String(error)}; nothing was repaired; try again`, error)
  }
}
