/** Waits until the read model shows something, for a bounded wall time. */
import type { ReadModel } from './read-model.ts'

export type Wait<T> = {
  /** Null as long as there is nothing to say. */
  readonly found: () => T | null
  /** What is said when the time is up. */
  readonly late: () => T
  /** Wall time. */
  readonly waitMs: number
}

export type Waiting<T> = { readonly outcome: Promise<T>; cancel(): void }

/** Looks at once and after each record. Started before a record is appended, it misses no answer to it. */
export const waitFor = <T>(model: ReadModel, { found, late, waitMs }: Wait<T>): Waiting<T> => {
  let settle: (value: T) => void = () => {}
  const outcome = new Promise<T>((resolve) => (settle = resolve))
  const finish = (value: T): void => {
    clearTimeout(timer)
    stop()
    settle(value)
  }
  const look = (): void => {
    const value = found()
    if (value !== null) finish(value)
  }
  const timer = setTimeout(() => finish(late()), waitMs)
  const stop = model.onChange(look)
  look()
  return { outcome, cancel: () => finish(late()) }
}
