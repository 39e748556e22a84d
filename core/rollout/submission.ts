/** How an intent reaches the workflow of its service, and how a group's end does: types of both, and expiry. */
import type { ScaleIntentEmitted } from '../events/decided.ts'
import type { PlacementRequest } from '../events/placed.ts'
import type { GroupId, IntentId, ServiceId } from '../ids.ts'
import type { EpochMs } from '../units.ts'

/** `refused` comes from the entity: its sequence is already at or above the intent's. */
export type SubmitOutcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'refused'; readonly detail: string }

export interface IntentSubmitter {
  /** Resolves when the service's entity answered. Rejects with PortError `unavailable`: repeating it is safe. */
  submit(intent: ScaleIntentEmitted): Promise<SubmitOutcome>
}

/** How a group's rollout stands for its service. `stuck` is not an end, but the service stops waiting for it. */
export type GroupOutcome = 'committed' | 'rolled-back' | 'stuck'
export type GroupSettlement = {
  readonly service: ServiceId
  readonly intentId: IntentId
  readonly group: GroupId
  readonly outcome: GroupOutcome
}

export interface SettlementTeller {
  /** Tells the service's entity. Resolves without effect when there is none. Repeating it is safe. */
  tell(settlement: GroupSettlement): Promise<void>
}

/** Checked when the intent is placed, and before its first effect. */
export const isExpired = (expiresAt: EpochMs, now: EpochMs): boolean => now > expiresAt

/** What the owner of the cell is asked; `requestedAt` is the decision's time, so that a repeat asks the same. */
export const placementRequestOf = (intent: ScaleIntentEmitted, busyGroups: readonly GroupId[]): PlacementRequest => ({
  requestId: intent.intentId,
  service: intent.service,
  cell: intent.cell,
  sequence: intent.sequence,
  priority: intent.priority,
  requestedAt: intent.emittedAt,
  expiresAt: intent.expiresAt,
  target: intent.target,
  ratio: intent.ratio,
  band: intent.band,
  affinity: intent.affinity,
  requirements: intent.requirements,
  busyGroups,
  believed: intent.from,
})
