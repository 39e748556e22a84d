/**
 * The W3C trace context of a record, derived from what it says: a decision begins a trace, and its intent, every report of its
 * rollouts and every fact about them continue it, in whatever process they are written and however often they are retried.
 * Nothing has to be handed through workflows for that, and a reader needs no id but the decision's.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { LogEvent } from '../../core/events/event.ts'
import { decisionOf } from '../../core/ids.ts'
import type { DecisionId } from '../../core/ids.ts'

/** Undefined for what belongs to no decision, or to many: measurements, ticks, a scheduling cycle. */
export const traceparentOf = (event: LogEvent): string | undefined => {
  const decision = decisionBehind(event)
  return decision === null ? undefined : `00-${traceIdOf(decision)}-${randomBytes(8).toString('hex')}-01`
}

/** 32 hexadecimal digits of SHA-256 of the decision's id. */
export const traceIdOf = (decision: DecisionId): string => createHash('sha256').update(decision).digest('hex').slice(0, 32)

const decisionBehind = (event: LogEvent): DecisionId | null => {
  if ('decisionId' in event) return event.decisionId
  return 'intentId' in event ? decisionOf(event.intentId) : null
}
