/** Appends one fact about an intent to `signals`. The decider folds each report id once, so a repeat is harmless. */
import type { RolloutReported } from '../../core/events/input.ts'
import type { RolloutPorts } from './ports.ts'

export type ReportInput = Omit<RolloutReported, 'type' | 'time'>

export const createReport =
  ({ appender, clock }: RolloutPorts) =>
  async (report: ReportInput): Promise<void> => {
    const event: RolloutReported = { type: 'RolloutReported', ...report, time: clock.now() }
    await appender.append([{ topic: 'signals', key: report.service, event }])
  }
