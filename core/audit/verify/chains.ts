/** The two chains of a service: over its decisions, and over its holds. */
import { groupBy } from '../../group-by.ts'
import type { ServiceId } from '../../ids.ts'
import { brokenLink } from '../chain.ts'
import type { Finding } from './finding.ts'
import { isDecision, mayHaveExpired, type History, type KeptDecision, type KeptVerdict } from './history.ts'
import { checkHeads, checkHolds } from './holds.ts'
import { changedText, findingOf, shortHash } from './verdict-finding.ts'

/**
 * Each version of the deciding code chains its own decisions, and a service that was removed begins anew when it is applied
 * again: a chain is what one version decided between two removals.
 */
export const checkChains = (history: History): readonly Finding[] => [...checkLives(history), ...checkHeads(history)]

const checkLives = (history: History): readonly Finding[] =>
  [...history.verdicts].flatMap(([service, verdicts]) => {
    const lives = groupBy(verdicts, (verdict) => `${verdict.coreHash} ${livesBefore(history, verdict)}`)
    return [...lives.values()].flatMap((life) => {
      const isWhole = livesBefore(history, life[0] as KeptVerdict) > 0 || !beginsBeforeRecord(history, service, life)
      return [...decisionFaults(life.filter(isDecision), isWhole), ...checkHolds(life, isWhole)]
    })
  })

const livesBefore = (history: History, { service, inputs }: KeptVerdict): number =>
  (history.removals.get(service) ?? []).filter(({ offset }) => offset < inputs.tickOffset).length

/** Where retention cut the topic, the first decision of any version may have had others before it. */
const beginsBeforeRecord = (history: History, service: ServiceId, life: readonly KeptVerdict[]): boolean =>
  history.cutAt.has(`decisions/${history.partitions.get(service) ?? -1}`) || mayHaveExpired(history, 'decisions', life[0] as KeptVerdict)

const decisionFaults = (decisions: readonly KeptDecision[], isWhole: boolean): readonly Finding[] =>
  decisions.flatMap((decision, index) => [...changed(decision), ...unlinked(decision, decisions[index - 1], isWhole)])

const changed = (decision: KeptDecision): readonly Finding[] =>
  decision.hash === decision.expectedHash
    ? []
    : [findingOf(decision, 'DECISION_CHANGED', changedText(decision))]

const unlinked = (decision: KeptDecision, previous: KeptDecision | undefined, isWhole: boolean): readonly Finding[] => {
  if (previous === undefined && !isWhole) return []
  const after = previous === undefined ? 'at the beginning' : `after ${previous.decisionId}`
  return brokenLink(decision, previous).map(({ field, got, expected }) =>
    findingOf(decision, 'CHAIN_BROKEN', `${after}: ${field} is ${shortHash(got)}; expected ${shortHash(expected)}`),
  )
}
