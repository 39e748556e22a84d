/** Decisions as a list shows them, and one of them with everything that followed from it. */
import type { ScaleHeld, ScaleIntentEmitted } from '../../core/events/decided.ts'
import { intentIdOf } from '../../core/ids.ts'
import type { RoleCounts } from '../../core/roles.ts'
import type { DecisionAnswer, ExplainAnswer, ExplainAtAnswer } from './answers.ts'
import { groupAnswers } from './group-view.ts'
import type { DecisionRecord, ReadModel } from './read-model.ts'
import { intentOutcome, rolloutsOf } from './rollout-view.ts'

export const decisionAnswer = (model: ReadModel, record: DecisionRecord): DecisionAnswer => {
  const { decisionId: id, service, time, reason } = record
  if (record.type === 'ScaleHeld') {
    const counts = knownCounts(record)
    return { id, service, time, kind: 'hold', sequence: null, from: counts, to: counts, reason, intentId: null, outcome: null }
  }
  const { kind, sequence, from, to } = record
  const intentId = intentIdOf(id)
  const outcome = model.intents.get(intentId) === undefined ? null : intentOutcome(model, intentId).state
  return { id, service, time, kind, sequence, from, to, reason, intentId, outcome }
}

/**
 * A hold that does not know what stands records zero counts, whatever forbids to act: CONTROLS_UNKNOWN, KILL_SWITCH, FROZEN and PAUSED come
 * before INSTANCES_UNKNOWN. Policies ask for nothing then; with counts, be they zero, each of them says something.
 */
const knownCounts = ({ current, asks }: ScaleHeld): RoleCounts | null =>
  asks.length === 0 && current.prefill === 0 && current.decode === 0 ? null : current

const recordOf = (model: ReadModel, id: string): ExplainAnswer['decision'] => {
  const record = model.decisions.get(id) ?? null
  return record?.type === 'ScaleHeld' ? { ...record, current: knownCounts(record) } : record
}

/** Newest first. */
export const decisionAnswers = (model: ReadModel, service: string | null, limit: number): readonly DecisionAnswer[] =>
  model.decisions
    .newestFirst()
    .filter((record) => service === null || record.service === service)
    .slice(0, limit)
    .map((record) => decisionAnswer(model, record))

/** Explains a decision by its own id or by its intent's; null when neither is known. */
export const explainAnswer = (model: ReadModel, id: string, now: number): ExplainAnswer | null => {
  const intent = model.intents.get(id) ?? model.intents.get(intentIdOf(id)) ?? null
  const decision = recordOf(model, intent?.decisionId ?? id)
  const service = (decision ?? intent)?.service
  if (service === undefined) return null
  const effects = intent === null ? withoutIntent : effectsOf(model, intent)
  return { now, ...standing(model, service, now), decision, ...effects }
}

/** Explains what was in force at `at`; `decision` is null when the API knows nothing that old of the service. */
export const explainAtAnswer = (model: ReadModel, service: string, { at, now }: { readonly at: number; readonly now: number }): ExplainAtAnswer => {
  const ofService = model.decisions.newestFirst().filter((record) => record.service === service)
  const index = ofService.findIndex(({ time }) => time <= at)
  const found = ofService[index]
  const next = ofService[index < 0 ? ofService.length - 1 : index - 1]
  const explained = found === undefined ? null : explainAnswer(model, found.decisionId, now)
  return {
    ...(explained ?? { now, ...standing(model, service, now), decision: null, ...withoutIntent }),
    service,
    at,
    next: next === undefined ? null : decisionAnswer(model, next),
    deletedAt: deletedBetween(model.deletions.get(service) ?? [], { found, next, at }),
    signalsThen: model.samples.at(service, at),
    silenceThen: model.ticks.silenceAt(service, at),
    hearsSince: model.ticks.startedAt,
    controlsThen: model.controls.inForceAt(service, at),
    keptSince: ofService.at(-1)?.time ?? null,
  }
}

/** What qualifies all that is told of a service now. */
const standing = (model: ReadModel, service: string, now: number): Pick<ExplainAnswer, 'controls' | 'notDeciding'> => ({
  controls: model.controls.inForceFor(service, now),
  notDeciding: model.services.has(service) ? model.ticks.notDeciding([service]) : null,
})

type Around = { readonly found: DecisionRecord | undefined; readonly next: DecisionRecord | undefined; readonly at: number }

/** The deletion between two verdicts that says most of `at`: the last up to then, else the first after it. A service that is applied again goes on with its next verdict. */
const deletedBetween = (deletions: readonly number[], { found, next, at }: Around): number | null => {
  const between = deletions.filter((deletedAt) => (found?.time ?? 0) <= deletedAt && deletedAt <= (next?.time ?? Infinity))
  return between.findLast((deletedAt) => deletedAt <= at) ?? between[0] ?? null
}

const effectsOf = (model: ReadModel, intent: ScaleIntentEmitted): Omit<ExplainAnswer, 'now' | 'controls' | 'notDeciding' | 'decision'> => {
  const rollouts = rolloutsOf(model, intent.intentId)
  return {
    intent: { record: intent, ...intentOutcome(model, intent.intentId) },
    placement: placementOf(model, intent.intentId),
    rollouts,
    reservations: reservationsOf(model, intent.intentId),
    groups: groupsTouched(model, rollouts),
  }
}

const withoutIntent = { intent: null, placement: null, rollouts: [], reservations: [], groups: [] } as const

const reservationsOf = (model: ReadModel, intentId: string): ExplainAnswer['reservations'] =>
  [...(model.releases.get(intentId)?.values() ?? [])].map(({ group, outcome, time }) => ({ group, outcome, time }))

const placementOf = (model: ReadModel, intentId: string): ExplainAnswer['placement'] => {
  const placed = model.placements.get(intentId)
  if (placed === undefined) return null
  return { time: placed.time, cell: placed.cell, groups: placed.answer.groups, refusal: placed.answer.refusal }
}

const groupsTouched = (model: ReadModel, rollouts: ExplainAnswer['rollouts']): ExplainAnswer['groups'] => {
  const service = rollouts[0]?.service
  if (service === undefined) return []
  const touched = new Set(rollouts.map((rollout) => rollout.group))
  return groupAnswers(model, service).filter((group) => touched.has(group.group))
}
