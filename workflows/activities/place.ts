/** Asks the owner of the cell where an intent's instances go. The answer is also the reservation. */
import { activityInfo } from '@temporalio/activity'
import type { PlacementAnswer, PlacementRequest } from '../../core/events/placed.ts'
import { isPortError } from '../../core/port-error.ts'
import { isExpired } from '../../core/rollout/submission.ts'
import type { CellPorts } from './ports.ts'

export type Placed =
  | { readonly kind: 'placed'; readonly answer: PlacementAnswer }
  | { readonly kind: 'expired' | 'refused'; readonly detail: string }

/**
 * An intent may have waited for its turn, or for the cell's owner, so its expiry is looked at again. A repeated
 * attempt leaves that to the placer: the first one may have reserved capacity, and the same answer is due.
 */
export const createPlace =
  ({ placer, clock }: CellPorts) =>
  async (request: PlacementRequest): Promise<Placed> => {
    const late = clock.now() - request.expiresAt
    if (activityInfo().attempt === 1 && isExpired(request.expiresAt, clock.now())) {
      return { kind: 'expired', detail: `${late} ms past its expiry when its turn came` }
    }
    try {
      return { kind: 'placed', answer: await placer.place(request) }
    } catch (error) {
      if (isPortError(error, 'invalid') || isPortError(error, 'not-found')) return { kind: 'refused', detail: error.message }
      throw error
    }
  }
