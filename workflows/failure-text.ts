/** The reason inside a Temporal failure: activities' own words instead of "Activity task failed". */
import { ActivityFailure, ApplicationFailure, TimeoutFailure, isCancellation, rootCause } from '@temporalio/workflow'
import { haltedType } from '../core/rollout/effect-gate.ts'

export const failureText = (error: unknown): string => {
  if (isCancellation(error)) return 'stopped before it was done'
  const cause = error instanceof ActivityFailure ? error.cause : error
  if (cause instanceof TimeoutFailure) return `no answer in time (${cause.timeoutType})`
  return rootCause(error) ?? String(error)
}

/** A stop held up the activity's effect before it began. */
export const isHalt = (error: unknown): boolean =>
  error instanceof ActivityFailure && error.cause instanceof ApplicationFailure && error.cause.type === haltedType
