/** What the owner of a cell writes: placements, which are also reservations, and their release. */
import type { CellId, GroupId, IntentId, ServiceId, SubClusterId } from '../ids.ts'
import type { Role, RoleCounts } from '../roles.ts'
import type { EpochMs, Offset } from '../units.ts'
import type { Affinity, RatioBand, RoleRequirement } from './decided.ts'

/** A service's request for absolute role counts over all its groups. */
export type PlacementRequest = {
  /** Id of the intent: a repeat gets the same answer. */
  readonly requestId: IntentId
  readonly service: ServiceId
  readonly cell: CellId
  readonly sequence: number
  readonly priority: number
  readonly requestedAt: EpochMs
  readonly expiresAt: EpochMs
  readonly target: RoleCounts
  readonly ratio: RoleCounts
  readonly band: RatioBand
  readonly affinity: Affinity
  readonly requirements: readonly RoleRequirement[]
  /** Groups with an open or stuck rollout: they are left as they are. */
  readonly busyGroups: readonly GroupId[]
  /** Counts that the order starts from: no more of a role is removed than it takes from them. Null: not said, and nothing is kept for it. */
  readonly believed: RoleCounts | null
}

/** GPUs promised on one node; for a shrink the list is empty. */
export type NodeReservation = { readonly node: string; readonly role: Role; readonly gpus: number }

/** One group's part of a placement: bring it from these counts to those. */
export type GroupPlacement = {
  readonly group: GroupId
  readonly isNew: boolean
  readonly subCluster: SubClusterId
  readonly domain: string
  /** Preconditions of the write: empty uid means the group must not exist. */
  readonly uid: string
  readonly resourceVersion: string
  readonly from: RoleCounts
  readonly to: RoleCounts
  readonly gpuTypes: { readonly [role in Role]: string }
  readonly gpusPerInstance: RoleCounts
  readonly reserved: readonly NodeReservation[]
}

export type PlacementAnswer = {
  readonly requestId: IntentId
  readonly service: ServiceId
  readonly groups: readonly GroupPlacement[]
  /** Null when the whole target was placed; else what is missing, with numbers. */
  readonly refusal: string | null
}

/** One scheduling cycle. Void unless `basedOn` is the offset of the last valid PlacementDecided before it. */
export type PlacementDecided = {
  readonly type: 'PlacementDecided'
  readonly cell: CellId
  readonly time: EpochMs
  readonly requests: readonly PlacementRequest[]
  readonly answers: readonly PlacementAnswer[]
  /** Last offset of `cells` that the view included. */
  readonly viewOffset: Offset
  /** -1 for the first. */
  readonly basedOn: Offset
}

/** The reservation of one group's placement ends; its GPUs are free again as soon as a newer inventory says so. */
export type ReservationReleased = {
  readonly type: 'ReservationReleased'
  readonly cell: CellId
  readonly requestId: IntentId
  readonly group: GroupId
  readonly outcome: 'committed' | 'rolled-back' | 'abandoned'
  readonly time: EpochMs
}

export type CellEvent = PlacementDecided | ReservationReleased
