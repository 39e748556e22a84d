/**
 * Names of things. Ids derive from where their cause stands in the log, so a recreated topic cannot repeat one and a
 * replay gives the same ones.
 */
import { sha256 } from './sha256.ts'
import type { Offset } from './units.ts'

export type ServiceId = string
export type GroupId = string
export type DecisionId = string
export type IntentId = string
export type CellId = string
export type SubClusterId = string

/** Where a record stands: enough to find it again for as long as the topic lives. */
export type LogPosition = { readonly logId: string; readonly partition: number; readonly offset: Offset }

/**
 * Id of what was decided for `service` at the tick at `position`: 16 hexadecimal digits of SHA-256. A service that
 * decided each second for 400 days would have 3.5e7 ids, and two of them equal with probability 3e-5.
 */
export const decisionIdOf = (position: LogPosition, service: ServiceId): DecisionId =>
  `${service}-${sha256(`${position.logId}/${position.partition}/${position.offset}/${service}`).slice(0, 16)}`

/** Intent of a decision; a decision emits at most one. */
export const intentIdOf = (decision: DecisionId): IntentId => `i-${decision}`

/** The decision that emitted an intent. */
export const decisionOf = (intent: IntentId): DecisionId => intent.replace(/^i-/, '')

export const serviceWorkflowId = (service: ServiceId): string => `service/${service}`

export const rolloutWorkflowId = (service: ServiceId, intent: IntentId, group: GroupId): string =>
  `rollout/${service}/${intent}/${group}`

/** Task queue of the process that owns a cell's partition of `cells`. */
export const cellTaskQueue = (cell: CellId): string => `cell/${cell}`
