/**
 * State of a cell as a fold of its records in `cells`: inventories, placements in force, and what they still hold.
 * Whoever folds the same records knows the same reservations, so a new owner needs nothing but the log.
 */
import type { InventoryObserved } from '../events/observed.ts'
import type { CellEvent, GroupPlacement, PlacementAnswer, PlacementDecided, ReservationReleased } from '../events/placed.ts'
import type { CellId, GroupId, IntentId, ServiceId } from '../ids.ts'
import type { EpochMs, Offset } from '../units.ts'
import { assert } from '../units.ts'
import { rememberAnswers } from './answers.ts'
import { extendChain, judgePlacement, openChain, type PlacementChain } from './chain.ts'

/** One group's placement, from its decision until an inventory newer than its release takes over. */
export type Reservation = {
  readonly requestId: IntentId
  readonly service: ServiceId
  readonly placement: GroupPlacement
  readonly decidedOffset: Offset
  readonly released: { readonly outcome: ReservationReleased['outcome']; readonly offset: Offset; readonly time: EpochMs } | null
}

export type Inventory = { readonly offset: Offset; readonly record: InventoryObserved }

export type CellState = {
  readonly cell: CellId
  /** Last record folded; -1 when none. */
  readonly lastOffset: Offset
  /** Up to the last valid PlacementDecided. */
  readonly chain: PlacementChain
  /** By sub-cluster and S2 domain. */
  readonly inventories: ReadonlyMap<string, Inventory>
  /** By request and group. */
  readonly reservations: ReadonlyMap<string, Reservation>
  readonly answers: ReadonlyMap<IntentId, PlacementAnswer>
}

export type CellRecord = { readonly offset: Offset; readonly event: CellEvent | InventoryObserved }

export const openCell = (cell: CellId, logStart: Offset = 0): CellState => ({
  cell,
  lastOffset: -1,
  chain: openChain(logStart),
  inventories: new Map(),
  reservations: new Map(),
  answers: new Map(),
})

export const reservationKey = (requestId: IntentId, group: GroupId): string => `${requestId}/${group}`

export const inventoryKey = (subCluster: string, s2: string): string => `${subCluster}/${s2}`

/** Folds one record of the cell. Throws when the record belongs to another cell. */
export const evolveCell = (state: CellState, record: CellRecord): CellState => {
  const { event, offset } = record
  assert(event.cell === state.cell, `a record of cell ${event.cell} at offset ${offset} was folded into ${state.cell}`)
  return { ...evolveByType(state, event, offset), lastOffset: offset }
}

const evolveByType = (state: CellState, event: CellRecord['event'], offset: Offset): CellState => {
  switch (event.type) {
    case 'InventoryObserved':
      return foldInventory(state, event, offset)
    case 'PlacementDecided':
      return foldDecided(state, event, offset)
    case 'ReservationReleased':
      return foldRelease(state, event, offset)
  }
}

/** A head of the chain that turns out void is the only placement folded so far: its promises go with it. */
const foldDecided = (state: CellState, event: PlacementDecided, offset: Offset): CellState => {
  const verdict = judgePlacement(state.chain, event)
  if (verdict === 'void') return state
  const before = verdict === 'valid' ? state : { ...state, reservations: new Map(), answers: new Map() }
  return foldPlacement({ ...before, chain: extendChain(state.chain, event, offset) }, event, offset)
}

const foldPlacement = (state: CellState, event: PlacementDecided, offset: Offset): CellState => {
  const reservations = new Map(state.reservations)
  for (const { requestId, service, groups } of event.answers) {
    if (state.answers.has(requestId)) continue
    for (const placement of groups) {
      const key = reservationKey(requestId, placement.group)
      reservations.set(key, { requestId, service, placement, decidedOffset: offset, released: null })
    }
  }
  const answers = rememberAnswers(state.answers, event.answers, reservations)
  return { ...state, reservations, answers }
}

const foldRelease = (state: CellState, event: ReservationReleased, offset: Offset): CellState => {
  const key = reservationKey(event.requestId, event.group)
  const reservation = state.reservations.get(key)
  if (reservation === undefined || reservation.released !== null) return state
  const released = { outcome: event.outcome, offset, time: event.time }
  return { ...state, reservations: new Map(state.reservations).set(key, { ...reservation, released }) }
}

const foldInventory = (state: CellState, record: InventoryObserved, offset: Offset): CellState => {
  const key = inventoryKey(record.subCluster, record.s2)
  const known = state.inventories.get(key)
  if (known !== undefined && known.record.observedAt > record.observedAt) return state
  const inventories = new Map(state.inventories).set(key, { offset, record })
  return { ...state, inventories, reservations: withoutSettled(state.reservations, inventories) }
}

/** True when the inventory was taken, and recorded, after the release: it shows what the rollout left behind. */
export const isSettledBy = (reservation: Reservation, inventory: Inventory | undefined): boolean =>
  reservation.released !== null &&
  inventory !== undefined &&
  inventory.offset > reservation.released.offset &&
  inventory.record.observedAt >= reservation.released.time

/** Inventories that show the group or its nodes: one for an S1 or S2 domain, all of the sub-cluster otherwise. */
export const inventoriesOf = (placement: GroupPlacement, inventories: CellState['inventories']): readonly Inventory[] => {
  const s2 = placement.domain.split('/')[3]
  return [...inventories.values()].filter(
    ({ record }) => record.subCluster === placement.subCluster && (s2 === undefined || record.s2 === s2),
  )
}

const withoutSettled = (reservations: CellState['reservations'], inventories: CellState['inventories']): CellState['reservations'] => {
  const isSettled = (reservation: Reservation): boolean =>
    reservation.released !== null &&
    inventoriesOf(reservation.placement, inventories).every((inventory) => isSettledBy(reservation, inventory))
  const settled = [...reservations].filter(([, reservation]) => isSettled(reservation))
  if (settled.length === 0) return reservations
  const kept = new Map(reservations)
  for (const [key] of settled) kept.delete(key)
  return kept
}
