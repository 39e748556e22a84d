/**
 * The Placer port in memory: the same cycle over the same fold as the real one, without a log. Every request is a
 * cycle of its own. A test says what the sub-clusters look like and which call fails.
 */
import type { InventoryObserved } from '../../core/events/observed.ts'
import type { PlacementAnswer } from '../../core/events/placed.ts'
import type { CellId } from '../../core/ids.ts'
import { evolveCell, openCell, reservationKey, type CellRecord, type CellState } from '../../core/placement/cell.ts'
import { decidePlacement } from '../../core/placement/decide.ts'
import { defaultMaxInventoryAgeMs } from '../../core/placement/inventory-age.ts'
import { faultOf } from '../../core/placement/request.ts'
import { portError } from '../../core/port-error.ts'
import type { Placer } from '../../core/ports.ts'
import { assert, type EpochMs } from '../../core/units.ts'

export type PlacerMethod = 'place' | 'release'

/** What a test does to the cell. */
export type PlacerControls = {
  /** Folds an inventory as the collector would have written it. */
  observe(inventory: InventoryObserved): void
  /** The next call of `method` throws, before or after its effect. Calls add up. */
  failNext(method: PlacerMethod, when: 'before' | 'after', error?: Error): void
  /** What the cell knows now: reservations, answers, inventories. */
  state(): CellState
}

export type MemoryPlacerOptions = { readonly cell: CellId; readonly now: () => EpochMs }

export const createMemoryPlacer = ({ cell, now }: MemoryPlacerOptions): Placer & PlacerControls => {
  let state = openCell(cell)
  const fold = (event: CellRecord['event']): void => {
    state = evolveCell(state, { event, offset: state.lastOffset + 1 })
  }
  const failures = createFailures(cell)
  return {
    observe: fold,
    state: () => state,
    failNext: failures.next,
    place: async (request) =>
      failures.around('place', (): PlacementAnswer => {
        const fault = faultOf(request)
        if (fault !== null) throw portError('invalid', `PLACEMENT_REQUEST ${request.requestId}: ${fault}; nothing was reserved`)
        if (!state.answers.has(request.requestId)) fold(decidePlacement(state, [request], { now: now(), maxInventoryAgeMs: defaultMaxInventoryAgeMs }))
        const answer = state.answers.get(request.requestId)
        assert(answer !== undefined, `request ${request.requestId} was folded without an answer`)
        return answer
      }),
    release: async (released) =>
      failures.around('release', () => {
        const reservation = state.reservations.get(reservationKey(released.requestId, released.group))
        if (reservation?.released === null) fold({ type: 'ReservationReleased', ...released, time: now() })
      }),
  }
}

type Failure = { readonly method: PlacerMethod; readonly when: 'before' | 'after'; readonly error: Error }

const createFailures = (cell: CellId) => {
  const planned: Failure[] = []
  const take = (method: PlacerMethod, when: Failure['when']): void => {
    const index = planned.findIndex((failure) => failure.method === method)
    if (index < 0 || planned[index]?.when !== when) return
    const [failure] = planned.splice(index, 1)
    if (failure !== undefined) throw failure.error
  }
  const usual = (): Error => portError('unavailable', `CELL_NOT_OWNED cell ${cell}: failure asked for by the test; ask again`)
  return {
    next: (method: PlacerMethod, when: Failure['when'], error = usual()): void => void planned.push({ method, when, error }),
    around: <T>(method: PlacerMethod, effect: () => T): T => {
      take(method, 'before')
      const result = effect()
      take(method, 'after')
      return result
    },
  }
}
