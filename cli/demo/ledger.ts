/** What happened so far, counted from the log: the facts behind the demo's timeline and report. */
import type { LogEvent } from '../../core/events/event.ts'
import type { LogRecord } from '../../core/ports.ts'
import { noInstances, type RoleCounts } from '../../core/roles.ts'
import type { EpochMs } from '../../core/units.ts'
import type { Gauge } from './timeline.ts'

/** One group's way through one intent. */
export type RolloutEnd = {
  readonly group: string
  readonly intentId: string
  readonly time: EpochMs
  readonly outcome: 'committed' | 'rolled-back' | 'stuck'
  readonly counts: RoleCounts | null
}

export type DecisionFact = {
  readonly decisionId: string
  readonly intentId: string
  readonly time: EpochMs
  readonly kind: 'scale-out' | 'scale-in' | 'rebalance'
  readonly from: RoleCounts
  readonly to: RoleCounts
  readonly reason: string
}

export type Ledger = {
  readonly decisions: DecisionFact[]
  readonly ends: RolloutEnd[]
  /** Wall time at which the first scale-out of a group was committed. */
  firstCommitAt: number | null
  /** Reservations that no release has ended: request and group. */
  readonly openReservations: Set<string>
  readonly openIntents: Set<string>
  gauge: Gauge
  /** A gauge per world minute, for the report and for the verdict on faults. */
  readonly gauges: Gauge[]
}

export const emptyLedger = (): Ledger => ({
  decisions: [],
  ends: [],
  firstCommitAt: null,
  openReservations: new Set(),
  openIntents: new Set(),
  gauge: { time: 0, decodeTps: null, ttftMsP95: null, tbtMsP95: null, registered: noInstances },
  gauges: [],
})

/** Enters one record. `wallNow` is when it was seen. */
export const enter = (ledger: Ledger, { event }: LogRecord, wallNow: number): void => {
  if (event === null) return
  enterDecision(ledger, event)
  enterRollout(ledger, event, wallNow)
  enterReservation(ledger, event)
  enterSample(ledger, event)
}

const enterDecision = (ledger: Ledger, event: LogEvent): void => {
  if (event.type === 'ScaleIntentEmitted') ledger.openIntents.add(event.intentId)
  if (event.type !== 'ScaleDecided' || ledger.decisions.some((known) => known.decisionId === event.decisionId)) return
  const { decisionId, time, kind, from, to, reason } = event
  ledger.decisions.push({ decisionId, intentId: `i-${decisionId}`, time, kind, from, to, reason })
}

const outcomes = { RolloutCommitted: 'committed', RolloutRolledBack: 'rolled-back', RolloutStuck: 'stuck' } as const
const closing: readonly string[] = ['IntentCompleted', 'IntentRefused', 'IntentExpired', 'IntentSuperseded']

type GroupEnd = Extract<LogEvent, { type: keyof typeof outcomes }>
const isGroupEnd = (event: LogEvent): event is GroupEnd => Object.hasOwn(outcomes, event.type)

const enterRollout = (ledger: Ledger, event: LogEvent, wallNow: number): void => {
  if (closing.includes(event.type) && 'intentId' in event) ledger.openIntents.delete(event.intentId)
  if (isGroupEnd(event)) enterEnd(ledger, endOf(event), wallNow)
}

const endOf = (event: GroupEnd): RolloutEnd => ({
  group: event.group,
  intentId: event.intentId,
  time: event.time,
  outcome: outcomes[event.type],
  counts: event.type === 'RolloutStuck' ? null : event.counts,
})

const enterEnd = (ledger: Ledger, end: RolloutEnd, wallNow: number): void => {
  const repeated = ledger.ends.some((known) => known.group === end.group && known.intentId === end.intentId && known.outcome === end.outcome)
  if (repeated) return
  ledger.ends.push(end)
  if (end.outcome === 'committed' && kindOf(ledger, end) === 'scale-out') ledger.firstCommitAt ??= wallNow
}

/** What the decision behind a rollout's end was for. */
export const kindOf = (ledger: Ledger, end: RolloutEnd): DecisionFact['kind'] | undefined =>
  ledger.decisions.find((decision) => decision.intentId === end.intentId)?.kind

const enterReservation = (ledger: Ledger, event: LogEvent): void => {
  if (event.type === 'ReservationReleased') ledger.openReservations.delete(`${event.requestId} ${event.group}`)
  if (event.type !== 'PlacementDecided') return
  for (const answer of event.answers) for (const group of answer.groups) ledger.openReservations.add(`${answer.requestId} ${group.group}`)
}

const enterSample = (ledger: Ledger, event: LogEvent): void => {
  if (event.type === 'TpsObserved' && event.role === 'decode') ledger.gauge = { ...ledger.gauge, time: event.windowEndMs, decodeTps: event.tps }
  if (event.type === 'LatencyObserved') ledger.gauge = { ...ledger.gauge, ...latencyOf(event) }
  if (event.type === 'InstancesObserved') ledger.gauge = { ...ledger.gauge, registered: registeredOf(event) }
}

const latencyOf = (event: Extract<LogEvent, { type: 'LatencyObserved' }>): Partial<Gauge> =>
  event.role === 'prefill' ? { ttftMsP95: event.ttftMsP95 } : { tbtMsP95: event.tbtMsP95 }

const registeredOf = (event: Extract<LogEvent, { type: 'InstancesObserved' }>): RoleCounts => {
  const all = event.groups.flatMap((group) => group.roles)
  const count = (role: string): number => all.filter((one) => one.role === role).reduce((sum, one) => sum + one.registered, 0)
  return { prefill: count('prefill'), decode: count('decode') }
}

export const countEnds = (ledger: Ledger, outcome: RolloutEnd['outcome'], kind?: DecisionFact['kind']): number =>
  ledger.ends.filter((end) => end.outcome === outcome && (kind === undefined || kindOf(ledger, end) === kind)).length
