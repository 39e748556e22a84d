/** Lets Node run everything that a step set off before the next step begins. */
import type { Pump } from '../../simulator/control-plane/history.ts'

/**
 * All microtasks run between two callbacks of `nextTick` when the second was asked for by the last microtask: that is as
 * complete as `setImmediate`, at a fraction of its cost.
 */
export const pump: Pump = (step) =>
  new Promise((resolve, reject) => {
    const next = (): void => {
      try {
        if (!step()) return resolve()
      } catch (error) {
        return reject(error as Error)
      }
      queueMicrotask(() => process.nextTick(next))
    }
    process.nextTick(next)
  })
