/** Workers: one for the workflows and activities of rollouts, and one per owned cell for its two activities. */
import { Worker } from '@temporalio/worker'
import type { NativeConnection, WorkerOptions } from '@temporalio/worker'
import { cellTaskQueue } from '../../core/ids.ts'
import type { CellId } from '../../core/ids.ts'
import type { createActivities, createCellActivities } from '../../workflows/activities/index.ts'
import { rolloutsTaskQueue } from '../../workflows/messages.ts'
import { workflowBundle } from './bundle.ts'

export type RunningWorker = {
  /** Rejects when the worker died by itself; never resolves while it runs. */
  readonly died: Promise<never>
  /** Stops polling and waits for what is in flight; waits that take longer continue elsewhere. */
  stop(): Promise<void>
}

export type WorkerPlace = {
  readonly connection: NativeConnection
  readonly namespace: string
}

/**
 * Measured: with these a killed worker's next effect comes 4.5-4.8 s later instead of 5-6 s, the end of its rollouts
 * 5.8-6.0 s later instead of 16 s. Grace: waits would hold a stopping process for minutes; they go on elsewhere.
 */
const tuned = {
  stickyQueueScheduleToStartTimeout: '1 s',
  maxHeartbeatThrottleInterval: '1 s',
  defaultHeartbeatThrottleInterval: '1 s',
  shutdownGraceTime: '2 s',
  shutdownForceTime: '12 s',
} satisfies Partial<WorkerOptions>

export type RolloutWorkerOptions = WorkerPlace & {
  readonly activities: ReturnType<typeof createActivities>
  readonly taskQueue?: string
}

/** Workflows and their activities. Each open wait holds a slot, hence 400 of them. */
export const startRolloutWorker = async ({ activities, taskQueue = rolloutsTaskQueue, ...place }: RolloutWorkerOptions): Promise<RunningWorker> => {
  const codePath = await workflowBundle()
  const worker = await Worker.create({
    ...tuned,
    ...place,
    taskQueue,
    activities,
    workflowBundle: { codePath },
    maxConcurrentActivityTaskExecutions: 400,
    maxCachedWorkflows: 500,
  })
  return running(worker)
}

export type CellWorkerOptions = WorkerPlace & {
  readonly cell: CellId
  readonly activities: ReturnType<typeof createCellActivities>
}

/** Serves `cell/<cell>` for as long as this process owns the cell. */
export const startCellWorker = async ({ cell, ...options }: CellWorkerOptions): Promise<RunningWorker> =>
  running(await Worker.create({ ...tuned, ...options, taskQueue: cellTaskQueue(cell) }))

const running = (worker: Worker): RunningWorker => {
  const ended = worker.run()
  const died = ended.then(() => new Promise<never>(() => {}))
  died.catch(() => {})
  return {
    died,
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown()
      await ended.catch(() => {})
    },
  }
}
