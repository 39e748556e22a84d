/**
 * Groups as a cycle must see them: the observed ones, corrected by placements that the sub-clusters have not shown
 * yet. A group under an open placement counts with what it was promised and is left alone.
 */
import type { PlacedGroup } from '../events/observed.ts'
import type { GroupPlacement } from '../events/placed.ts'
import type { GroupId, ServiceId, SubClusterId } from '../ids.ts'
import type { Role, RoleCounts } from '../roles.ts'
import { noInstances } from '../roles.ts'
import { inventoriesOf, isSettledBy, type CellState, type Inventory, type Reservation } from './cell.ts'
import { sortedBy } from './order.ts'

export type StandingGroup = {
  readonly group: GroupId
  readonly service: ServiceId
  readonly subCluster: SubClusterId
  readonly domain: string
  readonly uid: string
  readonly resourceVersion: string
  readonly counts: RoleCounts
  /** What it may still hold, or come back to, instead of `counts`: where its rollout, open or stuck, began. Null when none is open. */
  readonly instead: RoleCounts | null
  readonly gpuTypes: { readonly [role in Role]: string }
  /** False while a placement of the group is open, or while its uid is not known yet. */
  readonly changeable: boolean
}

type Sighting = { readonly inventory: Inventory; readonly group: PlacedGroup & { readonly domain: string } }

/** All groups of the cell in order of their ids. */
export const standingGroups = (state: CellState): readonly StandingGroup[] => {
  const seen = newestSightings(state)
  const placed = newestReservations(state)
  const ids = sortedBy([...new Set([...seen.keys(), ...placed.keys()])], (id) => [id])
  return ids.flatMap((id) => standingGroup(state, seen.get(id), placed.get(id)) ?? [])
}

const newestSightings = (state: CellState): ReadonlyMap<GroupId, Sighting> => {
  const sightings = [...state.inventories.values()].flatMap((inventory) =>
    inventory.record.groups.map((group) => ({ inventory, group })),
  )
  const oldestFirst = sortedBy(sightings, ({ inventory }) => [inventory.record.observedAt, inventory.offset])
  return new Map(oldestFirst.map((sighting) => [sighting.group.group, sighting]))
}

const newestReservations = (state: CellState): ReadonlyMap<GroupId, Reservation> => {
  const oldestFirst = sortedBy([...state.reservations.values()], ({ decidedOffset }) => [decidedOffset])
  return new Map(oldestFirst.map((reservation) => [reservation.placement.group, reservation]))
}

const standingGroup = (state: CellState, seen?: Sighting, reservation?: Reservation): StandingGroup | null => {
  if (reservation === undefined) return seen === undefined ? null : asObserved(seen)
  if (reservation.released === null) return { ...asPromised(reservation, seen, reservation.placement.to), instead: reservation.placement.from }
  if (seen !== undefined && isSettledBy(reservation, seen.inventory)) return asObserved(seen)
  const views = inventoriesOf(reservation.placement, state.inventories)
  if (seen === undefined && views.some((inventory) => isSettledBy(reservation, inventory))) return null
  return afterRelease(reservation, seen)
}

const asObserved = ({ inventory, group }: Sighting): StandingGroup => ({
  group: group.group,
  service: group.service,
  subCluster: inventory.record.subCluster,
  domain: group.domain,
  uid: group.uid,
  resourceVersion: group.resourceVersion,
  counts: group.counts,
  instead: null,
  gpuTypes: group.gpuTypes,
  changeable: true,
})

const asPromised = (reservation: Reservation, seen: Sighting | undefined, counts: RoleCounts): StandingGroup => ({
  group: reservation.placement.group,
  service: reservation.service,
  subCluster: reservation.placement.subCluster,
  domain: reservation.placement.domain,
  uid: seen?.group.uid ?? reservation.placement.uid,
  resourceVersion: seen?.group.resourceVersion ?? reservation.placement.resourceVersion,
  counts,
  instead: null,
  gpuTypes: reservation.placement.gpuTypes,
  changeable: false,
})

/** The rollout ended but no newer inventory shows it: its outcome says how many instances there are. */
const afterRelease = (reservation: Reservation, seen: Sighting | undefined): StandingGroup | null => {
  const counts = countsAfter(reservation, seen)
  if (counts.prefill + counts.decode === 0) return null
  const known = asPromised(reservation, seen, counts)
  return { ...known, changeable: known.uid !== '' }
}

const countsAfter = ({ placement, released }: Reservation, seen: Sighting | undefined): RoleCounts => {
  if (released?.outcome === 'committed') return placement.to
  if (released?.outcome === 'rolled-back') return placement.from
  return seen?.group.counts ?? noInstances
}

/** What the group holds before a placement changes it, as a placement that changes nothing yet. */
export const unchanged = (standing: StandingGroup, gpusPerInstance: RoleCounts): GroupPlacement => ({
  group: standing.group,
  isNew: false,
  subCluster: standing.subCluster,
  domain: standing.domain,
  uid: standing.uid,
  resourceVersion: standing.resourceVersion,
  from: standing.counts,
  to: standing.counts,
  gpuTypes: standing.gpuTypes,
  gpusPerInstance,
  reserved: [],
})
