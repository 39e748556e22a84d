/** Asks the owner of the cell where an intent's instances go. The answer is also the reservation. */
import { activityInfo } from '@temporalio/activity'
import type { PlacementAnswer, PlacementRequest } from '../../core/events/placed.ts'
import { isPortError } from '../../core/port-error.ts'
import { showStop } from '../../core/rollout/effect-gate.ts'
import { isExpired } from '../../core/rollout/submission.ts'
import type { CellPorts } from './ports.ts'

export type Placed =
  | { readonly kind: 'placed'; readonly answer: PlacementAnswer }
  | { readonly kind: 'expired' | 'refused' | 'halted'; readonly detail: string }

/** A workflow that began under the version before may ask without saying what its order started from. */
export type PlaceInput = Omit<PlacementRequest, 'believed'> & Partial<Pick<PlacementRequest, 'believed'>>

/**
 * An intent may have waited for its turn, or for the cell's owner, so its expiry is looked at again, and whether an operator
 * stopped the service meanwhile. A repeated attempt leaves both to the placer and to the first effect: the first one may have
 * reserved capacity, and the same answer is due.
 */
export const createPlace =
  (ports: CellPorts) =>
  async (asked: PlaceInput): Promise<Placed> => {
    const request: PlacementRequest = { ...asked, believed: asked.believed ?? null }
    const rejected = activityInfo().attempt === 1 ? await rejectionOf(ports, request) : null
    if (rejected !== null) return rejected
    try {
      return { kind: 'placed', answer: await ports.placer.place(request) }
    } catch (error) {
      if (isPortError(error, 'invalid') || isPortError(error, 'not-found')) return { kind: 'refused', detail: error.message }
      throw error
    }
  }

const rejectionOf = async ({ clock, gate }: CellPorts, { service, expiresAt }: PlacementRequest): Promise<Placed | null> => {
  const late = clock.now() - expiresAt
  if (isExpired(expiresAt, clock.now())) return { kind: 'expired', detail: `${late} ms past its expiry when its turn came` }
  const stop = await gate.stopFor(service)
  return stop === null ? null : { kind: 'halted', detail: showStop(stop) }
}
