/** A workflow in a worker's memory: its code, and what it waits for. It may be lost at any time and made again from history. */
import { ActivityFailure, CancelledFailure, RetryState } from '@temporalio/common'
import { ContinueAsNew } from './continue-as-new.ts'
import { current, type ActivityCall, type RunningWorkflow, type UpdateHandler } from './current.ts'
import type { Command, HistoryEvent, Settled } from './history.ts'

type Deferred = { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }

export class WorkflowInstance implements RunningWorkflow {
  readonly id: string
  readonly #code: (input: never) => Promise<unknown>
  readonly #updates = new Map<string, UpdateHandler>()
  readonly #signals = new Map<string, () => void>()
  readonly #activities = new Map<string, Deferred & { readonly name: string }>()
  readonly #starting = new Map<string, Deferred>()
  readonly #children = new Map<string, Deferred>()
  /** Ends of children that nobody asked for yet. */
  readonly #closed = new Map<string, Settled>()
  readonly #timers = new Map<number, Deferred>()
  #conditions: { readonly test: () => boolean; readonly resolve: () => void }[] = []
  #commands: Command[] = []
  #nextTimer = 1

  constructor(id: string, code: (input: never) => Promise<unknown>) {
    this.id = id
    this.#code = code
  }

  /** Applies what happened; the code goes on when this returns. */
  apply(events: readonly HistoryEvent[]): void {
    current.workflow = this
    for (const event of events) this.#applyOne(event)
  }

  /** True when a condition came true, and its code goes on when this returns. */
  unblock(): boolean {
    current.workflow = this
    const open = this.#conditions.filter(({ test }) => test())
    this.#conditions = this.#conditions.filter((one) => !open.includes(one))
    for (const { resolve } of open) resolve()
    return open.length > 0
  }

  takeCommands(): readonly Command[] {
    const taken = this.#commands
    this.#commands = []
    return taken
  }

  // ── What the code asks for ──────────────────────────────────────────────────────────────────────────────────────

  setUpdate(name: string, update: UpdateHandler): void {
    this.#updates.set(name, update)
  }

  setSignal(name: string, handle: () => void): void {
    this.#signals.set(name, handle)
  }

  scheduleActivity(call: ActivityCall): Promise<unknown> {
    if (this.#activities.has(call.id)) throw new Error(`BUG: activity id ${call.id} of ${this.id} is in use`)
    this.#commands.push({ type: 'schedule-activity', ...call })
    return new Promise((resolve, reject) => void this.#activities.set(call.id, { resolve, reject, name: call.activity }))
  }

  cancelActivity(id: string): void {
    if (this.#activities.has(id)) this.#commands.push({ type: 'cancel-activity', id })
  }

  startChild(workflow: string, id: string, input: unknown): Promise<unknown> {
    this.#commands.push({ type: 'start-child', id, workflow, input })
    return new Promise((resolve, reject) => void this.#starting.set(id, { resolve, reject }))
  }

  childResult(id: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#children.set(id, { resolve, reject })
      const closed = this.#closed.get(id)
      if (closed !== undefined) settle(this.#children, id, closed)
    })
  }

  condition(test: () => boolean): Promise<void> {
    if (test()) return Promise.resolve()
    return new Promise((resolve) => void this.#conditions.push({ test, resolve }))
  }

  sleep(ms: number): Promise<unknown> {
    const id = this.#nextTimer++
    this.#commands.push({ type: 'timer', id, ms })
    return new Promise((resolve, reject) => void this.#timers.set(id, { resolve, reject }))
  }

  // ── What happened ───────────────────────────────────────────────────────────────────────────────────────────────

  #applyOne(event: HistoryEvent): void {
    switch (event.type) {
      case 'started':
        return this.#start(event.input)
      case 'activity':
        return this.#settleActivity(event.id, event.outcome)
      case 'child-started':
        return settle(this.#starting, event.id, startOf(event.failure))
      case 'child-closed':
        return this.#closeChild(event.id, event.outcome)
      case 'timer':
        return settle(this.#timers, event.id, { value: undefined })
      case 'signal':
        return this.#signal(event.name)
      case 'update':
        return this.#update(event)
    }
  }

  #start(input: unknown): void {
    this.#code(input as never).then(
      (value) => this.#commands.push({ type: 'close', outcome: { value } }),
      (error: unknown) => {
        if (error instanceof ContinueAsNew) this.#commands.push({ type: 'continue-as-new', input: error.input })
        else this.#commands.push({ type: 'close', outcome: { failure: error as Error } })
      },
    )
  }

  #closeChild(id: string, outcome: Settled): void {
    if (!this.#children.has(id)) this.#closed.set(id, outcome)
    settle(this.#children, id, outcome)
  }

  #signal(name: string): void {
    this.#signals.get(name)?.()
  }

  #settleActivity(id: string, outcome: Settled): void {
    const waiting = this.#activities.get(id)
    if (waiting === undefined) return
    this.#activities.delete(id)
    if ('value' in outcome) return waiting.resolve(outcome.value)
    const state = outcome.failure instanceof CancelledFailure ? RetryState.CANCEL_REQUESTED : RetryState.MAXIMUM_ATTEMPTS_REACHED
    waiting.reject(new ActivityFailure('Activity task failed', waiting.name, id, state, undefined, outcome.failure))
  }

  #update({ updateId, name, args }: Extract<HistoryEvent, { type: 'update' }>): void {
    const update = this.#updates.get(name)
    try {
      if (update === undefined) throw new Error(`BUG: ${this.id} has no handler for ${name}`)
      update.validate?.(...(args as readonly never[]))
      update.handle(...(args as readonly never[]))
      this.#commands.push({ type: 'answer-update', updateId, outcome: { value: undefined } })
    } catch (error) {
      this.#commands.push({ type: 'answer-update', updateId, outcome: { failure: error as Error } })
    }
  }
}

const startOf = (failure: Error | null): Settled => (failure === null ? { value: undefined } : { failure })

const settle = <Key>(waiting: Map<Key, Deferred>, key: Key, outcome: Settled): void => {
  const deferred = waiting.get(key)
  waiting.delete(key)
  if ('value' in outcome) deferred?.resolve(outcome.value)
  else deferred?.reject(outcome.failure)
}
