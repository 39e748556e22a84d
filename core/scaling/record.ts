/** Writes a verdict down: the records of `decisions` and `intents`, and what the service remembers of them. */
import type { ScaleDecided, ScaleHeld, ScaleIntentEmitted } from '../events/decided.ts'
import { decisionIdOf, intentIdOf } from '../ids.ts'
import { noInstances, roles, showCounts } from '../roles.ts'
import type { RoleCounts } from '../roles.ts'
import { maximumOf, minimumOf, ratioBandOf } from '../service/specification.ts'
import { sha256 } from '../sha256.ts'
import { highestSequence } from '../signals/instances.ts'
import { secondsToMs } from '../units.ts'
import { writeArgument } from './argument.ts'
import type { DecisionArgument } from './argument.ts'
import type { Emitted } from './emitted.ts'
import type { OpenIntent } from './intents.ts'
import { rememberChange } from './memory.ts'
import { hashOfDecision, hashOfHold } from './record-hash.ts'
import { copyOf } from './service-state.ts'
import type { ServiceState } from './service-state.ts'
import { hold, textOf, writtenAsk } from './verdict.ts'
import type { Hold, Order, Verdict } from './verdict.ts'

export type Recorded = { readonly state: ServiceState; readonly emitted: readonly Emitted[] }

/** What a record is made from. */
type Occasion = { readonly state: ServiceState; readonly argument: DecisionArgument; readonly verdict: Verdict }

export const recordVerdict = (state: ServiceState, argument: DecisionArgument, verdict: Verdict): Recorded => {
  const occasion = { state, argument, verdict }
  if ('hold' in verdict) return recordHold(occasion, verdict.hold)
  const text = writeArgument(argument)
  if (text.length > mostArgument) return recordHold(occasion, tooLarge(text))
  return recordOrder(occasion, verdict.order, { from: verdict.current ?? noInstances, text })
}

/** Of the million bytes that a record may have; the rest of a decision takes some thousands. */
const mostArgument = 900_000

/**
 * Samples have their budget, but nothing bounds the groups that sub-clusters report (some 130 bytes each: six thousand).
 * An order that cannot be written must not be given, and must not stop the partition for every other service either.
 */
const tooLarge = (text: string): Hold =>
  hold('ARGUMENT_TOO_LARGE', `what the decision rests on has ${text.length} characters; at most ${mostArgument} fit into its record`)

/**
 * Every hold goes into the chain, but only a new reason, or another recommendation, is written. The chain's text is short on purpose: it is hashed
 * for every service at every evaluation, and 128 bytes are two blocks of SHA-256. A hold that is written is hashed whole, and follows on the
 * written one before it.
 */
const recordHold = (occasion: Occasion, held: Hold): Recorded => {
  const { reason, detail } = held
  const { state, argument, verdict } = occasion
  const { current } = verdict
  const demand = verdict.evidence[0]?.value ?? null
  // As canonical JSON writes the list.
  const facts = `[${argument.tick.offset},"${reason}",${current?.prefill ?? null},${current?.decode ?? null},${demand}]`
  const holdsHash = sha256(state.holdsHash + facts)
  const news = newsOf(held)
  const next = copyOf(state)
  next.holdReason = news
  next.holds += 1
  next.holdsHash = holdsHash
  if (news === state.holdReason) return { state: next, emitted: [] }
  const open: ScaleHeld = {
    type: 'ScaleHeld',
    ...namesOf(occasion),
    reason,
    detail: textOf(detail),
    current: current ?? noInstances,
    evidence: verdict.evidence,
    asks: verdict.asks.map(writtenAsk),
    holds: next.holds,
    holdsHash,
    previousHash: state.heldHash,
    hash: '',
  }
  const event: ScaleHeld = { ...open, hash: hashOfHold(open) }
  next.heldHash = event.hash
  return { state: next, emitted: [{ topic: 'decisions', key: state.service, event }] }
}

/** What makes a hold worth a record: its reason, and of a recommendation also what is recommended. */
const newsOf = ({ reason, withheld }: Hold): string => (withheld ? `${reason} ${withheld.kind} ${showCounts(withheld.to)}` : reason)

/** Fields that every record of a verdict has. */
const namesOf = ({ state, argument }: Occasion) => ({
  decisionId: decisionIdOf(argument.tick, argument.service),
  service: argument.service,
  time: argument.nowMs,
  inputs: { partition: argument.tick.partition, tickOffset: argument.tick.offset, lastInputOffset: state.lastInputOffset },
  policyHash: state.policyHash,
  coreHash: argument.coreHash,
})

type Basis = { readonly from: RoleCounts; readonly text: string }

const recordOrder = (occasion: Occasion, order: Order, { from, text }: Basis): Recorded => {
  const { state, argument } = occasion
  const sequence = nextSequence(state)
  const decided = decisionOf(occasion, { order, from, sequence, text })
  const intent = intentOf(occasion, decided)
  const next: ServiceState = {
    ...state,
    lastSequence: sequence,
    openIntents: [...state.openIntents, openIntentOf(intent)],
    memory: rememberChange(state.memory, { atMs: argument.nowMs, from, to: order.to }),
    holdReason: '',
    decisionHash: decided.hash,
  }
  const emitted: readonly Emitted[] = [
    { topic: 'decisions', key: state.service, event: decided },
    { topic: 'intents', key: state.service, event: intent },
  ]
  return { state: next, emitted }
}

/** A billion orders of one service: more is no sequence of ours, and one above 2^53 would be a number that no record takes. */
const mostSequence = 1_000_000_000

const nextSequence = (state: ServiceState): number => {
  const seen = highestSequence(state.instances)
  return Math.max(state.lastSequence, seen <= mostSequence ? seen : 0) + 1
}

type Ordered = { readonly order: Order; readonly from: RoleCounts; readonly sequence: number; readonly text: string }

/** The decision with its place in the service's chains: after the decision, and after the written hold, that came before it. */
const decisionOf = (occasion: Occasion, { order, from, sequence, text }: Ordered): ScaleDecided => {
  const { state, verdict } = occasion
  const open: ScaleDecided = {
    type: 'ScaleDecided',
    ...namesOf(occasion),
    sequence,
    kind: order.kind,
    from,
    to: order.to,
    reason: order.reason,
    evidence: verdict.evidence,
    asks: verdict.asks.map(writtenAsk),
    limits: verdict.limits,
    argument: text,
    holdsHash: state.holdsHash,
    previousHash: state.decisionHash,
    previousHeldHash: state.heldHash,
    hash: '',
  }
  return { ...open, hash: hashOfDecision(open) }
}

const intentOf = ({ argument }: Occasion, { decisionId, service, sequence, kind, from, to }: ScaleDecided): ScaleIntentEmitted => {
  const { spec, nowMs } = argument
  return {
    type: 'ScaleIntentEmitted',
    intentId: intentIdOf(decisionId),
    decisionId,
    service,
    cell: spec.cell,
    sequence,
    kind,
    from,
    target: to,
    ratio: { prefill: spec.ratio.prefill, decode: spec.ratio.decode },
    band: ratioBandOf(spec),
    minimum: minimumOf(spec),
    maximum: maximumOf(spec),
    affinity: spec.network.affinity,
    requirements: roles.map((role) => ({
      role,
      gpusPerInstance: spec.roles[role].gpusPerInstance,
      gpuTypes: spec.roles[role].gpuTypes,
    })),
    priority: spec.priority,
    readyDeadlineMs: secondsToMs(spec.rollout.readyDeadlineSeconds),
    emittedAt: nowMs,
    expiresAt: nowMs + secondsToMs(spec.rollout.intentTtlSeconds),
  }
}

const openIntentOf = (intent: ScaleIntentEmitted): OpenIntent => ({
  intentId: intent.intentId,
  sequence: intent.sequence,
  kind: intent.kind,
  from: intent.from,
  target: intent.target,
  emittedAtMs: intent.emittedAt,
  expiresAtMs: intent.expiresAt,
  readyDeadlineMs: intent.readyDeadlineMs,
  reportedAtMs: null,
  groups: [],
  reportIds: [],
})
