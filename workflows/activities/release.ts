/** Gives a group's reservation back to its cell. Idempotent by (request, group), retried without limit. */
import type { ReservationReleased } from '../../core/events/placed.ts'
import type { CellPorts } from './ports.ts'

export type ReleaseInput = Omit<ReservationReleased, 'type' | 'time'>

export const createRelease =
  ({ placer }: CellPorts) =>
  (released: ReleaseInput): Promise<void> =>
    placer.release(released)
