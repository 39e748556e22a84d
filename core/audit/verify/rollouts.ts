/** Rollouts against intents and placements, and whether each placed group has come to an end. */
import type { RolloutEvent } from '../../events/decided.ts'
import type { GroupPlacement } from '../../events/placed.ts'
import { groupBy } from '../../group-by.ts'
import { rolloutWorkflowId } from '../../ids.ts'
import { sameCounts, showCounts } from '../../roles.ts'
import type { Finding } from './finding.ts'
import { mayHaveExpired, type History, type KeptFact, type KeptIntent } from './history.ts'
import { iso, standingOf } from './intents.ts'

type GroupFact = Extract<RolloutEvent, { readonly group: string }>
type End = Extract<RolloutEvent, { readonly type: 'RolloutCommitted' | 'RolloutRolledBack' }>

/** What the log says of one group of one intent. */
export type Rollout = {
  readonly id: string
  readonly intentId: string
  readonly group: string
  readonly facts: readonly GroupFact[]
  readonly end: End | null
  readonly isStuck: boolean
  readonly judged: boolean
}

export const rolloutsOf = (history: History): readonly Rollout[] =>
  [...history.facts].flatMap(([intentId, facts]) => {
    const groups = groupBy(facts.filter(isOfGroup), ({ fact }) => fact.group)
    return [...groups].map(([group, kept]) => rolloutOf(intentId, group, kept))
  })

const isOfGroup = (kept: KeptFact): kept is KeptFact & { readonly fact: GroupFact } => 'group' in kept.fact

const rolloutOf = (intentId: string, group: string, kept: readonly (KeptFact & { readonly fact: GroupFact })[]): Rollout => {
  const facts = kept.map(({ fact }) => fact)
  const end = facts.findLast((fact): fact is End => fact.type === 'RolloutCommitted' || fact.type === 'RolloutRolledBack') ?? null
  const last = facts.at(-1)
  return {
    id: rolloutWorkflowId(facts[0]?.service ?? '', intentId, group),
    intentId,
    group,
    facts,
    end,
    isStuck: end === null && last?.type === 'RolloutStuck',
    judged: kept.every(({ judged }) => judged),
  }
}

/** The group's part of the intent's placement; null when the record of it is not there. */
export const placementOf = (history: History, intentId: string, group: string): GroupPlacement | null =>
  history.placements.get(intentId)?.answer.groups.find((placed) => placed.group === group) ?? null

export const checkRollouts = (history: History): readonly Finding[] => [
  ...[...history.facts].flatMap(([intentId, facts]) => unknownIntent(history, intentId, facts)),
  ...[...history.placements].flatMap(([intentId]) => unknownPlacement(history, intentId)),
  ...rolloutsOf(history).flatMap((rollout) => [...notPlaced(history, rollout), ...disagreeing(history, rollout), ...endless(history, rollout)]),
]

const unknownIntent = (history: History, intentId: string, facts: readonly KeptFact[]): readonly Finding[] => {
  const intent = history.intents.get(intentId)
  return facts.slice(0, 1).flatMap(({ fact: { service, time, sequence, type }, judged }): readonly Finding[] => {
    const about = { service, id: intentId, time }
    if (intent !== undefined) {
      const detail = `${type} says sequence ${sequence}; the intent says ${intent.sequence}`
      return intent.sequence === sequence ? [] : [{ code: 'ROLLOUT_DISAGREES', ...about, detail }]
    }
    if (!judged || mayHaveExpired(history, 'intents', about)) return []
    return [{ code: 'ROLLOUT_WITHOUT_INTENT', ...about, detail: `${facts.length} facts, the first ${type}, of an intent that is not on record` }]
  })
}

const unknownPlacement = (history: History, intentId: string): readonly Finding[] => {
  const placed = history.placements.get(intentId)
  if (placed === undefined || !placed.judged || history.intents.has(intentId)) return []
  const { answer, time } = placed
  const about = { service: answer.service, id: intentId, time }
  if (mayHaveExpired(history, 'intents', about)) return []
  return [{ code: 'PLACEMENT_WITHOUT_INTENT', ...about, detail: `${answer.groups.length} groups were placed for an intent that is not on record` }]
}

/** A history without a single placement was made without a cell; one whose beginning expired may lack some. */
const canJudgePlacements = (history: History): boolean =>
  history.placements.size > 0 && ![...history.cutAt.keys()].some((place) => place.startsWith('cells/'))

const notPlaced = (history: History, rollout: Rollout): readonly Finding[] => {
  const [first] = rollout.facts
  if (first === undefined || !rollout.judged || mayHaveExpired(history, 'rollouts', first)) return []
  const about = { code: 'ROLLOUT_NOT_PLACED', service: first.service, id: rollout.id, time: first.time } as const
  if (!rollout.facts.some(({ type }) => type === 'RolloutPlaced')) return [{ ...about, detail: `its first record is ${first.type}; RolloutPlaced is missing` }]
  if (!canJudgePlacements(history) || placementOf(history, rollout.intentId, rollout.group) !== null) return []
  return [{ ...about, detail: 'no placement that counts names the group' }]
}

const disagreeing = (history: History, { intentId, group, id, facts, end }: Rollout): readonly Finding[] => {
  const to = placementOf(history, intentId, group)?.to
  const placed = facts.find((fact) => fact.type === 'RolloutPlaced')
  if (placed === undefined) return []
  const about = { code: 'ROLLOUT_DISAGREES', service: placed.service, id } as const
  const target = to !== undefined && !sameCounts(to, placed.target) ? [`was told to reach ${showCounts(placed.target)}; the placement says ${showCounts(to)}`] : []
  const isShort = end?.type === 'RolloutCommitted' && end.counts !== null && !sameCounts(end.counts, placed.target)
  const reached = isShort ? [`committed ${showCounts(end.counts)}; it was told to reach ${showCounts(placed.target)}`] : []
  return [...target, ...reached].map((detail) => ({ ...about, time: placed.time, detail }))
}

/** A group settles before its intent does; a stuck one is not waited for, and is a finding until somebody repaired it. */
const endless = (history: History, { id, facts, end, isStuck, intentId }: Rollout): readonly Finding[] => {
  const last = facts.at(-1)
  const intent = history.intents.get(intentId)
  if (end !== null || last === undefined || intent === undefined) return []
  const about = { service: last.service, id, time: last.time }
  if (isStuck) return [{ code: 'ROLLOUT_STUCK', ...about, detail: `stuck at ${last.type === 'RolloutStuck' ? last.step : ''}: ${last.detail}` }]
  if (!isOverdue(history, intent, facts)) return []
  return [{ code: 'ROLLOUT_WITHOUT_END', ...about, detail: `neither committed nor rolled back; the last on record is ${last.type} at ${iso(last.time)}` }]
}

/** A repaired group ends after its intent, within the two ready deadlines that anything may take. */
const isOverdue = (history: History, intent: KeptIntent, facts: readonly GroupFact[]): boolean => {
  const standing = standingOf(history, intent)
  const wasStuck = facts.some(({ type }) => type === 'RolloutStuck')
  if (standing === 'ended' && wasStuck) return history.newestMs > (facts.at(-1)?.time ?? 0) + 2 * intent.readyDeadlineMs
  return standing === 'ended' || standing === 'endless'
}
