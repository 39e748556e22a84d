/** One activity at the server: attempts until one is done, its time is over, or it was cancelled. */
import { ApplicationFailure, CancelledFailure, TimeoutFailure, TimeoutType } from '@temporalio/common'
import { ActivityRun } from './activity-run.ts'
import { current } from './current.ts'
import type { Command, Settled } from './history.ts'
import type { Ticket } from '../scheduler.ts'
import { rolloutsQueue, type ServerHost, type TaskOwner, type Worker } from './host.ts'

/** What a task needs of the server. */
type ActivityHost = Pick<ServerHost<never>, 'stage' | 'isDown' | 'untilUp' | 'workerFor'>

type Scheduled = Extract<Command, { type: 'schedule-activity' }>

export class ActivityTask {
  readonly #host: ActivityHost
  readonly #execution: TaskOwner
  readonly #order: Scheduled
  readonly #scheduledAtMs: number
  #attempt = 0
  #run: ActivityRun | null = null
  #isClosed = false
  #isCancelRequested = false
  #timeOut: Ticket | null = null

  constructor(host: ActivityHost, execution: TaskOwner, order: Scheduled) {
    this.#host = host
    this.#execution = execution
    this.#order = order
    this.#scheduledAtMs = host.stage.nowMs
    const { scheduleToCloseMs } = order.options
    if (scheduleToCloseMs !== null) this.#after(scheduleToCloseMs, () => this.#close({ failure: timedOut('SCHEDULE_TO_CLOSE') }))
    this.#after(host.stage.between(1, 10), () => this.#dispatch())
  }

  requestCancel(): void {
    this.#isCancelRequested = true
    if (this.#run === null) this.#close({ failure: new CancelledFailure('the activity was cancelled') })
  }

  /** Time-outs of the server do not run out while it is down. */
  #after(delayMs: number, call: () => void): Ticket {
    const { stage } = this.#host
    return stage.scheduler.after(delayMs, () => {
      const waitMs = this.#host.untilUp()
      if (waitMs > 0) this.#after(waitMs, call)
      else if (!this.#isClosed) call()
    })
  }

  #dispatch(): void {
    if (this.#isClosed || this.#run !== null) return
    const worker = this.#host.workerFor(this.#order.options.taskQueue ?? rolloutsQueue, () => this.#dispatch())
    if (worker === null) return
    const { process } = worker
    const run: ActivityRun = new ActivityRun(process, { attempt: ++this.#attempt, scheduledAtMs: this.#scheduledAtMs }, () => this.#noteHeartbeat(run))
    this.#run = run
    this.#watch(run)
    process.later(this.#host.stage.between(0.5, 5), () => this.#perform(worker, run))
  }

  #perform(worker: Worker, run: ActivityRun): void {
    const activity = worker.activitiesOf(run)[this.#order.activity]
    if (activity === undefined) throw new Error(`BUG: no activity ${this.#order.activity}`)
    current.activity = run
    activity(this.#order.input as never).then(
      (value) => this.#tell(run, { value }),
      (error: unknown) => this.#tell(run, { failure: asFailure(error) }),
    )
  }

  /** A worker tells the server until it hears it. */
  #tell(run: ActivityRun, outcome: Settled): void {
    const { stage } = this.#host
    void run.process
      .ask({ there: stage.between(0.5, 5) + this.#host.untilUp(), back: 1 }, () => !this.#host.isDown && this.#end(run, outcome))
      .then((isHeard) => {
        if (!isHeard && !this.#isClosed && this.#run === run) this.#tell(run, outcome)
      })
  }

  /** True when the server heard it, also when it had given the attempt up. */
  #end(run: ActivityRun, outcome: Settled): boolean {
    if (this.#isClosed || this.#run !== run) return true
    this.#timeOut?.cancel()
    this.#run = null
    if ('value' in outcome || !isRetriable(outcome.failure)) this.#close(outcome)
    else this.#retry(outcome.failure)
    return true
  }

  #retry(failure: Error): void {
    const { maximumAttempts, firstPauseMs, longestPauseMs } = this.#order.options
    if (this.#isCancelRequested) return this.#close({ failure: new CancelledFailure('the activity was cancelled') })
    if (this.#attempt >= maximumAttempts) return this.#close({ failure })
    this.#after(Math.min(longestPauseMs, firstPauseMs * 2 ** (this.#attempt - 1)), () => this.#dispatch())
  }

  /** An attempt ends with its time, or earlier when it is not heard of. */
  #watch(run: ActivityRun): void {
    const { startToCloseMs, heartbeatMs } = this.#order.options
    const { scheduler } = this.#host.stage
    const endsAtMs = scheduler.nowMs + startToCloseMs
    const look = (): void => {
      const silentInMs = heartbeatMs === null ? Infinity : run.lastHeartbeatMs + heartbeatMs - scheduler.nowMs
      const overInMs = endsAtMs - scheduler.nowMs
      if (Math.min(silentInMs, overInMs) > 0) this.#timeOut = this.#after(Math.min(silentInMs, overInMs), look)
      else this.#giveUp(run, silentInMs <= 0 ? 'HEARTBEAT' : 'START_TO_CLOSE')
    }
    look()
  }

  /** The attempt may still run and have its effect; nobody will hear of it. */
  #giveUp(run: ActivityRun, type: keyof typeof TimeoutType): void {
    if (this.#run !== run) return
    this.#host.stage.hit(`activity-time-out:${type.toLowerCase()}`)
    this.#run = null
    this.#retry(timedOut(type))
  }

  #noteHeartbeat(run: ActivityRun): boolean {
    if (this.#host.isDown) return false
    run.lastHeartbeatMs = this.#host.stage.scheduler.nowMs
    return this.#isCancelRequested || this.#run !== run
  }

  #close(outcome: Settled): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#execution.tasks.delete(this.#order.id)
    this.#execution.note({ type: 'activity', id: this.#order.id, outcome })
  }
}

const timedOut = (type: keyof typeof TimeoutType): Error => new TimeoutFailure(`activity ${type} timeout`, undefined, TimeoutType[type])

const isRetriable = (failure: Error): boolean => !(failure instanceof CancelledFailure) && !(failure instanceof ApplicationFailure && failure.nonRetryable === true)

const asFailure = (error: unknown): Error =>
  error instanceof ApplicationFailure || error instanceof CancelledFailure ? error : ApplicationFailure.fromError(error)
