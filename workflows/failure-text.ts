/** The reason inside a Temporal failure: activities' own words instead of "Activity task failed". */
import { ActivityFailure, TimeoutFailure, isCancellation, rootCause } from '@temporalio/workflow'

export const failureText = (error: unknown): string => {
  if (isCancellation(error)) return 'stopped before it was done'
  const cause = error instanceof ActivityFailure ? error.cause : error
  if (cause instanceof TimeoutFailure) return `no answer in time (${cause.timeoutType})`
  return rootCause(error) ?? String(error)
}
