/** Stands for @temporalio/activity in a simulation: the part of it that the product's activities use. */
import { current, type RunningActivity } from './current.ts'

export { ApplicationFailure } from '@temporalio/common'

const running = (): RunningActivity => {
  if (current.activity === null) throw new Error('BUG: no activity runs')
  return current.activity
}

export const activityInfo = (): { readonly attempt: number; readonly scheduledTimestampMs: number } => {
  const { attempt, scheduledAtMs } = running()
  return { attempt, scheduledTimestampMs: scheduledAtMs }
}
export const heartbeat = (_detail?: unknown): void => running().heartbeat()
export const sleep = (ms: number): Promise<void> => running().sleep(ms)
