/** Gathers from the log what `verify` compares. It keeps what the checks need and drops arguments, some 50 KiB a decision. */
import { canonicalJson } from '../../canonical.ts'
import type { RolloutEvent, ScaleDecided, ScaleHeld, ScaleIntentEmitted, SnapshotTaken } from '../../events/decided.ts'
import type { PlacementAnswer, PlacementDecided } from '../../events/placed.ts'
import type { DecisionId, IntentId, ServiceId } from '../../ids.ts'
import { extendChain, judgePlacement, openChain, type PlacementChain } from '../../placement/chain.ts'
import type { LogRecord } from '../../ports.ts'
import { hashOfDecision, hashOfHold } from '../../scaling/record-hash.ts'
import { sha256 } from '../../sha256.ts'
import type { Topic } from '../../topics.ts'
import type { EpochMs, Offset } from '../../units.ts'
import type { Finding } from './finding.ts'

/** `judged`: it stood in the log when the reading began, so that what follows from it must stand there now. */
type Kept = { readonly judged: boolean; readonly digest: string }
export type KeptDecision = Omit<ScaleDecided, 'argument'> & Kept & { readonly expectedHash: string }
export type KeptHold = ScaleHeld & Kept & { readonly expectedHash: string }
export type KeptVerdict = KeptDecision | KeptHold
export type KeptIntent = ScaleIntentEmitted & Kept
export type KeptPlacement = { readonly answer: PlacementAnswer; readonly time: EpochMs; readonly judged: boolean }
/** What a snapshot says of the service's holds. */
export type KeptHead = Pick<SnapshotTaken, 'service' | 'coreHash' | 'heldHash' | 'time'>
export type KeptFact = { readonly fact: RolloutEvent; readonly judged: boolean }

export type History = {
  /** First record of each id, decisions and holds of one service in log order. */
  readonly verdicts: Map<ServiceId, KeptVerdict[]>
  readonly decisions: Map<DecisionId, KeptDecision>
  readonly holds: Map<DecisionId, KeptHold>
  /** Each names the last hold that was written before its snapshot: the only witness of a hold that nothing on record follows. */
  readonly heads: KeptHead[]
  readonly intents: Map<IntentId, KeptIntent>
  readonly facts: Map<IntentId, KeptFact[]>
  readonly placements: Map<IntentId, KeptPlacement>
  /** Where in `signals` a service became unmanaged: its state, and so its chain, began anew after that. */
  readonly removals: Map<ServiceId, { readonly offset: Offset; readonly time: EpochMs }[]>
  readonly twoContents: Finding[]
  readonly unreadable: Finding[]
  /** Repeats with equal bytes: harmless. */
  repeats: number
  /** Newest world time on any record: the present of the log. */
  newestMs: EpochMs
  /** Per topic and partition that does not reach back to its first record, the oldest time that is kept. */
  readonly cutAt: Map<string, EpochMs>
  readonly partitions: Map<ServiceId, number>
  readonly chains: Map<string, PlacementChain>
  readonly starts: ReadonlyMap<string, Offset>
}

export const isDecision = (verdict: KeptVerdict): verdict is KeptDecision => verdict.type === 'ScaleDecided'

export type Start = { readonly topic: Topic; readonly partition: number; readonly start: Offset }

/** `starts`: first offset that is kept, of every partition that is going to be read. */
export const openHistory = (starts: readonly Start[]): History => ({
  verdicts: new Map(),
  decisions: new Map(),
  holds: new Map(),
  heads: [],
  intents: new Map(),
  facts: new Map(),
  placements: new Map(),
  removals: new Map(),
  twoContents: [],
  unreadable: [],
  repeats: 0,
  newestMs: -Infinity,
  cutAt: new Map(starts.filter(({ start }) => start > 0).map(({ topic, partition }) => [`${topic}/${partition}`, Infinity])),
  partitions: new Map(),
  chains: new Map(),
  starts: new Map(starts.map(({ topic, partition, start }) => [`${topic}/${partition}`, start])),
})

/** True when a record of `service` of that time may have been deleted by retention: then its absence says nothing. */
export const mayHaveExpired = (history: History, topic: Topic, { service, time }: { readonly service: ServiceId; readonly time: EpochMs }): boolean =>
  time <= (history.cutAt.get(`${topic}/${history.partitions.get(service) ?? -1}`) ?? -Infinity)

/** Records of one topic come in the order of their offsets; `cells` may be read before or after the others. */
export const addRecord = (history: History, record: LogRecord, judged: boolean): void => {
  const { event } = record
  if (event === null) return
  switch (event.type) {
    case 'ScaleDecided':
      noteTime(history, record, event)
      return addDecision(history, event, judged)
    case 'ScaleHeld':
      noteTime(history, record, event)
      return addHold(history, event, judged)
    case 'ScaleIntentEmitted':
      noteTime(history, record, { service: event.service, time: event.emittedAt })
      return addFirst(history, history.intents, { id: event.intentId, kept: { ...event, judged, digest: digestOf(event) } })
    case 'PlacementDecided':
      history.newestMs = Math.max(history.newestMs, event.time)
      return addPlacement(history, event, { ...record, judged })
    case 'ServiceRemoved':
      return void history.removals.set(event.service, [...(history.removals.get(event.service) ?? []), { offset: record.offset, time: event.time }])
    default:
      if (record.topic === 'rollouts') addFact(history, record, { fact: event as RolloutEvent, judged })
  }
}

type Place = { readonly topic: Topic; readonly partition: number; readonly offset: Offset }

/** Notes a record that stands in the log and that its reader passed over. */
export const addUnreadable = (history: History, { topic, partition, offset }: Place): void => {
  const time = Number.isFinite(history.newestMs) ? history.newestMs : 0
  const detail = 'it stands there and cannot be read, so that nobody heeds it; the time is that of what was read before it'
  history.unreadable.push({ code: 'RECORD_UNREADABLE', service: '-', id: `${topic}/${partition}@${offset}`, time, detail })
}

/** `home`: the service's partition of `decisions`, which may hold nothing of it any more. */
export const addHead = (history: History, { service, coreHash, heldHash, time }: SnapshotTaken, home: number): void => {
  history.partitions.set(service, home)
  history.heads.push({ service, coreHash, heldHash, time })
}

const digestOf = (event: object): string => sha256(canonicalJson(event))

const noteTime = (history: History, { topic, partition }: LogRecord, { service, time }: { readonly service: ServiceId; readonly time: EpochMs }): void => {
  const place = `${topic}/${partition}`
  history.partitions.set(service, partition)
  history.newestMs = Math.max(history.newestMs, time)
  const cut = history.cutAt.get(place)
  if (cut !== undefined) history.cutAt.set(place, Math.min(cut, time))
}

const addDecision = (history: History, event: ScaleDecided, judged: boolean): void => {
  const { argument: _argument, ...rest } = event
  const expectedHash = hashOfDecision(event)
  const kept = { ...rest, judged, expectedHash, digest: digestByHash(expectedHash, event) }
  const isNew = !history.decisions.has(event.decisionId)
  addFirst(history, history.decisions, { id: event.decisionId, kept })
  if (isNew) addVerdict(history, kept)
}

const addHold = (history: History, event: ScaleHeld, judged: boolean): void => {
  const expectedHash = hashOfHold(event)
  const kept = { ...event, judged, expectedHash, digest: digestByHash(expectedHash, event) }
  const isNew = !history.holds.has(event.decisionId)
  addFirst(history, history.holds, { id: event.decisionId, kept })
  if (isNew) addVerdict(history, kept)
}

/** The hash covers all but itself, so both together cover the record, and nothing is hashed twice. */
const digestByHash = (expectedHash: string, { hash }: { readonly hash: string }): string => `${expectedHash}/${hash}`

const addVerdict = (history: History, kept: KeptVerdict): void => {
  const known = history.verdicts.get(kept.service)
  if (known === undefined) history.verdicts.set(kept.service, [kept])
  else known.push(kept)
}

type Identified = KeptVerdict | KeptIntent

const addFirst = <V extends Identified>(history: History, table: Map<string, V>, { id, kept }: { readonly id: string; readonly kept: V }): void => {
  const known = table.get(id)
  if (known === undefined) table.set(id, kept)
  else if (known.digest === kept.digest) history.repeats += 1
  else history.twoContents.push(twoContents(id, kept))
}

const twoContents = (id: string, kept: Identified): Finding => ({
  code: 'TWO_CONTENTS',
  service: kept.service,
  id,
  time: kept.type === 'ScaleIntentEmitted' ? kept.emittedAt : kept.time,
  detail: `${kept.type} stands on record twice with different bytes; readers keep the first`,
})

const addPlacement = (history: History, event: PlacementDecided, at: LogRecord & { readonly judged: boolean }): void => {
  const chain = history.chains.get(event.cell) ?? openChain(history.starts.get(`cells/${at.partition}`) ?? at.offset)
  const verdict = judgePlacement(chain, event)
  if (verdict === 'void') return
  history.chains.set(event.cell, extendChain(chain, event, at.offset))
  for (const answer of event.answers) {
    const kept = { answer, time: event.time, judged: at.judged }
    if (verdict === 'supersedes-head' || !history.placements.has(answer.requestId)) history.placements.set(answer.requestId, kept)
  }
}

/** A repeat of a fact is equal in every field: an owner died between writing and committing. */
const addFact = (history: History, record: LogRecord, kept: KeptFact): void => {
  noteTime(history, record, kept.fact)
  const known = history.facts.get(kept.fact.intentId) ?? []
  const text = canonicalJson(kept.fact)
  if (known.some(({ fact }) => fact.type === kept.fact.type && canonicalJson(fact) === text)) history.repeats += 1
  else history.facts.set(kept.fact.intentId, [...known, kept])
}
