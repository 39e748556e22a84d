/**
 * How the workflows call their activities: time-outs and retries. Measured on a real server, these recover from a
 * killed worker in under 6 s; no schedule-to-start time-outs, which would undo a rollout because a worker was away.
 */
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow'
import { cellTaskQueue } from '../core/ids.ts'
import type { CellId } from '../core/ids.ts'
import { writeAttemptMs } from '../core/rollout/deadlines.ts'
import type { DurationMs } from '../core/units.ts'
import type { CellActivities, RolloutActivities } from './activities/index.ts'

const settleFirst = { cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED }

/** Writes: five attempts take about 15 s, then the rollout is undone. */
export const effects = proxyActivities<Pick<RolloutActivities, 'apply' | 'register'>>({
  startToCloseTimeout: writeAttemptMs,
  retry: { initialInterval: '1 s', maximumInterval: '4 s', maximumAttempts: 5 },
  ...settleFirst,
})

/** Waits end by their own deadline in world time; a dead worker is noticed by its missing heartbeat. */
export const waits = proxyActivities<Pick<RolloutActivities, 'awaitState' | 'awaitRelease'>>({
  startToCloseTimeout: '7 days',
  heartbeatTimeout: '4 s',
  retry: { initialInterval: '1 s', maximumInterval: '4 s' },
  ...settleFirst,
})

/** Six attempts take about 25 s; after that an operator is called. */
const undoRetry = { initialInterval: '1 s', maximumInterval: '10 s', maximumAttempts: 6 }
export const undos = proxyActivities<Pick<RolloutActivities, 'undo'>>({ startToCloseTimeout: writeAttemptMs, retry: undoRetry })
export const withdrawals = proxyActivities<Pick<RolloutActivities, 'awaitWithdrawn'>>({
  startToCloseTimeout: '7 days',
  heartbeatTimeout: '4 s',
  retry: undoRetry,
})

/**
 * What waits for the log or for another workflow: an attempt may take a while, and a dead worker is noticed before that, by its
 * missing heartbeat. By the time-out alone a killed worker's next effect came after 11 s.
 */
const answered = { startToCloseTimeout: '10 s', heartbeatTimeout: '4 s' } as const

/** Facts and notices must arrive: retried without limit. */
export const notices = proxyActivities<Pick<RolloutActivities, 'report' | 'settle'>>({
  ...answered,
  retry: { initialInterval: '1 s', maximumInterval: '10 s' },
})

const cellOptions = (cell: CellId) => ({
  taskQueue: cellTaskQueue(cell),
  ...answered,
  retry: { initialInterval: '1 s', maximumInterval: '4 s' } as const,
})

/**
 * Served by the owner of the cell. Asking for a place ends when the intent has expired: a cell that nobody serves, such
 * as a misspelt one, must not hold up the service's next intent. `withinMs`: wall time; null: without limit.
 */
export const placing = (cell: CellId, withinMs: DurationMs | null) =>
  proxyActivities<Pick<CellActivities, 'place'>>({
    ...cellOptions(cell),
    ...(withinMs === null ? {} : { scheduleToCloseTimeout: withinMs }),
  })

/** The end of a rollout is told to the owner of its cell until it answers. */
export const releases = (cell: CellId) => proxyActivities<Pick<CellActivities, 'release'>>(cellOptions(cell))

/** A cell that nobody serves for a day has no owner to come back. */
export const placeWithdrawals = (cell: CellId) =>
  proxyActivities<Pick<CellActivities, 'withdraw'>>({ ...cellOptions(cell), scheduleToCloseTimeout: '1 day' })
