/** Holds the service's queue inside the workflow, and reports what its events mean to the log. */
import type { ScaleIntentEmitted } from '../core/events/decided.ts'
import { decide, emptyQueue, evolve } from '../core/rollout/intent-queue.ts'
import type { IntentQueue, QueueCommand, QueueEvent } from '../core/rollout/intent-queue.ts'
import type { DurationMs } from '../core/units.ts'
import type { ServiceInput } from './messages.ts'
import { openReportChain } from './report-chain.ts'
import type { ReportChain } from './report-chain.ts'

export type ServiceDesk = {
  readonly reports: ReportChain
  queue(): IntentQueue
  dispatch(command: QueueCommand): readonly QueueEvent[]
  submit(intent: ScaleIntentEmitted, placeWithinMs: DurationMs): void
  /** What a next run of the workflow goes on with. */
  carryOver(): Pick<ServiceInput, 'queue' | 'placeWithinMs'>
}

export const openServiceDesk = (carriedOver: Pick<ServiceInput, 'queue' | 'placeWithinMs'>): ServiceDesk => {
  const reports = openReportChain()
  let queue: IntentQueue = { ...emptyQueue, ...carriedOver.queue }
  let placeWithinMs = carriedOver.placeWithinMs
  const dispatch = (command: QueueCommand): readonly QueueEvent[] => {
    const events = decide(queue, command)
    queue = events.reduce(evolve, queue)
    for (const event of events) report(reports, event)
    return events
  }
  return {
    reports,
    queue: () => queue,
    dispatch,
    submit: (intent, within) => {
      placeWithinMs = within
      dispatch({ type: 'SubmitIntent', intent })
    },
    carryOver: () => ({ queue, ...(placeWithinMs === undefined ? {} : { placeWithinMs }) }),
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
