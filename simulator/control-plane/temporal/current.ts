/**
 * Whose code runs now. Workflows and activities ask for it through functions without arguments, as Temporal's own libraries let
 * them. It needs no async context: one step of the scheduler resumes one of them, and is over before the next begins.
 */
import type { ActivityOptions } from './history.ts'

export type ActivityCall = { readonly id: string; readonly activity: string; readonly input: unknown; readonly options: ActivityOptions }
export type UpdateHandler = { readonly handle: (...args: readonly never[]) => unknown; readonly validate: ((...args: readonly never[]) => void) | null }

/** What a workflow's code may ask for. */
export interface RunningWorkflow {
  readonly id: string
  setUpdate(name: string, update: UpdateHandler): void
  setSignal(name: string, handle: () => void): void
  scheduleActivity(call: ActivityCall): Promise<unknown>
  cancelActivity(id: string): void
  startChild(workflow: string, id: string, input: unknown): Promise<unknown>
  childResult(id: string): Promise<unknown>
  condition(test: () => boolean): Promise<void>
  sleep(ms: number): Promise<unknown>
}

/** What an activity's code may ask for. */
export interface RunningActivity {
  readonly attempt: number
  /** When its first attempt was asked for. */
  readonly scheduledAtMs: number
  heartbeat(): void
  sleep(durationMs: number): Promise<void>
}

export const current: { workflow: RunningWorkflow | null; activity: RunningActivity | null } = { workflow: null, activity: null }
