/** One workflow at the server: its history in the pieces in which workers got it, and the task that is under way. */
import type { EpochMs } from '../../../core/units.ts'
import { showCommand, type Command, type HistoryEvent, type Settled } from './history.ts'
import { rolloutsQueue, type ServerHost, type TaskOwner, type Worker } from './host.ts'
import { WorkflowInstance } from './workflow-instance.ts'

/** As the product sets them: a workflow task may take 4 s, and waits 1 s for the worker that has the workflow in memory. */
const workflowTaskMs = 4_000
const stickyMs = 1_000

type Origin = { readonly id: string; readonly workflow: string; readonly input: unknown }
type Batch = { readonly events: readonly HistoryEvent[]; commands: readonly string[] | null }
type UpdateWaiter = (outcome: Settled) => void

export class Execution implements TaskOwner {
  readonly id: string
  readonly workflow: string
  readonly tasks = new Map<string, { requestCancel(): void }>()
  parent: Execution | null = null
  outcome: Settled | null = null
  startedAtMs: EpochMs
  #batches: Batch[] = []
  #buffered: HistoryEvent[] = []
  /** Number of the newest workflow task. */
  #token = 0
  /** The one that a worker has, if any: the server gives out no second one meanwhile, and an answer to another counts for nothing. */
  #underWay: number | null = null
  #isBusy = false
  #sticky: Worker | null = null
  readonly #updates = new Map<string, UpdateWaiter[]>()
  readonly #answered = new Map<string, Settled>()
  readonly #server: ServerHost<Execution>

  constructor(server: ServerHost<Execution>, { id, workflow }: Origin) {
    this.#server = server
    this.id = id
    this.workflow = workflow
    this.startedAtMs = server.stage.nowMs
  }

  get isOpen(): boolean {
    return this.outcome === null
  }

  note(event: HistoryEvent): void {
    if (!this.isOpen) return
    this.#buffered.push(event)
    this.#dispatchSoon()
  }

  /** The same update twice is one; `answer` is called when the workflow answered. */
  update(update: { readonly updateId: string; readonly name: string; readonly args: readonly unknown[] }, answer: UpdateWaiter): void {
    const known = this.#answered.get(update.updateId)
    if (known !== undefined) return answer(known)
    const waiting = this.#updates.get(update.updateId)
    this.#updates.set(update.updateId, [...(waiting ?? []), answer])
    if (waiting === undefined) this.note({ type: 'update', ...update })
  }

  answerUpdate(updateId: string, outcome: Settled): void {
    if ('value' in outcome) this.#answered.set(updateId, outcome)
    const waiting = this.#updates.get(updateId) ?? []
    this.#updates.delete(updateId)
    for (const answer of waiting) answer(outcome)
  }

  close(outcome: Settled): void {
    this.outcome = outcome
    this.#sticky?.cache.delete(this)
    this.#batches = []
  }

  continueAsNew(input: unknown): void {
    this.#sticky?.cache.delete(this)
    this.#batches = []
    this.#answered.clear()
    this.#buffered.unshift({ type: 'started', input })
    this.#dispatchSoon()
  }

  #dispatchSoon(): void {
    if (this.#isBusy) return
    this.#isBusy = true
    const { stage } = this.#server
    stage.scheduler.after(stage.between(1, 15), () => this.#dispatch())
  }

  #dispatch(): void {
    if (!this.#isBusy || this.#underWay !== null) return
    const { stage } = this.#server
    const waitMs = this.#server.untilUp()
    if (waitMs > 0) return void stage.scheduler.after(waitMs, () => this.#dispatch())
    const worker = this.#chooseWorker()
    if (worker === null) return
    const token = ++this.#token
    this.#underWay = token
    this.#takeBuffered()
    stage.scheduler.after(workflowTaskMs, () => this.#timeOut(token))
    worker.process.later(stage.between(1, 10), () => void this.#work(worker, token))
  }

  /** What nobody answered yet is one piece with what came since. */
  #takeBuffered(): void {
    const events = this.#buffered.splice(0)
    const last = this.#batches.at(-1)
    const unanswered = last !== undefined && last.commands === null ? last.events : null
    if (unanswered !== null) this.#batches.pop()
    const all = [...(unanswered ?? []), ...events]
    if (all.length > 0) this.#batches.push({ events: all, commands: null })
  }

  /** The one that has the workflow in memory, after a while any other. */
  #chooseWorker(): Worker | null {
    const { stage } = this.#server
    const sticky = this.#sticky
    if (sticky !== null && sticky.process.alive && !sticky.process.isPaused && sticky.cache.has(this)) return sticky
    if (sticky !== null) {
      sticky.cache.delete(this)
      this.#sticky = null
      stage.scheduler.after(stickyMs, () => this.#dispatch())
      return null
    }
    return this.#server.workerFor(rolloutsQueue, () => this.#dispatch())
  }

  #timeOut(token: number): void {
    if (token !== this.#underWay || !this.isOpen) return
    this.#server.stage.hit('workflow-task-lost')
    this.#underWay = null
    this.#sticky?.cache.delete(this)
    this.#sticky = null
    this.#dispatch()
  }

  async #work(worker: Worker, token: number): Promise<void> {
    const instance = worker.cache.get(this) ?? (await this.#replay(worker))
    if (instance === null) return
    const batch = this.#batches.at(-1)
    const isNew = batch !== undefined && batch.commands === null
    const commands = isNew ? await this.#activate(worker, instance, batch.events) : []
    const { stage } = this.#server
    const travel = { there: stage.between(1, 10), back: 1 }
    await worker.process.ask(travel, () => this.#complete({ worker, instance, token, commands }))
  }

  #complete({ worker, instance, token, commands }: { worker: Worker; instance: WorkflowInstance; token: number; commands: readonly Command[] }): void {
    if (token !== this.#underWay || !this.isOpen || this.#server.isDown) return
    this.#underWay = null
    this.#isBusy = false
    const batch = this.#batches.at(-1)
    // A task without anything new changes nothing of what was answered before.
    if (batch !== undefined && batch.commands === null) batch.commands = commands.map(showCommand)
    worker.cache.set(this, instance)
    this.#sticky = worker
    this.#server.carryOut(this, commands)
    if (this.#buffered.length > 0) this.#dispatchSoon()
  }

  /** From the history, as far as it was answered; other commands than then would be another workflow. */
  async #replay(worker: Worker): Promise<WorkflowInstance | null> {
    const code = worker.workflows?.[this.workflow]
    if (code === undefined) throw new Error(`BUG: no workflow ${this.workflow}`)
    const instance = new WorkflowInstance(this.id, code)
    for (const batch of this.#batches.filter(({ commands }) => commands !== null)) {
      const commands = (await this.#activate(worker, instance, batch.events)).map(showCommand)
      if (commands.join() !== batch.commands?.join()) {
        this.#server.stage.alarm(this.id, `NONDETERMINISM ${this.id}: got ${commands.join()}; recorded ${batch.commands?.join()}`)
      }
      this.#server.stage.hit('workflow-replayed')
    }
    return instance
  }

  async #activate(worker: Worker, instance: WorkflowInstance, events: readonly HistoryEvent[]): Promise<readonly Command[]> {
    instance.apply(events)
    await settledIn(worker)
    while (instance.unblock()) await settledIn(worker)
    return instance.takeCommands()
  }
}

const settledIn = ({ process }: Worker): Promise<void> => new Promise((resolve) => void process.later(0, resolve))
