/** Holds the service's queue inside the workflow, and reports what its events mean to the log. */
import { decide, emptyQueue, evolve } from '../core/rollout/intent-queue.ts'
import type { IntentQueue, QueueCommand, QueueEvent } from '../core/rollout/intent-queue.ts'
import { openReportChain } from './report-chain.ts'
import type { ReportChain } from './report-chain.ts'

export type ServiceDesk = {
  readonly reports: ReportChain
  queue(): IntentQueue
  dispatch(command: QueueCommand): readonly QueueEvent[]
}

export const openServiceDesk = (carriedOver: IntentQueue = emptyQueue): ServiceDesk => {
  const reports = openReportChain()
  let queue = carriedOver
  return {
    reports,
    queue: () => queue,
    dispatch: (command) => {
      const events = decide(queue, command)
      queue = events.reduce(evolve, queue)
      for (const event of events) report(reports, event)
      return events
    },
  }
}

/** The rest of the events is told by the rollouts themselves, or by `carry-out.ts` with the placement's numbers. */
const report = (reports: ReportChain, event: QueueEvent): void => {
  const whole = { group: null, step: null, counts: null }
  if (event.type === 'WaitingSuperseded') {
    const detail = `by ${event.by.intentId} with sequence ${event.by.sequence}`
    reports.report(event.intent, { ...whole, about: event.intent.intentId, outcome: 'superseded', detail })
  }
  if (event.type === 'IntentClosed') {
    const detail = event.partial ? 'the target was not fully reached' : 'all groups are at their targets'
    reports.report(event.intent, { ...whole, about: event.intent.intentId, outcome: 'completed', detail, partial: event.partial })
  }
}
