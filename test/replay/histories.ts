/** The recorded histories, and what can be read from them without running anything. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defaultPayloadConverter } from '@temporalio/common'
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js'

export const historiesDir = join(import.meta.dirname, 'histories')

export const recordedNames = ['committed', 'rolled-back', 'rolled-back-in-parallel', 'stuck-then-repaired', 'halted-then-resumed', 'halted-then-undone', 'service', 'service-unplaced'] as const
export type RecordedName = (typeof recordedNames)[number]

export type History = ReturnType<typeof historyFromJSON>
export type Scheduled = { readonly activityId: string; readonly args: readonly unknown[] }
export type Recorded = {
  readonly workflowId: string
  readonly history: History
  /** Activities in the order in which the workflow asked for them, with their decoded arguments. */
  readonly scheduled: readonly Scheduled[]
  /** Decoded result; null when the run did not complete. */
  readonly outcome: unknown
}

export const readRecorded = (name: RecordedName): Recorded => {
  const history = historyFromJSON(JSON.parse(readFileSync(join(historiesDir, `${name}.json`), 'utf8')))
  const events = history.events ?? []
  const completed = events.at(-1)?.workflowExecutionCompletedEventAttributes
  return {
    workflowId: events[0]?.workflowExecutionStartedEventAttributes?.workflowId ?? '',
    history,
    scheduled: events
      .map((event) => event.activityTaskScheduledEventAttributes ?? null)
      .filter((it) => it !== null)
      .map((it) => ({ activityId: it.activityId ?? '', args: decode(it.input?.payloads) })),
    outcome: decode(completed?.result?.payloads)[0] ?? null,
  }
}

const decode = (payloads: Parameters<typeof defaultPayloadConverter.fromPayload>[0][] | null | undefined): readonly unknown[] =>
  (payloads ?? []).map((payload) => defaultPayloadConverter.fromPayload(payload))
