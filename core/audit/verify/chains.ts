/** The two chains of a service: over its decisions, and over its holds. */
import { canonicalJson } from '../../canonical.ts'
import { groupBy } from '../../group-by.ts'
import type { ServiceId } from '../../ids.ts'
import { sha256 } from '../../sha256.ts'
import { brokenLink } from '../chain.ts'
import type { Finding } from './finding.ts'
import { mayHaveExpired, type History, type KeptDecision, type KeptHold } from './history.ts'

type Verdict = KeptDecision | KeptHold

/**
 * Each version of the deciding code chains its own decisions, and a service that was removed begins anew when it is applied
 * again: a chain is what one version decided between two removals.
 */
export const checkChains = (history: History): readonly Finding[] =>
  [...history.verdicts].flatMap(([service, verdicts]) => {
    const lives = groupBy(verdicts, (verdict) => `${verdict.coreHash} ${livesBefore(history, verdict)}`)
    return [...lives.values()].flatMap((life) => {
      const isWhole = livesBefore(history, life[0] as Verdict) > 0 || !beginsBeforeRecord(history, service, life)
      return [...decisionFaults(life.filter(isDecision), isWhole), ...holdFaults(life)]
    })
  })

const livesBefore = (history: History, { service, inputs }: Verdict): number =>
  (history.removals.get(service) ?? []).filter(({ offset }) => offset < inputs.tickOffset).length

/** Where retention cut the topic, the first decision of any version may have had others before it. */
const beginsBeforeRecord = (history: History, service: ServiceId, life: readonly Verdict[]): boolean =>
  history.cutAt.has(`decisions/${history.partitions.get(service) ?? -1}`) || mayHaveExpired(history, 'decisions', life[0] as Verdict)

const isDecision = (verdict: Verdict): verdict is KeptDecision => verdict.type === 'ScaleDecided'

const decisionFaults = (decisions: readonly KeptDecision[], isWhole: boolean): readonly Finding[] =>
  decisions.flatMap((decision, index) => [...changed(decision), ...unlinked(decision, decisions[index - 1], isWhole)])

const changed = (decision: KeptDecision): readonly Finding[] =>
  decision.hash === decision.expectedHash
    ? []
    : [finding(decision, 'DECISION_CHANGED', `its bytes hash to ${short(decision.expectedHash)}; its record says ${short(decision.hash)}`)]

const unlinked = (decision: KeptDecision, previous: KeptDecision | undefined, isWhole: boolean): readonly Finding[] => {
  if (previous === undefined && !isWhole) return []
  const after = previous === undefined ? 'at the beginning' : `after ${previous.decisionId}`
  return brokenLink(decision, previous).map(({ field, got, expected }) =>
    finding(decision, 'CHAIN_BROKEN', `${after}: ${field} is ${short(got) || '(empty)'}; expected ${short(expected) || '(empty)'}`),
  )
}

const short = (text: string): string => (/^[0-9a-f]{64}$/.test(text) ? `${text.slice(0, 12)}…` : text)

/**
 * Not every hold is written, but the first after a decision always is, and of two whose counts follow on each other nothing
 * was left out between: there the hash can be computed again.
 */
const holdFaults = (life: readonly Verdict[]): readonly Finding[] => {
  const faults: Finding[] = []
  let before: Verdict | undefined
  let count = 0
  for (const verdict of life) {
    if (!isDecision(verdict)) {
      if (verdict.holds <= count) faults.push(finding(verdict, 'HOLDS_BROKEN', `it is hold ${verdict.holds}; the one on record before it was hold ${count}`))
      else if (!continues(verdict, before)) faults.push(finding(verdict, 'HOLDS_BROKEN', `its holdsHash does not follow from ${before?.decisionId ?? 'an empty chain'}`))
      count = verdict.holds
    }
    before = verdict
  }
  return faults
}

const continues = (hold: KeptHold, before: Verdict | undefined): boolean => {
  const base = baseOf(hold, before)
  if (base === null) return true
  const { reason, inputs, current, evidence, holdsHash } = hold
  // Unknown counts are recorded as 0P+0D and chained as null.
  const possible = [[current.prefill, current.decode], [null, null]]
  return possible.some((counts) => sha256(`${base}${canonicalJson([inputs.tickOffset, reason, ...counts, evidence[0]?.value ?? null])}`) === holdsHash)
}

/** The chain's hash before this hold; null when holds that were not written stand between. */
const baseOf = (hold: KeptHold, before: Verdict | undefined): string | null => {
  if (before === undefined) return hold.holds === 1 ? '' : null
  if (isDecision(before)) return before.holdsHash
  return before.holds === hold.holds - 1 ? before.holdsHash : null
}

const finding = ({ service, decisionId, time }: Verdict, code: Finding['code'], detail: string): Finding => ({ code, service, id: decisionId, time, detail })
