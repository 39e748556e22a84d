/**
 * A model of the Temporal server: histories of workflows, tasks for workers, time-outs and retries. It survives everything but
 * may be unreachable; workers are processes that die. Activities run at least once, workflows go on from their history.
 */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import { portError } from '../../../core/port-error.ts'
import type { EpochMs } from '../../../core/units.ts'
import type { SimProcess } from '../process.ts'
import type { Stage } from '../stage.ts'
import { ActivityTask } from './activity-task.ts'
import { Execution } from './execution.ts'
import type { Command, Settled } from './history.ts'
import type { ServerHost, Worker } from './host.ts'

export class TemporalServer implements ServerHost<Execution> {
  readonly stage: Stage
  readonly executions = new Map<string, Execution>()
  downUntilMs: EpochMs = 0
  #workers: readonly Worker[] = []
  readonly #waitingForWorker = new Map<string, (() => void)[]>()

  constructor(stage: Stage) {
    this.stage = stage
  }

  get isDown(): boolean {
    return this.downUntilMs > this.stage.scheduler.nowMs
  }

  /** Milliseconds until the server can act again; 0 now. */
  untilUp(): number {
    if (!this.isDown) return 0
    this.stage.hit('temporal-down')
    return this.downUntilMs - this.stage.scheduler.nowMs + this.stage.between(20, 1_500)
  }

  register(worker: Worker): void {
    this.#workers = [...this.#workers.filter(({ process }) => process.alive), worker]
    for (const call of this.#waitingForWorker.get(worker.taskQueue)?.splice(0) ?? []) this.stage.scheduler.after(this.stage.between(1, 20), call)
  }

  unregister(process: SimProcess, taskQueue: string): void {
    this.#workers = this.#workers.filter((worker) => worker.process !== process || worker.taskQueue !== taskQueue)
  }

  /** A worker that polls the queue now, or null; `again` is then called when one comes. */
  workerFor(taskQueue: string, again: () => void): Worker | null {
    const able = this.#workers.filter((worker) => worker.taskQueue === taskQueue && worker.process.alive && !worker.process.isPaused)
    if (able.length > 0) return this.stage.pick(able)
    if (this.#workers.some((worker) => worker.taskQueue === taskQueue && worker.process.alive)) {
      this.stage.scheduler.after(this.stage.between(200, 1_000), again)
      return null
    }
    const waiting = this.#waitingForWorker.get(taskQueue) ?? []
    this.#waitingForWorker.set(taskQueue, [...waiting, again])
    return null
  }

  /** All workflows leave the workers' memory: each goes on from its history. */
  evictAll(): number {
    const held = this.#workers.reduce((sum, { cache }) => sum + cache.size, 0)
    for (const { cache } of this.#workers) cache.clear()
    return held
  }

  start(id: string, workflow: string, input: unknown): Execution {
    const execution = new Execution(this, { id, workflow, input })
    this.executions.set(id, execution)
    execution.note({ type: 'started', input })
    return execution
  }

  /** Throws PortError `unavailable` while the server is down. */
  reach(what: string): void {
    if (!this.isDown) return
    this.stage.hit('temporal-down')
    throw portError('unavailable', `E_TEMPORAL ${what}: the server does not answer`)
  }

  /** What a workflow asked for becomes durable. */
  carryOut(execution: Execution, commands: readonly Command[]): void {
    for (const command of commands) this.#carryOutOne(execution, command)
  }

  #carryOutOne(execution: Execution, command: Command): void {
    switch (command.type) {
      case 'schedule-activity':
        return void execution.tasks.set(command.id, new ActivityTask(this, execution, command))
      case 'cancel-activity':
        return execution.tasks.get(command.id)?.requestCancel()
      case 'start-child':
        return this.#startChild(execution, command)
      case 'timer':
        return void this.stage.scheduler.after(command.ms, () => execution.note({ type: 'timer', id: command.id }))
      case 'answer-update':
        return execution.answerUpdate(command.updateId, command.outcome)
      case 'close':
        return this.#close(execution, command.outcome)
      case 'continue-as-new':
        return execution.continueAsNew(command.input)
    }
  }

  #startChild(parent: Execution, { id, workflow, input }: Extract<Command, { type: 'start-child' }>): void {
    const failure = this.executions.has(id) ? new WorkflowExecutionAlreadyStartedError('Workflow execution already started', id, workflow) : null
    if (failure === null) this.start(id, workflow, input).parent = parent
    parent.note({ type: 'child-started', id, failure })
  }

  #close(execution: Execution, outcome: Settled): void {
    execution.close(outcome)
    if ('failure' in outcome) this.stage.alarm(execution.id, `WORKFLOW_FAILED ${execution.id}: ${String(outcome.failure)}`)
    execution.parent?.note({ type: 'child-closed', id: execution.id, outcome })
  }
}
