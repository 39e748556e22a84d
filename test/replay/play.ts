/** Plays a recorded history back against workflow code, with no server. */
import '../support/quiet-temporal.ts'
import { Worker } from '@temporalio/worker'
import type { InjectedSinks } from '@temporalio/worker'
import type { Recorded, Scheduled } from './histories.ts'
import type { WatchSinks } from './watching-interceptors.ts'

export type Played = { readonly error: Error | null; readonly scheduled: readonly Scheduled[]; readonly outcome: unknown }

/** `runReplayHistories` yields errors and does not throw, so its results must be looked at one by one. */
export const play = async (code: string, { workflowId, history }: Recorded): Promise<Played> => {
  const scheduled: Scheduled[] = []
  let outcome: unknown = null
  const sinks: InjectedSinks<WatchSinks> = {
    watch: {
      scheduled: { fn: (_info, activityId, args) => void scheduled.push({ activityId, args }), callDuringReplay: true },
      ended: { fn: (_info, result) => void (outcome = result), callDuringReplay: true },
    },
  }
  const errors: (Error | null)[] = []
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: { code }, sinks }, [{ workflowId, history }])) {
    errors.push(error ?? null)
  }
  if (errors.length !== 1) throw new Error(`one history gave ${errors.length} results`)
  return { error: errors[0] ?? null, scheduled, outcome }
}
