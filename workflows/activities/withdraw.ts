/**
 * Takes back what a place that was given up may have reserved: an attempt can have reached the log although its answer
 * never arrived. Asking again gives that answer, or a refusal because the request has expired; both are then released.
 */
import type { PlacementRequest } from '../../core/events/placed.ts'
import type { CellPorts } from './ports.ts'

/** Idempotent by request, retried for a day. */
export const createWithdraw =
  ({ placer }: CellPorts) =>
  async (request: PlacementRequest): Promise<void> => {
    const { cell, requestId } = request
    const { groups } = await placer.place(request)
    for (const { group } of groups) await placer.release({ cell, requestId, group, outcome: 'abandoned' })
  }
