/** What the server keeps of a workflow, and what a workflow asks of it. */
import type { DurationMs } from '../../../core/units.ts'

export type Settled = { readonly value: unknown } | { readonly failure: Error }

export type HistoryEvent =
  | { readonly type: 'started'; readonly input: unknown }
  | { readonly type: 'activity'; readonly id: string; readonly outcome: Settled }
  | { readonly type: 'child-started'; readonly id: string; readonly failure: Error | null }
  | { readonly type: 'child-closed'; readonly id: string; readonly outcome: Settled }
  | { readonly type: 'update'; readonly updateId: string; readonly name: string; readonly args: readonly unknown[] }
  | { readonly type: 'signal'; readonly name: string }
  | { readonly type: 'timer'; readonly id: number }

export type ActivityOptions = {
  readonly taskQueue: string | null
  readonly startToCloseMs: DurationMs
  readonly scheduleToCloseMs: DurationMs | null
  readonly heartbeatMs: DurationMs | null
  readonly firstPauseMs: DurationMs
  readonly longestPauseMs: DurationMs
  readonly maximumAttempts: number
}

export type Command =
  | { readonly type: 'schedule-activity'; readonly id: string; readonly activity: string; readonly input: unknown; readonly options: ActivityOptions }
  | { readonly type: 'cancel-activity'; readonly id: string }
  | { readonly type: 'start-child'; readonly id: string; readonly workflow: string; readonly input: unknown }
  | { readonly type: 'timer'; readonly id: number; readonly ms: DurationMs }
  | { readonly type: 'answer-update'; readonly updateId: string; readonly outcome: Settled }
  | { readonly type: 'close'; readonly outcome: Settled }
  | { readonly type: 'continue-as-new'; readonly input: unknown }

/** What two runs of the same workflow code must agree on. */
export const showCommand = (command: Command): string => `${command.type} ${'id' in command ? command.id : 'updateId' in command ? command.updateId : ''}`

const units: { readonly [unit: string]: number } = { ms: 1, s: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000, days: 86_400_000 }

/** `'4 s'`, `'7 days'`, or milliseconds. */
export const toMs = (duration: string | number): DurationMs => {
  if (typeof duration === 'number') return duration
  const [count, unit] = duration.split(' ')
  const ms = units[unit ?? '']
  if (ms === undefined) throw new Error(`BUG: the simulation cannot read the duration '${duration}'`)
  return Number(count) * ms
}
