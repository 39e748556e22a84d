/** Lets many callers share one run of a question whose answer must be no older than the call. */

/**
 * `ask` never runs twice at a time. A call that comes while it runs gets the answer of the next run, which begins when this one
 * has ended: what was asked before the call says nothing about the moment of the call.
 */
export const createSharedRun = <Answer>(ask: () => Promise<Answer>): (() => Promise<Answer>) => {
  let running: Promise<Answer> | null = null
  let next: Promise<Answer> | null = null
  const start = (): Promise<Answer> => {
    next = null
    const asked = ask().finally(() => (running = running === asked ? null : running))
    running = asked
    return asked
  }
  return () => next ?? (running === null ? start() : (next = running.then(start, start)))
}
