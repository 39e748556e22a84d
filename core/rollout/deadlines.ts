/** How long one attempt at a write may take, and one call inside it. Wall time, because people and servers live in it. */
import type { DurationMs } from '../units.ts'

/** Start to close of an activity that writes to a sub-cluster. Measured: with 4 s a killed worker is made good in under 6 s. */
export const writeAttemptMs: DurationMs = 4_000

/**
 * One call to a sub-cluster. A repeated attempt reads before it writes, so two calls must fit into an attempt, with
 * 0.4 s left for the activity's own way: a slow API then ends in the call's own words instead of a time-out.
 */
export const subClusterCallMs: DurationMs = 1_800

/**
 * How old an operator's orders may be when an effect begins, and so how long reading them may take. A repeated attempt that
 * reads the group first can still tell of a stop in time: 1.8 s + 2 s are less than an attempt.
 */
export const controlsReadMs: DurationMs = 2_000
