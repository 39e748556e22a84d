/** How long an inventory may be believed, and what a cycle must know of time for that. */
import type { InventoryObserved } from '../events/observed.ts'
import type { DurationMs, EpochMs } from '../units.ts'

/** World time: five restatements of the collector's default of 60 s. */
export const defaultMaxInventoryAgeMs: DurationMs = 300_000

export type Moment = {
  readonly now: EpochMs
  /** An inventory older than this proves nothing about free GPUs. */
  readonly maxInventoryAgeMs: DurationMs
}

/** Its nodes may be gone or in other hands, and unknown is not free; what it says about groups stays the best known. */
export const isOutdated = ({ observedAt }: InventoryObserved, { now, maxInventoryAgeMs }: Moment): boolean =>
  now - observedAt > maxInventoryAgeMs
