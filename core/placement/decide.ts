/** The command of a cell: turns waiting requests into the record that answers them all. */
import type { PlacementDecided, PlacementRequest } from '../events/placed.ts'
import type { CellState } from './cell.ts'
import { runCycle } from './cycle.ts'
import type { Moment } from './inventory-age.ts'
import { viewOf } from './view.ts'

/**
 * Runs a cycle over `state`. The record takes effect only if it is folded back as valid: another owner's placement
 * may reach the log first, and then this one is void and the cycle must run again on the newer state.
 */
export const decidePlacement = (state: CellState, requests: readonly PlacementRequest[], moment: Moment): PlacementDecided => ({
  type: 'PlacementDecided',
  cell: state.cell,
  time: moment.now,
  requests,
  answers: runCycle(viewOf(state, moment), requests, moment.now),
  viewOffset: state.lastOffset,
  basedOn: state.chain.last,
})
