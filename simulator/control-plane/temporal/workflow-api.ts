/** Stands for @temporalio/workflow in a simulation: the part of it that the product's workflows use. */
import { ActivityFailure, CancelledFailure } from '@temporalio/common'
import { current, type ActivityCall, type RunningWorkflow } from './current.ts'
import { toMs, type ActivityOptions } from './history.ts'
import { ContinueAsNew } from './continue-as-new.ts'

export { ActivityFailure, ApplicationFailure, CancelledFailure, TimeoutFailure, rootCause } from '@temporalio/common'

export const ActivityCancellationType = { WAIT_CANCELLATION_COMPLETED: 'WAIT_CANCELLATION_COMPLETED' } as const
export const ParentClosePolicy = { ABANDON: 'ABANDON' } as const
export const WorkflowIdReusePolicy = { REJECT_DUPLICATE: 'REJECT_DUPLICATE' } as const

const running = (): RunningWorkflow => {
  if (current.workflow === null) throw new Error('BUG: no workflow runs')
  return current.workflow
}

// ── Activities ─────────────────────────────────────────────────────────────────────────────────────────────────────

type ProxyOptions = {
  readonly taskQueue?: string
  readonly startToCloseTimeout: string | number
  readonly scheduleToCloseTimeout?: string | number
  readonly heartbeatTimeout?: string | number
  readonly retry?: { readonly initialInterval?: string | number; readonly maximumInterval?: string | number; readonly maximumAttempts?: number }
}

export const proxyActivities = (options: ProxyOptions): object =>
  new Proxy(
    {},
    {
      get: (_, activity) => ({
        executeWithOptions: ({ activityId }: { readonly activityId: string }, [input]: readonly unknown[]) =>
          schedule({ id: activityId, activity: String(activity), input, options: read(options) }),
      }),
    },
  )

const read = ({ retry = {}, ...options }: ProxyOptions): ActivityOptions => ({
  taskQueue: options.taskQueue ?? null,
  startToCloseMs: toMs(options.startToCloseTimeout),
  scheduleToCloseMs: options.scheduleToCloseTimeout === undefined ? null : toMs(options.scheduleToCloseTimeout),
  heartbeatMs: options.heartbeatTimeout === undefined ? null : toMs(options.heartbeatTimeout),
  firstPauseMs: toMs(retry.initialInterval ?? 1_000),
  longestPauseMs: toMs(retry.maximumInterval ?? 100_000),
  maximumAttempts: retry.maximumAttempts ?? Infinity,
})

const schedule = (call: ActivityCall): Promise<unknown> => {
  const instance = running()
  const done = instance.scheduleActivity(call)
  if (shieldedDepth === 0) openScopes(instance).at(-1)?.add(() => instance.cancelActivity(call.id))
  return done
}

// ── Cancellation ───────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Temporal follows scopes through every await. Here an activity belongs to the newest scope of its workflow that is still open:
 * the rollout opens several at once only for the steps of one stage, and stops them together.
 */
const scopes = new WeakMap<RunningWorkflow, CancellationScope[]>()
let shieldedDepth = 0

const openScopes = (instance: RunningWorkflow): CancellationScope[] => {
  const known = scopes.get(instance) ?? []
  scopes.set(instance, known)
  return known
}

export const isCancellation = (error: unknown): boolean =>
  error instanceof CancelledFailure || (error instanceof ActivityFailure && isCancellation(error.cause))

export class CancellationScope {
  readonly cancelRequested: Promise<never>
  #reject: (error: Error) => void = () => undefined
  readonly #cancels: (() => void)[] = []

  constructor() {
    this.cancelRequested = new Promise<never>((_, reject) => (this.#reject = reject))
    this.cancelRequested.catch(() => undefined)
  }

  static nonCancellable<T>(call: () => Promise<T>): Promise<T> {
    shieldedDepth += 1
    try {
      return call()
    } finally {
      shieldedDepth -= 1
    }
  }

  async run<T>(call: () => Promise<T>): Promise<T> {
    const open = openScopes(running())
    open.push(this)
    try {
      return await call()
    } finally {
      open.splice(open.indexOf(this), 1)
    }
  }

  cancel(): void {
    this.#reject(new CancelledFailure('the scope was cancelled'))
    for (const call of this.#cancels) call()
  }

  add(cancel: () => void): void {
    this.#cancels.push(cancel)
  }
}

// ── Messages, children, time ───────────────────────────────────────────────────────────────────────────────────────

type Definition = { readonly kind: 'update' | 'signal' | 'query'; readonly name: string }
type Handler = (...args: readonly never[]) => unknown

export const defineUpdate = (name: string): Definition => ({ kind: 'update', name })
export const defineSignal = (name: string): Definition => ({ kind: 'signal', name })
export const defineQuery = (name: string): Definition => ({ kind: 'query', name })

export const setHandler = ({ kind, name }: Definition, handle: Handler, options: { readonly validator?: Handler } = {}): void => {
  if (kind === 'update') running().setUpdate(name, { handle, validate: options.validator ?? null })
  if (kind === 'signal') running().setSignal(name, handle as () => void)
}

export const startChild = async (workflow: string, options: { readonly workflowId: string; readonly args: readonly unknown[] }): Promise<object> => {
  const instance = running()
  await instance.startChild(workflow, options.workflowId, options.args[0])
  return { result: () => instance.childResult(options.workflowId) }
}

export const condition = (test: () => boolean): Promise<void> => running().condition(test)
export const sleep = (duration: string | number): Promise<unknown> => running().sleep(toMs(duration))
export const workflowInfo = (): { readonly workflowId: string } => ({ workflowId: running().id })
export const allHandlersFinished = (): boolean => true
export const continueAsNew = (input: unknown): Promise<never> => Promise.reject(new ContinueAsNew(input))
