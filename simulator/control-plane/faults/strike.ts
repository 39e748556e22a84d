/** How a fault is brought about. */
import type { World } from '../world.ts'
import type { Fault } from './plan.ts'

export type Struck = {
  readonly target: string
  /** Ends what does not end by its time. */
  readonly lift?: () => void
  readonly clockOffsetMs?: number
}

/** Begins the fault; whoever calls lifts it at its end. */
export type Strike = (world: World, fault: Fault) => Struck
