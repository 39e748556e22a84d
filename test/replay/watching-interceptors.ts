/** Bundled with the workflows in replay tests: tells the test what the code asked for and how it ended. */
import { proxySinks } from '@temporalio/workflow'
import type { Sinks, WorkflowInterceptorsFactory } from '@temporalio/workflow'

export interface WatchSinks extends Sinks {
  watch: {
    scheduled(activityId: string, args: unknown[]): void
    ended(outcome: unknown): void
  }
}

const { watch } = proxySinks<WatchSinks>()

export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [
    {
      execute: async (input, next) => {
        const outcome = await next(input)
        watch.ended(outcome)
        return outcome
      },
    },
  ],
  outbound: [
    {
      scheduleActivity: (input, next) => {
        watch.scheduled(input.options.activityId ?? '', input.args)
        return next(input)
      },
    },
  ],
})
