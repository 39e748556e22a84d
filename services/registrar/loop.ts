/** The registrar's loop: pass after pass, for ever. It knows neither the log nor Temporal and outlives both. */
import type { Logger } from '../../core/ports.ts'
import type { RegistrarMeters } from './meters.ts'
import type { Registrar } from './pass.ts'

export type LoopOptions = {
  readonly registrar: Registrar
  readonly meters: RegistrarMeters
  readonly log: Logger
  /** Wall time between two passes. */
  readonly intervalMs: number
  readonly wallNow?: () => number
}

export type Loop = {
  /** The sub-cluster was read within the last `intervals` intervals. */
  isFresh(intervals: number): boolean
  /** Resolves when the pass under way has ended. */
  stop(): Promise<void>
}

/** A failed pass is followed by another after the usual interval: gates stay as they are meanwhile. */
export const startLoop = ({ registrar, meters, log, intervalMs, wallNow = Date.now }: LoopOptions): Loop => {
  let stopping = false
  let readAt = Number.NEGATIVE_INFINITY
  let wake: () => void = () => undefined

  const pass = async (): Promise<void> => {
    try {
      await registrar.pass()
      readAt = wallNow()
    } catch (error) {
      meters.failures.inc()
      log.warn({ err: error }, 'E_SUB_CLUSTER not readable; gates stay as they are, the next pass tries again')
    }
  }
  const rest = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, intervalMs)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const running = (async (): Promise<void> => {
    while (!stopping) {
      await pass()
      if (!stopping) await rest()
    }
  })()
  return {
    isFresh: (intervals) => wallNow() - readAt <= intervals * intervalMs,
    stop: async () => {
      stopping = true
      wake()
      await running
    },
  }
}
