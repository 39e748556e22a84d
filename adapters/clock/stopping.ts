/**
 * Who wakes when a promise settles. A reaction on a promise stays until the promise settles, and a process stops once in
 * its life: a sleep that left one behind per second would keep 700 bytes for each. So every promise gets one reaction.
 */

type Waiting = { settled: boolean; readonly wakes: Set<() => void> }

const waitingFor = new WeakMap<Promise<unknown>, Waiting>()

/** Calls `wake` once `stop` resolves or rejects, unless the function that it returns was called before. */
export const onceStopped = (stop: Promise<unknown>, wake: () => void): (() => void) => {
  const waiting = waitingFor.get(stop) ?? watch(stop)
  if (waiting.settled) queueMicrotask(wake)
  else waiting.wakes.add(wake)
  return () => {
    waiting.wakes.delete(wake)
  }
}

const watch = (stop: Promise<unknown>): Waiting => {
  const waiting: Waiting = { settled: false, wakes: new Set() }
  waitingFor.set(stop, waiting)
  const settle = (): void => {
    waiting.settled = true
    for (const wake of [...waiting.wakes]) wake()
  }
  stop.then(settle, settle)
  return waiting
}
