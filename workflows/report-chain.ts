/**
 * Appends facts to the log one after another, in the order in which they happened. Callers go on at once and await
 * `written()` where the design asks for it: before the next forward stage, never before an undo.
 */
import { CancellationScope, workflowInfo } from '@temporalio/workflow'
import type { ScaleIntentEmitted } from '../core/events/decided.ts'
import type { ReportOutcome } from '../core/events/input.ts'
import type { GroupId } from '../core/ids.ts'
import type { RoleCounts } from '../core/roles.ts'
import { notices } from './activity-proxies.ts'

export type Fact = {
  /** Id of the activity that the fact is about; part of the report's id. */
  readonly about: string
  readonly group: GroupId | null
  readonly step: string | null
  readonly outcome: ReportOutcome
  readonly detail: string
  readonly counts: RoleCounts | null
  readonly partial?: boolean
}

export type ReportChain = {
  report(intent: ScaleIntentEmitted, fact: Fact): void
  /** Resolves when every fact reported so far is in the log. */
  written(): Promise<void>
  idle(): boolean
}

export const openReportChain = (): ReportChain => {
  let last: Promise<void> = Promise.resolve()
  let pending = 0
  const append = async (before: Promise<void>, intent: ScaleIntentEmitted, fact: Fact): Promise<void> => {
    await before
    await CancellationScope.nonCancellable(() => send(intent, fact))
    pending -= 1
  }
  return {
    report: (intent, fact) => {
      pending += 1
      last = append(last, intent, fact)
    },
    written: () => last,
    idle: () => pending === 0,
  }
}

const send = (intent: ScaleIntentEmitted, { about, counts, partial, ...fact }: Fact): Promise<void> =>
  notices.report.executeWithOptions({ activityId: `report/${about}/${fact.outcome}` }, [
    {
      reportId: `${workflowInfo().workflowId}/${about}/${fact.outcome}`,
      service: intent.service,
      intentId: intent.intentId,
      sequence: intent.sequence,
      ...fact,
      prefill: counts?.prefill ?? null,
      decode: counts?.decode ?? null,
      partial: partial ?? false,
    },
  ])
