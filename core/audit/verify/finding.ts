/** What `verify` finds: one fault of the record, named so that a person knows which record to look at. */
import type { ServiceId } from '../../ids.ts'
import type { EpochMs } from '../../units.ts'

export const findingCodes = [
  /** A decision's hash is not that of its bytes: it was changed after it was written. */
  'DECISION_CHANGED',
  /** A decision does not follow on the one before it: one was removed, inserted, or moved. */
  'CHAIN_BROKEN',
  /** A hold's hash is not that of its bytes: it was changed after it was written. */
  'HOLD_CHANGED',
  /** A hold, or what was written after it, does not follow on the hold before it: one was removed, inserted, or moved. */
  'HOLDS_BROKEN',
  /** Nobody can read it: a byte of it was changed, or a stranger wrote it. It is no record any more, and what it said is lost. */
  'RECORD_UNREADABLE',
  /** Two different records under one id. */
  'TWO_CONTENTS',
  'DECISION_WITHOUT_INTENT',
  'INTENT_WITHOUT_DECISION',
  'INTENT_DISAGREES',
  'INTENT_WITHOUT_END',
  'PLACEMENT_WITHOUT_INTENT',
  'ROLLOUT_WITHOUT_INTENT',
  'ROLLOUT_NOT_PLACED',
  'ROLLOUT_DISAGREES',
  'ROLLOUT_WITHOUT_END',
  /** Its undo failed and nobody has repaired it yet. */
  'ROLLOUT_STUCK',
  'EFFECT_WITHOUT_INTENT',
  'EFFECT_NOT_PLACED',
  'EFFECT_DISAGREES',
  'EFFECT_REPEATED',
  'EFFECT_AFTER_END',
  'COMMIT_WITHOUT_EFFECT',
] as const
export type FindingCode = (typeof findingCodes)[number]

export type Finding = {
  readonly code: FindingCode
  /** `-` where nobody can tell. */
  readonly service: ServiceId
  /** Of the decision, intent or rollout, the key of the effect, or the place in the log. */
  readonly id: string
  /** World time of the record that it is about. */
  readonly time: EpochMs
  readonly detail: string
}
