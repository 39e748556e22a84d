/** Decisions against intents, in both directions, and whether each intent has come to an end. */
import { intentIdOf } from '../../ids.ts'
import { showCounts } from '../../roles.ts'
import type { EpochMs } from '../../units.ts'
import type { Finding } from './finding.ts'
import { mayHaveExpired, type History, type KeptDecision, type KeptIntent } from './history.ts'

/** `forgotten`: another version of the deciding code, or a removal, came in between; nobody folds its reports any more. */
export type IntentStanding = 'ended' | 'open' | 'forgotten' | 'endless'

export const checkIntents = (history: History): readonly Finding[] => [
  ...[...history.decisions.values()].flatMap((decision) => withoutIntent(history, decision)),
  ...[...history.intents.values()].flatMap((intent) => [...againstDecision(history, intent), ...endless(history, intent)]),
]

const withoutIntent = (history: History, decision: KeptDecision): readonly Finding[] => {
  const { service, decisionId, time, from, to, judged } = decision
  if (!judged || history.intents.has(intentIdOf(decisionId)) || mayHaveExpired(history, 'intents', decision)) return []
  return [{ code: 'DECISION_WITHOUT_INTENT', service, id: decisionId, time, detail: `${showCounts(from)} to ${showCounts(to)} was decided and never ordered` }]
}

const againstDecision = (history: History, intent: KeptIntent): readonly Finding[] => {
  const { service, intentId, decisionId, emittedAt: time, judged } = intent
  const decision = history.decisions.get(decisionId)
  const about = { service, id: intentId, time }
  if (decision !== undefined) return disagreements(intent, decision).map((detail) => ({ code: 'INTENT_DISAGREES', ...about, detail }))
  if (!judged || mayHaveExpired(history, 'decisions', about)) return []
  return [{ code: 'INTENT_WITHOUT_DECISION', ...about, detail: `its decision ${decisionId} is not on record` }]
}

const disagreements = (intent: KeptIntent, decision: KeptDecision): readonly string[] => {
  const pairs = [
    ['intentId', intent.intentId, intentIdOf(decision.decisionId)],
    ['service', intent.service, decision.service],
    ['sequence', String(intent.sequence), String(decision.sequence)],
    ['kind', intent.kind, decision.kind],
    ['target', showCounts(intent.target), showCounts(decision.to)],
    ['from', showCounts(intent.from), showCounts(decision.from)],
    ['time', String(intent.emittedAt), String(decision.time)],
  ] as const
  return pairs.filter(([, ordered, decided]) => ordered !== decided).map(([field, ordered, decided]) => `${field} is ${ordered}; the decision says ${decided}`)
}

const ends: readonly string[] = ['IntentCompleted', 'IntentRefused', 'IntentExpired', 'IntentSuperseded']

/** World time at which the intent as a whole ended; null when no record says so. */
export const endOfIntent = (history: History, intentId: string): EpochMs | null =>
  history.facts.get(intentId)?.findLast(({ fact }) => ends.includes(fact.type))?.fact.time ?? null

export const standingOf = (history: History, intent: KeptIntent): IntentStanding => {
  if (endOfIntent(history, intent.intentId) !== null) return 'ended'
  if (!intent.judged || isHalted(history, intent) || history.newestMs <= dueAt(history, intent)) return 'open'
  return isForgotten(history, intent) ? 'forgotten' : 'endless'
}

/** As the decider waits for reports: an intent that is begun ends, by commit or by undo, within two ready deadlines. */
const dueAt = (history: History, { intentId, expiresAt, readyDeadlineMs }: KeptIntent): EpochMs =>
  Math.max(expiresAt, history.facts.get(intentId)?.at(-1)?.fact.time ?? 0) + 2 * readyDeadlineMs

/** Under a stop a rollout waits for its release, however long that takes. */
const isHalted = (history: History, { intentId }: KeptIntent): boolean => {
  const last = history.facts.get(intentId)?.at(-1)?.fact
  return last?.type === 'RolloutStepDone' && last.outcome === 'halted'
}

const isForgotten = (history: History, { service, decisionId, emittedAt }: KeptIntent): boolean => {
  const core = history.decisions.get(decisionId)?.coreHash
  const later = (history.verdicts.get(service) ?? []).filter(({ time }) => time > emittedAt)
  const isRemoved = (history.removals.get(service) ?? []).some(({ time }) => time >= emittedAt)
  return isRemoved || (core !== undefined && later.some(({ coreHash }) => coreHash !== core))
}

const endless = (history: History, intent: KeptIntent): readonly Finding[] => {
  if (standingOf(history, intent) !== 'endless' || mayHaveExpired(history, 'rollouts', { ...intent, time: intent.emittedAt })) return []
  const { service, intentId, emittedAt: time, target } = intent
  const last = history.facts.get(intentId)?.at(-1)?.fact
  const known = last === undefined ? 'nothing was reported of it' : `the last that was reported is ${last.type} at ${iso(last.time)}`
  return [{ code: 'INTENT_WITHOUT_END', service, id: intentId, time, detail: `${showCounts(target)} was due by ${iso(dueAt(history, intent))}; ${known}` }]
}

export const iso = (ms: EpochMs): string => new Date(ms).toISOString()
