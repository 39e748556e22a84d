/**
 * S20, no lost input (docs/invariants.md): every offset below the committed one is used, superseded, or a dead letter.
 *  - each verdict names the last input of its service before its tick: that one, and so all before it, was folded;
 *  - each report of a workflow on an intent that is open in log order became its fact in `rollouts`;
 *  - each manifest was answered in `services`, or a later one of the service was;
 *  - bytes that nobody can read are dead letters, on `metrics`, or stand on no other topic at all;
 *  - what an owner says it had acknowledged (`decidedThrough`), and what was committed, was appended before it said so; an owner of another
 *    version says nothing of what the one before it had decided and not written.
 * Weaker: which measurements a decision used is inside its argument, which only the core can read; S17 decides it again.
 */
import type { CommitLine, Violation } from './evidence.ts'
import type { RolloutReported, TypeName } from './records.ts'
import { lowerBound } from './recent-inputs.ts'
import { isOrderOfOwner } from './owner-version.ts'
import type { Tick } from './ticks.ts'
import { placeOf, type Entry, type FactEntry, type ServiceView, type Verdict, type View } from './view.ts'

export const noLostInput = (view: View): readonly Violation[] => [
  ...[...view.services.values()].flatMap((service) => [...unseenInputs(view, service), ...unheardReports(view, service), ...unansweredManifests(view, service)]),
  ...unread(view),
  ...acknowledgedTooEarly(view),
]

/** Verdicts of a life of the log that nobody kept cannot be looked up. */
export const isOfThisLog = ({ evidence }: View, { record }: Verdict): boolean => evidence.formerSignals !== undefined || !evidence.nemesis.some(({ fault, toMs }) => fault === 'topic-recreated' && record.time <= toMs)

const unseenInputs = (view: View, service: ServiceView): readonly Violation[] =>
  [...service.decisions, ...service.holds].filter((verdict) => isOfThisLog(view, verdict)).flatMap((verdict): Violation[] => {
    const { decisionId, inputs } = verdict.record
    let index = lowerBound(service.inputs, inputs.tickOffset) - 1
    while (service.inputs[index]?.type === 'HardwareObserved') index -= 1
    const last = service.inputs[index]?.offset ?? -1
    if (inputs.lastInputOffset === last) return []
    return [{ invariant: 'S20', service: service.service, detail: `${decisionId} rests on inputs up to ${inputs.lastInputOffset}; the last one before its tick is at ${last}`, at: placeOf(verdict) }]
  })

const factTypes: { readonly [outcome: string]: TypeName } = {
  placed: 'RolloutPlaced', committed: 'RolloutCommitted', 'rolled-back': 'RolloutRolledBack', stuck: 'RolloutStuck', completed: 'IntentCompleted', refused: 'IntentRefused', expired: 'IntentExpired', superseded: 'IntentSuperseded',
}

/** Reports of a managed service that were there before its last tick but one. */
const unheardReports = (view: View, service: ServiceView): readonly Violation[] => {
  const ended = new Set<string>()
  return service.reports.flatMap((report): Violation[] => {
    const { intentId, reportId, outcome, group } = report.record
    const wasEnded = ended.has(intentId)
    if (group === null) ended.add(intentId)
    if (wasEnded || !isFolded(view, service, report) || isHeard(view, view.facts.get(intentId) ?? [], report)) return []
    return [{ invariant: 'S20', service: service.service, detail: `${reportId} (${outcome}) has no fact in rollouts`, at: placeOf(report) }]
  })
}

const isHeard = (view: View, facts: readonly FactEntry[], { partition, offset, record }: Entry<RolloutReported>): boolean => {
  const type = record.outcome === 'halted' && record.group === null ? 'IntentRefused' : (factTypes[record.outcome] ?? 'RolloutStepDone')
  // The decider gave the intent up at a tick before the report: what is said of a closed intent is ignored by design.
  const ticks = view.ticks.get(partition)?.counted ?? []
  const isGivenUp = facts.some((fact) => fact.type === 'IntentExpired' && ticks.some((tick) => tick.offset < offset && tick.time === fact.record.time))
  return isGivenUp || facts.some((fact) => fact.type === type && fact.record.time === record.time && fact.record.detail === record.detail && (fact.record.group ?? null) === record.group)
}

/** An intent of the owner's own, service not removed: the owner had it folded and its outputs acknowledged. */
const isFolded = (view: View, service: ServiceView, { partition, offset, record }: Entry<RolloutReported>): boolean => {
  const removed = service.removed.findLast((one) => one.offset < offset)
  const isManaged = service.configured.some((one) => one.offset < offset && (removed === undefined || one.offset > removed.offset))
  return isOrderOfOwner(view, { partition, offset }, record.intentId) && isManaged && removed === undefined
}

const unansweredManifests = (view: View, service: ServiceView): readonly Violation[] => {
  const last = service.configured.at(-1)
  if (last === undefined || service.removed.some(({ offset }) => offset > last.offset)) return []
  const tick = view.ticks.get(last.partition)?.counted.at(-1)
  if (tick === undefined || tick.decidedThrough < last.offset) return []
  if (service.accepted.some(({ record }) => record.generation >= last.record.generation)) return []
  return [{ invariant: 'S20', service: service.service, detail: `generation ${last.record.generation} was never answered in services`, at: placeOf(last) }]
}

const unread = (view: View): readonly Violation[] =>
  view.undecodable.filter(({ topic, partition, offset }) => topic !== 'metrics' && ![...view.deadLetters].some((letter) => letter.endsWith(`${topic}/${partition}@${offset}`) || letter.includes(`.${topic}.v1/${partition}@${offset}`)))
    .map(({ topic, partition, offset }) => ({ invariant: 'S20', service: '', detail: 'bytes that no schema reads, and no dead letter of them', at: `${topic}/${partition}@${offset}` }))

/** Both clocks are the broker's. */
const acknowledgedTooEarly = (view: View): readonly Violation[] => {
  const commits = risingCommits(view)
  const outputs = [...view.services.values()].flatMap(({ decisions, holds }) => [...decisions, ...holds]).filter((verdict) => isOfThisLog(view, verdict))
  return outputs.flatMap((output): Violation[] => {
    const { decisionId, service, inputs, coreHash } = output.record
    const ticks = view.ticks.get(inputs.partition)?.counted ?? []
    const told = ticks[firstTelling(ticks, inputs.tickOffset)]
    const ofPartition = commits.get(inputs.partition) ?? []
    const committed = ofPartition[lowerBound(ofPartition, inputs.tickOffset + 1)]
    const at = placeOf(output)
    return [
      ...(told !== undefined && told.coreHash === coreHash && told.timestampMs < output.timestampMs ? [{ invariant: 'S20', service, detail: `${decisionId} was appended ${output.timestampMs - told.timestampMs} ms after the tick at ${told.offset} had said that it was`, at }] : []),
      ...(committed !== undefined && committed.timeMs < output.timestampMs ? [{ invariant: 'S20', service, detail: `${decisionId} was appended ${output.timestampMs - committed.timeMs} ms after its input was committed`, at }] : []),
    ]
  })
}

/** Of each partition, the commits that went further than all before them: the first one past an offset is always among them. */
const risingCommits = ({ commits }: View): ReadonlyMap<number, readonly CommitLine[]> => {
  const rising = new Map<number, CommitLine[]>()
  for (const commit of commits) {
    const known = rising.get(commit.partition)
    if (known === undefined) rising.set(commit.partition, [commit])
    else if (commit.offset > (known.at(-1)?.offset ?? -1)) known.push(commit)
  }
  return rising
}

/** A new owner begins with what it knows itself, so `decidedThrough` may fall at a claim; ticks before `offset` cannot speak of it. */
const firstTelling = (ticks: readonly Tick[], offset: number): number => {
  let index = lowerBound(ticks, offset)
  while (index < ticks.length && (ticks[index]?.decidedThrough ?? -1) < offset) index += 1
  return index
}
