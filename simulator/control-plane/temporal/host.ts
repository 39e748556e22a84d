/** What the parts of the server ask of each other. */
import type { SimProcess } from '../process.ts'
import type { Stage } from '../stage.ts'
import type { ActivityRun } from './activity-run.ts'
import type { Command, HistoryEvent } from './history.ts'
import type { WorkflowInstance } from './workflow-instance.ts'

export type WorkflowCode = { readonly [name: string]: (input: never) => Promise<unknown> }
export type ActivityCode = { readonly [name: string]: (input: never) => Promise<unknown> }

/** A worker as the server knows it: what it serves, and the workflows that it holds in memory, by execution. */
export type Worker = {
  readonly process: SimProcess
  readonly taskQueue: string
  readonly workflows: WorkflowCode | null
  readonly activitiesOf: (run: ActivityRun) => ActivityCode
  readonly cache: Map<object, WorkflowInstance>
}

/** Task queue of workflows, and of activities without one of their own. */
export const rolloutsQueue = 'rollouts'

export interface ServerHost<Owner> {
  readonly stage: Stage
  readonly isDown: boolean
  untilUp(): number
  workerFor(taskQueue: string, again: () => void): Worker | null
  carryOut(owner: Owner, commands: readonly Command[]): void
}

/** The workflow that an activity belongs to. */
export interface TaskOwner {
  readonly tasks: Map<string, { requestCancel(): void }>
  note(event: HistoryEvent): void
}
