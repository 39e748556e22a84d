/** The cluster's change log against the record: every effect was ordered, and every order that committed had its effects. */
import type { RolloutEvent } from '../../events/decided.ts'
import type { GroupPlacement } from '../../events/placed.ts'
import { rolloutWorkflowId } from '../../ids.ts'
import { noInstances, sameCounts, showCounts } from '../../roles.ts'
import type { FleetChange, GroupWriteChange } from '../../rollout/fleet-change.ts'
import { planRollout, type Step } from '../../rollout/plan.ts'
import type { DurationMs, EpochMs } from '../../units.ts'
import type { Finding } from './finding.ts'
import { mayHaveExpired, type History, type KeptIntent } from './history.ts'
import { endOfIntent, iso } from './intents.ts'
import { placementOf, rolloutsOf, type Rollout } from './rollouts.ts'

/** Lines of a change log in their order; a sub-cluster may write lines of other kinds (planted faults), which are no effects. */
export type ChangeLine = FleetChange | { readonly kind: 'fault'; readonly time: EpochMs }

export type EffectCheck = { readonly findings: readonly Finding[]; readonly effects: number; readonly matched: number }

/** Clocks of two machines: a rollout reports its end after its last effect. */
const clockToleranceMs: DurationMs = 5_000

export const checkEffects = (history: History, lines: readonly ChangeLine[]): EffectCheck => {
  const writes = lines.filter((line): line is GroupWriteChange => line.kind === 'written')
  const ends = new Map(rolloutsOf(history).map((rollout) => [rollout.id, rollout]))
  const seen = new Set<string>()
  const perWrite = writes.map((write) => {
    const repeated = seen.has(write.key)
    seen.add(write.key)
    return [...(repeated ? [finding(write, 'EFFECT_REPEATED', 'this step had its effect before')] : []), ...judge(history, write, ends)]
  })
  const since = Math.min(Infinity, ...lines.slice(0, 1).map(({ time }) => time))
  const missing = [...ends.values()].flatMap((rollout) => withoutEffect(history, rollout, { seen, since }))
  return { findings: [...perWrite.flat(), ...missing], effects: writes.length, matched: perWrite.filter((faults) => faults.length === 0).length }
}

const finding = ({ service, key, time }: GroupWriteChange, code: Finding['code'], detail: string): Finding => ({ code, service, id: key, time, detail })

const judge = (history: History, write: GroupWriteChange, ends: ReadonlyMap<string, Rollout>): readonly Finding[] => {
  const intentId = intentIdIn(write)
  const intent = history.intents.get(intentId)
  if (intent === undefined) {
    if (mayHaveExpired(history, 'intents', write)) return []
    return [finding(write, 'EFFECT_WITHOUT_INTENT', `${shown(write)}, by intent ${intentId || '(none)'}, sequence ${write.sequence}: no such intent is on record`)]
  }
  return [...againstIntent(write, intent), ...againstPlan(history, write, intent), ...afterEnd(history, write, ends.get(rolloutIdOf(write, intent)) ?? null)]
}

const shown = ({ group, countsBefore, countsAfter, targetAfter }: GroupWriteChange): string =>
  `group ${group} from ${showCounts(countsBefore)} to ${showCounts(countsAfter)}, registration target ${showCounts(targetAfter)}`

/** The key names the intent that wrote. A group that was deleted keeps the ids of whoever wrote it before. */
const intentIdIn = ({ key, intentId }: GroupWriteChange): string => {
  const [what, , named] = key.split('/')
  return what === 'rollout' && named !== undefined ? named : intentId
}

const rolloutIdOf = ({ group }: GroupWriteChange, { service, intentId }: KeptIntent): string => rolloutWorkflowId(service, intentId, group)

const againstIntent = (write: GroupWriteChange, intent: KeptIntent): readonly Finding[] => {
  const pairs = [
    ['service', write.service, intent.service],
    ['sequence', String(write.sequence), String(intent.sequence)],
    ...(isStamped(write) ? [['intent', write.intentId, intent.intentId], ['decision', write.decisionId, intent.decisionId]] as const : []),
  ] as const
  return pairs.filter(([, got, ordered]) => got !== ordered).map(([field, got, ordered]) =>
    finding(write, 'EFFECT_DISAGREES', `${field} is ${got}; intent ${intent.intentId} says ${ordered}`),
  )
}

/** What changes nothing, or deletes, leaves the ids of an earlier write on the line. */
const isStamped = ({ countsBefore, countsAfter, targetBefore, targetAfter }: GroupWriteChange): boolean =>
  !sameCounts(countsAfter, noInstances) && !(sameCounts(countsBefore, countsAfter) && sameCounts(targetBefore, targetAfter))

const againstPlan = (history: History, write: GroupWriteChange, intent: KeptIntent): readonly Finding[] => {
  const placement = placementOf(history, intent.intentId, write.group)
  const isPlaced = placement !== null || (history.facts.get(intent.intentId) ?? []).some(({ fact }) => isPlacedFact(fact, write.group))
  if (!isPlaced) return [finding(write, 'EFFECT_NOT_PLACED', `${shown(write)}: the intent's placement does not name this group`)]
  const fault = placement === null ? null : stepFault(write, placement, `${rolloutIdOf(write, intent)}/`)
  return fault === null ? [] : [finding(write, 'EFFECT_DISAGREES', fault)]
}

const isPlacedFact = (fact: RolloutEvent, group: string): boolean => fact.type === 'RolloutPlaced' && fact.group === group

const stepFault = (write: GroupWriteChange, placement: GroupPlacement, rollout: string): string | null => {
  const steps = effectSteps(placement)
  const isUndo = steps.some((step) => write.key === `${rollout}undo/${step.id}` && write.undoes === `${rollout}${step.id}`)
  if (isUndo) return null
  const step = steps.find(({ id }) => write.key === `${rollout}${id}`)
  if (step === undefined) return `${shown(write)}: its key is no step of the rollout`
  const written = step.kind === 'register' ? write.targetAfter : write.countsAfter
  return sameCounts(written, step.counts) ? null : `${shown(write)}: step ${step.id} orders ${showCounts(step.counts)}`
}

const effectSteps = (placement: GroupPlacement): readonly Step[] => planRollout({ placement }).flat().filter(({ kind }) => kind === 'apply' || kind === 'register')

/** A stuck rollout goes on after its intent has ended; one that never began may not begin after that. */
const afterEnd = (history: History, write: GroupWriteChange, rollout: Rollout | null): readonly Finding[] => {
  const endedAt = rollout === null ? endOfIntent(history, intentIdIn(write)) : (rollout.end?.time ?? null)
  if (endedAt === null || write.time <= endedAt + clockToleranceMs) return []
  return [finding(write, 'EFFECT_AFTER_END', `${shown(write)}: at ${iso(write.time)}; the rollout had ended at ${iso(endedAt)}`)]
}

type Log = { readonly seen: ReadonlySet<string>; readonly since: EpochMs }

/** A change log that begins later than the rollout says nothing about it. */
const withoutEffect = (history: History, rollout: Rollout, { seen, since }: Log): readonly Finding[] => {
  const { end, facts, id, intentId, group, judged } = rollout
  const placement = placementOf(history, intentId, group)
  if (end?.type !== 'RolloutCommitted' || !judged || placement === null || (facts[0]?.time ?? 0) < since) return []
  return effectSteps(placement).filter((step) => !seen.has(`${id}/${step.id}`)).map((step) => ({
    code: 'COMMIT_WITHOUT_EFFECT',
    service: end.service,
    id,
    time: end.time,
    detail: `it committed, and step ${step.id} to ${showCounts(step.counts)} is not in the change log`,
  }))
}
