/** Moves the world along with the clock, a little at a time, so that requests to the API are answered in between. */
import type { Logger } from '../../core/ports.ts'
import type { EpochMs } from '../../core/units.ts'
import type { Emulation } from './emulation.ts'

/** Wall time between two moves: at speed 20 one move is five steps of the world. */
const periodMs = 25
/** World time of one move at most; after a pause the world catches up in pieces. */
const mostPerMoveMs = 5_000
/** Further behind than this, timestamps of the world no longer agree with those of its observers. */
const tolerableMs = 10_000

export type Moving = {
  keepsUp(): boolean
  /** Rejects when the world broke. */
  readonly died: Promise<never>
  stop(): void
}

export const startMoving = ({ world, clock }: Emulation, { log, behind }: { readonly log: Logger; readonly behind: { set(value: number): void } }): Moving => {
  const lagMs = (): EpochMs => clock.now() - world.now
  let timer: NodeJS.Timeout
  const died = new Promise<never>((_resolve, reject) => {
    timer = setInterval(() => {
      try {
        world.advance(Math.min(clock.now(), world.now + mostPerMoveMs))
        behind.set(Math.max(0, lagMs()) / 1000)
      } catch (error) {
        clearInterval(timer)
        log.error({ err: error }, 'E_WORLD the world broke at one step; the process exits')
        reject(error as Error)
      }
    }, periodMs)
  })
  return { keepsUp: () => lagMs() < tolerableMs, died, stop: () => clearInterval(timer) }
}
