/** A service as `get services` shows it: what is in force, what is wanted, what is there. */
import type { Condition } from '../../core/events/decided.ts'
import type { InstancesObserved } from '../../core/events/observed.ts'
import type { Role, RoleCounts } from '../../core/roles.ts'
import type { ServiceManifest } from '../../core/service/specification.ts'
import { validateManifest } from '../../core/service/validate.ts'
import type { NotDecidingAnswer, ServiceAnswer } from './answers.ts'
import { decisionAnswers } from './decision-view.ts'
import { serviceRollouts } from './group-view.ts'
import type { ReadModel } from './read-model.ts'
import { intentOutcome, isOpen } from './rollout-view.ts'

export const serviceAnswers = (model: ReadModel, now: number): readonly ServiceAnswer[] =>
  [...model.services.keys()].sort().flatMap((name) => serviceAnswer(model, name, now) ?? [])

/** Null when the service is not known. */
export const serviceAnswer = (model: ReadModel, name: string, now: number): ServiceAnswer | null => {
  const record = model.services.get(name)
  if (record === undefined) return null
  const { newest, inForce } = record
  const notDeciding = model.ticks.notDeciding([name])
  return {
    name,
    manifest: inForce === null ? null : manifestOf(inForce.manifest),
    generation: newest.generation,
    accepted: newest.accepted,
    message: newest.message,
    acceptanceAt: newest.time,
    policyHash: inForce?.policyHash ?? '',
    conditions: conditionsNow(newest.conditions, notDeciding),
    target: model.lastIntents.get(name)?.target ?? null,
    lastIntent: lastIntentOf(model, name),
    observed: observedOf([...(model.instances.get(name)?.values() ?? [])]),
    signals: model.samples.of(name),
    lastDecision: decisionAnswers(model, name, 1)[0] ?? null,
    openRollouts: serviceRollouts(model, name).filter(isOpen).length,
    controls: model.controls.inForceFor(name, now),
    notDeciding,
  }
}

/** A condition stands as its decider wrote it last; without ticks nobody would change it, so nobody knows whether scaling is active. */
const conditionsNow = (written: readonly Condition[], silence: NotDecidingAnswer | null): readonly Condition[] =>
  silence === null
    ? written
    : written.map((condition) => condition.type !== 'ScalingActive' ? condition : { ...condition, status: 'Unknown', reason: 'NotDeciding', message: 'no tick: nobody decides', lastTransitionTime: silence.since })

/** `time`: when it got to the state that it is in. */
const lastIntentOf = (model: ReadModel, name: string): ServiceAnswer['lastIntent'] => {
  const intent = model.lastIntents.get(name)
  if (intent === undefined) return null
  const { state, detail, endedAt } = intentOutcome(model, intent.intentId)
  const placed = model.placements.get(intent.intentId)
  return { id: intent.intentId, state, detail, refusal: placed?.answer.refusal ?? null, time: endedAt ?? placed?.time ?? intent.emittedAt }
}

/** Null for a manifest that this version cannot read: shown as unknown rather than half right. */
export const manifestOf = (canonical: string): ServiceManifest | null => {
  try {
    const result = validateManifest(JSON.parse(canonical))
    return result.ok ? result.manifest : null
  } catch {
    return null
  }
}

/** The sum over sub-clusters; null when none has spoken. */
export const observedOf = (all: readonly InstancesObserved[]): ServiceAnswer['observed'] => {
  if (all.length === 0) return null
  const groups = all.flatMap((observed) => observed.groups)
  const count = (stage: 'desired' | 'ready' | 'registered'): RoleCounts => {
    const sum = (role: Role): number =>
      groups.flatMap((group) => group.roles).reduce((total, one) => total + (one.role === role ? one[stage] : 0), 0)
    return { prefill: sum('prefill'), decode: sum('decode') }
  }
  return {
    desired: count('desired'),
    ready: count('ready'),
    registered: count('registered'),
    observedAt: Math.min(...all.map((observed) => observed.observedAt)),
    complete: all.every((observed) => observed.complete),
    groups: groups.length,
  }
}
