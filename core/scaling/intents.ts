/** Intents that are on their way, and groups whose rollout got stuck. */
import type { DecisionKind } from '../events/decided.ts'
import type { GroupId, IntentId } from '../ids.ts'
import type { RoleCounts } from '../roles.ts'
import type { DurationMs, EpochMs } from '../units.ts'

export type OpenIntent = {
  readonly intentId: IntentId
  readonly sequence: number
  readonly kind: DecisionKind
  readonly from: RoleCounts
  readonly target: RoleCounts
  readonly emittedAtMs: EpochMs
  readonly expiresAtMs: EpochMs
  readonly readyDeadlineMs: DurationMs
  /** Time of the newest report about it; null before the first. */
  readonly reportedAtMs: EpochMs | null
  /** Groups that it was placed on. */
  readonly groups: readonly GroupId[]
  /** Reports that were folded; a repeat changes nothing. Bounded by the steps of one intent. */
  readonly reportIds: readonly string[]
}

/** A group whose undo failed. Its intent is closed; only its own repair is still listened for. */
export type StuckGroup = {
  readonly intentId: IntentId
  readonly group: GroupId
  readonly sequence: number
  readonly reportIds: readonly string[]
}

/**
 * When nobody has reported for so long that nobody will: an intent that is not begun by its expiry is dropped, and a
 * rollout that is begun ends, by commit or by undo, within two ready deadlines. Under a stop it may wait for hours, so
 * that it counts from the last moment of the stop (`stoppedAtMs`, null when there was none).
 */
export const abandonedAt = (intent: OpenIntent, stoppedAtMs: EpochMs | null): EpochMs =>
  Math.max(intent.expiresAtMs, intent.reportedAtMs ?? 0, stoppedAtMs ?? 0) + 2 * intent.readyDeadlineMs
