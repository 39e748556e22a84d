/** Which PlacementDecided records count: one whose `basedOn` is not the last valid one before it is void (DESIGN 6). */
import type { PlacementAnswer, PlacementDecided } from '../../core/events/placed.ts'
import type { Offset } from '../../core/units.ts'

export type PlacedIntent = { readonly answer: PlacementAnswer; readonly cell: string; readonly time: number }

/**
 * Returns the answers of a valid record and none of a void one. The first record seen of a cell is trusted, because
 * retention may have cut those before it.
 */
export const createValidPlacements = (): ((event: PlacementDecided, offset: Offset) => readonly PlacedIntent[]) => {
  const lastValid = new Map<string, Offset>()
  return (event, offset) => {
    const last = lastValid.get(event.cell)
    if (last !== undefined && event.basedOn !== last) return []
    lastValid.set(event.cell, offset)
    return event.answers.map((answer) => ({ answer, cell: event.cell, time: event.time }))
  }
}
