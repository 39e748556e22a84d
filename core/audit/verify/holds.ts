/**
 * The chains over a service's holds: one over every hold, written or not, and one over those that were written. The second
 * covers each of their bytes and names the last of them in every decision, and in every snapshot.
 */
import { canonicalJson } from '../../canonical.ts'
import { sha256 } from '../../sha256.ts'
import type { Finding } from './finding.ts'
import { isDecision, type History, type KeptHead, type KeptHold, type KeptVerdict } from './history.ts'
import { changedText, findingOf, shortHash } from './verdict-finding.ts'

/** What the next verdict of a life is held against. */
type Before = {
  /**
   * What it may name as the written hold before it; null where that may have expired. More than one where something was found
   * already: a hold that was changed may have lost its own hash, and a decision may name a hold that is missing.
   */
  readonly links: readonly string[] | null
  /** Of the last hold on record that was not changed. */
  readonly count: number
  /** The verdict right before it; null where that cannot be relied on. */
  readonly verdict: KeptVerdict | null
}

/** `life`: what one version decided of one service between two removals. `isWhole`: nothing of it has expired. */
export const checkHolds = (life: readonly KeptVerdict[], isWhole: boolean): readonly Finding[] => {
  const hashed = life.some(isHashed)
  const findings: Finding[] = []
  let before: Before = { links: isWhole ? [''] : null, count: 0, verdict: null }
  for (const verdict of life) {
    const isChanged = (hashed || verdict.hash !== '') && verdict.hash !== verdict.expectedHash
    findings.push(...(isChanged ? changed(verdict) : misplaced(verdict, before)))
    before = after(verdict, before, isChanged)
  }
  return findings
}

/** Holds of version 1 have no hash. What one version of the code writes is all of one version, so a hold without a hash among others has lost it. */
const isHashed = (verdict: KeptVerdict): boolean => (isDecision(verdict) ? verdict.previousHeldHash : verdict.hash) !== ''

const after = (verdict: KeptVerdict, { links, count }: Before, isChanged: boolean): Before => {
  if (isDecision(verdict)) return { links: isChanged ? links : [...new Set([...(links ?? []), verdict.previousHeldHash])], count, verdict }
  return isChanged ? { links: [verdict.hash, verdict.expectedHash], count, verdict: null } : { links: [verdict.hash], count: verdict.holds, verdict }
}

/** A changed decision is named where decisions are checked. */
const changed = (verdict: KeptVerdict): readonly Finding[] => (isDecision(verdict) ? [] : [findingOf(verdict, 'HOLD_CHANGED', changedText(verdict))])

const misplaced = (verdict: KeptVerdict, before: Before): readonly Finding[] => {
  const fault = unlinked(verdict, before) ?? (isDecision(verdict) ? null : uncounted(verdict, before))
  return fault === null ? [] : [findingOf(verdict, 'HOLDS_BROKEN', fault)]
}

const unlinked = (verdict: KeptVerdict, { links }: Before): string | null => {
  const [field, got] = isDecision(verdict) ? ['previousHeldHash', verdict.previousHeldHash] : ['previousHash', verdict.previousHash]
  return links === null || links.includes(got) ? null : `${field} is ${shortHash(got)}; the hold on record before it has ${links.map(shortHash).join(' or ')}`
}

/**
 * Not every hold is written, but the first after a decision always is, and of two whose counts follow on each other nothing
 * was left out between: there the hash over all holds can be computed again.
 */
const uncounted = (hold: KeptHold, { count, verdict }: Before): string | null => {
  if (hold.holds <= count) return `it is hold ${hold.holds}; the one on record before it was hold ${count}`
  return continues(hold, verdict) ? null : `its holdsHash does not follow from ${verdict?.decisionId ?? 'an empty chain'}`
}

const continues = (hold: KeptHold, before: KeptVerdict | null): boolean => {
  const base = baseOf(hold, before)
  if (base === null) return true
  const { reason, inputs, current, evidence, holdsHash } = hold
  const value = evidence[0]?.value ?? null
  // This chain takes both zeros for one.
  const demand = value === null ? null : value + 0
  // Unknown counts are recorded as 0P+0D and chained as null.
  const possible = [[current.prefill, current.decode], [null, null]]
  return possible.some((counts) => sha256(`${base}${canonicalJson([inputs.tickOffset, reason, ...counts, demand])}`) === holdsHash)
}

/** The chain's hash before this hold; null when holds that were not written stand between. */
const baseOf = (hold: KeptHold, before: KeptVerdict | null): string | null => {
  if (before === null) return hold.holds === 1 ? '' : null
  if (isDecision(before)) return before.holdsHash
  return before.holds === hold.holds - 1 ? before.holdsHash : null
}

/** A hold that nothing on record follows is missed by nobody but the snapshots that were taken after it. */
export const checkHeads = (history: History): readonly Finding[] => {
  const onRecord = new Set([...history.holds.values()].flatMap(({ hash, expectedHash }) => [hash, expectedHash]))
  return history.heads
    .filter((head) => head.heldHash !== '' && !onRecord.has(head.heldHash) && !mayBeGone(history, head))
    .map(({ service, time, heldHash }) => ({
      code: 'HOLDS_BROKEN',
      service,
      id: `snapshots/${service}`,
      time,
      detail: `it was taken after a hold with the hash ${shortHash(heldHash)} had been written; no such hold is on record`,
    }))
}

/** Retention takes the oldest: what is younger than a record that is kept is kept. A decision may itself say that the hold was older. */
const mayBeGone = (history: History, { service, coreHash, heldHash }: KeptHead): boolean => {
  if (!history.cutAt.has(`decisions/${history.partitions.get(service) ?? -1}`)) return false
  const own = (history.verdicts.get(service) ?? []).filter((verdict) => verdict.coreHash === coreHash)
  return own.every((verdict) => isDecision(verdict) && verdict.previousHeldHash === heldHash)
}
