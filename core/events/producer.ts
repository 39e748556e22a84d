/** What the gate says of those who write to `metrics`. */
import type { EpochMs } from '../units.ts'

/** Why the gate refused a record. */
export const refusalReasons = [
  'UNKNOWN_SCHEMA',
  'BAD_BYTES',
  'KEY_MISMATCH',
  'UNKNOWN_SERVICE',
  'NOT_ALLOWED',
  'UNKNOWN_ROLE',
  'OUT_OF_RANGE',
  'TIME_OUT_OF_RANGE',
  'REPEATED',
  'RATE_LIMITED',
  'TOO_MANY_PRODUCERS',
] as const
export type RefusalReason = (typeof refusalReasons)[number]

export type RefusalCount = { readonly reason: RefusalReason; readonly count: number }

/**
 * Running totals of one producer at one gate since that gate started; written when they changed, at most every few seconds.
 * The newest of a (gate, producer) replaces those before it.
 */
export type ProducerReported = {
  readonly type: 'ProducerReported'
  /** Id of the collector whose gate it is. */
  readonly gate: string
  /** `source` of its records; `(unreadable)` for bytes that name none. */
  readonly producer: string
  readonly accepted: number
  /** Sorted by reason. */
  readonly refused: readonly RefusalCount[]
  /** What was wrong with the last refused record; empty when none was. */
  readonly lastRefusal: string
  readonly lastRefusalAt: EpochMs | null
  readonly lastAcceptedAt: EpochMs | null
  readonly time: EpochMs
}
