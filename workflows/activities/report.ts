/** Appends one fact about an intent to `signals`. The decider folds each report id once, so a repeat is harmless. */
import { activityInfo } from '@temporalio/activity'
import type { RolloutReported } from '../../core/events/input.ts'
import type { RolloutPorts } from './ports.ts'

export type ReportInput = Omit<RolloutReported, 'type' | 'time'>

/** Dated by when the workflow told it, which Temporal keeps: a second attempt writes the bytes of the first, however late it is. */
export const createReport =
  ({ appender, clock }: RolloutPorts) =>
  async (report: ReportInput): Promise<void> => {
    const event: RolloutReported = { type: 'RolloutReported', ...report, time: clock.at(activityInfo().scheduledTimestampMs) }
    await appender.append([{ topic: 'signals', key: report.service, event }])
  }
