/**
 * The entity logic of a service: which intent waits, which rollouts are open, when an intent is complete. Pure
 * decide and evolve; the workflow `service/<id>` and the simulator only drive it.
 */
import type { ScaleIntentEmitted } from '../events/decided.ts'
import type { GroupId, IntentId } from '../ids.ts'
import type { GroupOutcome } from './submission.ts'

/** An intent with open rollouts. */
export type OpenIntent = {
  readonly intent: ScaleIntentEmitted
  readonly open: readonly GroupId[]
  /** Groups that were under rollouts of earlier intents when this one was placed: it counts on what they were promised. Absent in older queues. */
  readonly waitsFor?: readonly StuckGroup[]
  /** Some group that it counts on did not commit, or the placement was short of the target. */
  readonly partial: boolean
}

export type StuckGroup = { readonly group: GroupId; readonly intentId: IntentId }

/** Everything that outlives one run of the workflow. */
export type IntentQueue = {
  /** Highest sequence ever accepted; 0 before the first. */
  readonly lastSequence: number
  /** Ids of the last accepted intents, newest last: a redelivery of one of them is a repeat, not an older plan. */
  readonly recent: readonly IntentId[]
  readonly waiting: ScaleIntentEmitted | null
  readonly open: readonly OpenIntent[]
  readonly stuck: readonly StuckGroup[]
}

/**
 * A redelivery reaches back to the last committed offset: one batch of all services, of which 100 intents of one service
 * are far more than a decider emits between two commits. They take some 6 KB where the workflow continues as new.
 */
export const maxRecent = 100

export const emptyQueue: IntentQueue = { lastSequence: 0, recent: [], waiting: null, open: [], stuck: [] }

export type QueueCommand =
  | { readonly type: 'SubmitIntent'; readonly intent: ScaleIntentEmitted }
  | { readonly type: 'TakeIntent' }
  | { readonly type: 'OpenRollouts'; readonly intent: ScaleIntentEmitted; readonly groups: readonly GroupId[]; readonly short: boolean }
  | { readonly type: 'SettleGroup'; readonly intentId: IntentId; readonly group: GroupId; readonly outcome: GroupOutcome }

export type QueueEvent =
  | { readonly type: 'IntentAccepted'; readonly intent: ScaleIntentEmitted }
  | { readonly type: 'WaitingSuperseded'; readonly intent: ScaleIntentEmitted; readonly by: ScaleIntentEmitted }
  | { readonly type: 'IntentTaken'; readonly intent: ScaleIntentEmitted }
  | { readonly type: 'RolloutsOpened'; readonly opened: OpenIntent }
  | { readonly type: 'GroupSettled'; readonly intentId: IntentId; readonly group: GroupId; readonly outcome: GroupOutcome }
  | { readonly type: 'IntentClosed'; readonly intent: ScaleIntentEmitted; readonly partial: boolean }

export type Refusal = { readonly code: 'DUPLICATE' | 'STALE_SEQUENCE'; readonly detail: string }

/**
 * Why the queue does not take the intent, or null. An intent that was accepted before is a repeat and had its verdict;
 * one that was never seen and yet has a low number comes from a log that numbers anew.
 */
export const refusalOf = (queue: IntentQueue, intent: ScaleIntentEmitted): Refusal | null => {
  if (intent.sequence > queue.lastSequence) return null
  return {
    code: queue.recent.includes(intent.intentId) ? 'DUPLICATE' : 'STALE_SEQUENCE',
    detail: `sequence ${intent.sequence} of ${intent.intentId} is not carried out; the workflow's last sequence is ${queue.lastSequence}`,
  }
}

/** Groups that a new placement must leave as they are. */
export const busyGroups = (queue: IntentQueue): readonly GroupId[] => [
  ...queue.open.flatMap(({ open }) => open),
  ...queue.stuck.map(({ group }) => group),
]

/** What follows from a command; an empty list when it changes nothing (a repeat, or a group nobody waits for). */
export const decide = (queue: IntentQueue, command: QueueCommand): readonly QueueEvent[] => {
  switch (command.type) {
    case 'SubmitIntent':
      return submit(queue, command.intent)
    case 'TakeIntent':
      return queue.waiting === null ? [] : [{ type: 'IntentTaken', intent: queue.waiting }]
    case 'OpenRollouts':
      return openRollouts(queue, command)
    case 'SettleGroup':
      return settle(queue, command)
  }
}

export const evolve = (queue: IntentQueue, event: QueueEvent): IntentQueue => {
  switch (event.type) {
    case 'IntentAccepted':
      return accepted(queue, event.intent)
    case 'WaitingSuperseded':
    case 'IntentTaken':
      return { ...queue, waiting: null }
    case 'RolloutsOpened':
      return { ...queue, open: [...queue.open, event.opened] }
    case 'GroupSettled':
      return settled(queue, event)
    case 'IntentClosed':
      return { ...queue, open: queue.open.filter(({ intent }) => intent.intentId !== event.intent.intentId) }
  }
}

const submit = (queue: IntentQueue, intent: ScaleIntentEmitted): readonly QueueEvent[] => {
  if (refusalOf(queue, intent) !== null) return []
  const taken: QueueEvent = { type: 'IntentAccepted', intent }
  return queue.waiting === null ? [taken] : [{ type: 'WaitingSuperseded', intent: queue.waiting, by: intent }, taken]
}

const accepted = (queue: IntentQueue, intent: ScaleIntentEmitted): IntentQueue => ({
  ...queue,
  waiting: intent,
  lastSequence: intent.sequence,
  recent: [...queue.recent, intent.intentId].slice(-maxRecent),
})

/**
 * Nothing to roll out closes the intent at once. A stuck group counts in a placement with what it was promised, and holds something else: beside
 * it no target is reached for certain.
 */
const openRollouts = (queue: IntentQueue, command: Extract<QueueCommand, { type: 'OpenRollouts' }>): readonly QueueEvent[] => {
  const { intent, groups, short } = command
  const partial = short || queue.stuck.length > 0
  const waitsFor = queue.open.flatMap((earlier) => earlier.open.map((group) => ({ intentId: earlier.intent.intentId, group })))
  if (groups.length + waitsFor.length === 0) return [{ type: 'IntentClosed', intent, partial }]
  return [{ type: 'RolloutsOpened', opened: { intent, open: groups, waitsFor, partial } }]
}

type Settle = Extract<QueueCommand, { type: 'SettleGroup' }>

/** A stuck group stops being waited for, so that intents may close, partial. Its later end only frees the group. */
const settle = (queue: IntentQueue, { intentId, group, outcome }: Settle): readonly QueueEvent[] => {
  const event: QueueEvent = { type: 'GroupSettled', intentId, group, outcome }
  const holder = queue.open.find(({ intent, open }) => intent.intentId === intentId && open.includes(group))
  if (holder === undefined) return isStuck(queue, { intentId, group }) && outcome !== 'stuck' ? [event] : []
  const closed = evolve(queue, event).open.filter(({ open, waitsFor = [] }) => open.length + waitsFor.length === 0)
  return [event, ...closed.map(({ intent, partial }): QueueEvent => ({ type: 'IntentClosed', intent, partial }))]
}

const isStuck = (queue: IntentQueue, { intentId, group }: StuckGroup): boolean =>
  queue.stuck.some((it) => it.intentId === intentId && it.group === group)

const settled = (queue: IntentQueue, event: Extract<QueueEvent, { type: 'GroupSettled' }>): IntentQueue => {
  const { intentId, group, outcome } = event
  const others = queue.stuck.filter((it) => it.intentId !== intentId || it.group !== group)
  return {
    ...queue,
    open: queue.open.map((it) => (it.intent.intentId === intentId ? without(it, event) : beside(it, event))),
    stuck: outcome === 'stuck' ? [...others, { intentId, group }] : others,
  }
}

const beside = (other: OpenIntent, { intentId, group, outcome }: { intentId: IntentId; group: GroupId; outcome: GroupOutcome }): OpenIntent => {
  const { waitsFor = [] } = other
  const left = waitsFor.filter((it) => it.intentId !== intentId || it.group !== group)
  return left.length === waitsFor.length ? other : { ...other, waitsFor: left, partial: other.partial || outcome !== 'committed' }
}

const without = (holder: OpenIntent, { group, outcome }: { group: GroupId; outcome: GroupOutcome }): OpenIntent => ({
  ...holder,
  open: holder.open.filter((it) => it !== group),
  partial: holder.partial || outcome !== 'committed',
})
