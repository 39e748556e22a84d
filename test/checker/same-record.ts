/**
 * S17, replay (docs/invariants.md), as far as an outsider can say it: an id has one content in all copies, byte for byte; a decision's hash is
 * SHA-256 over its canonical JSON with `hash` empty; `previousHash` is the hash of the service's decision before it, and empty for the first
 * after each beginning of its state, by one version of the deciding code; the count of holds in the chain rises. A hold's hash is made in the same
 * way, and holds and decisions name that of the hold before them; version 1 knew neither. Where another version owned the log in between, a
 * verdict may follow one that is on no record, and never another one that is. `decide(inputs) = record` itself needs the product's
 * core: the caller hands over what its replay found, and a replay that took fewer or more decisions than are on record is a difference too.
 */
import { canonicalJson, sha256 } from './canonical.ts'
import type { Violation } from './evidence.ts'
import type { ScaleDecided, ScaleHeld } from './records.ts'
import { byCore, placeOf, type Entry, type ServiceView, type Verdict, type View } from './view.ts'

/** What a replay of `signals` by the core that decided it found. */
export type Replay = { readonly decisions: number; readonly differences: readonly { readonly service: string; readonly detail: string }[] }

export const sameRecord = (view: View): readonly Violation[] => [
  ...view.twoContents.map(({ id, service, first, second }) => ({ invariant: 'S17', service, detail: `${id} stands on record twice with different bytes; first at ${placeOf(first)}`, at: placeOf(second) })),
  ...[...view.services.values()].flatMap((service) => [...chain(view, service), ...holds(service), ...heldChain(view, service)]),
]

const chain = (view: View, service: ServiceView): readonly Violation[] => {
  const onRecord = new Set(service.decisions.map(({ record }) => record.hash))
  return byCore(service.decisions).flatMap((decisions) => decisions.flatMap((decision, index) => {
    const before = decisions[index - 1]
    const mayFollowUnwritten = !onRecord.has(decision.record.previousHash) && isInterrupted(view, before ?? null, decision)
    const previous = before === undefined || isRemovedBetween(service, before, decision) ? '' : before.record.hash
    const link = mayFollowUnwritten ? [] : linkFaults(decision, previous)
    return [...contentFaults(decision), ...link].map((detail) => ({ invariant: 'S17', service: service.service, detail: `${decision.record.decisionId}: ${detail}`, at: placeOf(decision) }))
  }))
}

/** A service that was removed and configured again begins anew. */
const isRemovedBetween = ({ removed }: ServiceView, before: Verdict, after: Verdict): boolean =>
  removed.some(({ offset }) => offset > before.record.inputs.tickOffset && offset < after.record.inputs.tickOffset)

const contentFaults = ({ record }: Entry<ScaleDecided>): readonly string[] =>
  record.hash === hashOf({ type: 'ScaleDecided', ...record, previousHeldHash: record.previousHeldHash || undefined }) ? [] : ['its hash is not that of its content']

const hashOf = (record: object): string => sha256(canonicalJson({ ...record, hash: '' }))

const linkFaults = ({ record }: Entry<ScaleDecided>, previous: string): readonly string[] =>
  record.previousHash === previous ? [] : [`it follows ${record.previousHash.slice(0, 12) || 'nothing'}; before it stands ${previous.slice(0, 12) || 'nothing'}`]

const holds = ({ service, holds: held, removed }: ServiceView): readonly Violation[] => byCore(held).flatMap((all) => rising(service, all, removed))

const rising = (service: string, all: readonly Entry<ScaleHeld>[], removed: ServiceView['removed']): readonly Violation[] =>
  all.flatMap((held, index): Violation[] => {
    const before = all[index - 1]
    if (before === undefined || held.record.holds > before.record.holds) return []
    if (removed.some(({ offset }) => offset > before.record.inputs.tickOffset && offset < held.record.inputs.tickOffset)) return []
    return [{ invariant: 'S17', service, detail: `${held.record.decisionId}: hold ${held.record.holds} stands after hold ${before.record.holds}`, at: placeOf(held) }]
  })

const heldChain = (view: View, service: ServiceView): readonly Violation[] => {
  const onRecord = new Set(service.holds.map(({ record }) => record.hash))
  const inOrder = [...service.decisions, ...service.holds].sort((a, b) => a.offset - b.offset)
  return byCore<Verdict>(inOrder).filter((verdicts) => verdicts.some(({ record }) => heldHashIn(record) !== undefined)).flatMap((verdicts) => {
    return verdicts.flatMap((verdict, index): readonly Violation[] => {
      const before = verdicts[index - 1]
      const link = linkOf(verdict.record)
      const expected = before === undefined || isRemovedBetween(service, before, verdict) ? '' : newestIn(before)
      const mayFollowUnwritten = !onRecord.has(link) && isInterrupted(view, before ?? null, verdict)
      const faults = [...heldContentFaults(verdict), ...(link === expected || mayFollowUnwritten ? [] : [`it follows the hold ${link.slice(0, 12) || '(none)'}; before it stands ${expected.slice(0, 12) || 'none'}`])]
      return faults.map((detail) => ({ invariant: 'S17', service: service.service, detail: `${verdict.record.decisionId}: ${detail}`, at: placeOf(verdict) }))
    })
  })
}

const isHold = (verdict: Verdict): verdict is Entry<ScaleHeld> => 'holds' in verdict.record

const heldHashIn = (record: ScaleDecided | ScaleHeld): string | undefined => ('holds' in record ? record.hash : record.previousHeldHash)

const linkOf = (record: ScaleDecided | ScaleHeld): string => ('holds' in record ? record.previousHash : record.previousHeldHash) ?? ''

/** The newest hold that a verdict knows of: a hold itself, or the one that a decision names. */
const newestIn = (verdict: Verdict): string => (isHold(verdict) ? (verdict.record.hash ?? '') : linkOf(verdict.record))

const heldContentFaults = (verdict: Verdict): readonly string[] =>
  !isHold(verdict) || verdict.record.hash === hashOf({ type: 'ScaleHeld', ...verdict.record }) ? [] : ['its hash is not that of its content']

/** Another version owned the log since `before`, or, where nothing stands before it, since this version owned it first. */
const isInterrupted = ({ ticks }: View, before: Verdict | null, { record }: Verdict): boolean => {
  const counted = ticks.get(record.inputs.partition)?.counted ?? []
  const from = before?.record.inputs.tickOffset ?? counted.find(({ coreHash }) => coreHash === record.coreHash)?.offset ?? Infinity
  return counted.some(({ offset, coreHash }) => offset >= from && offset <= record.inputs.tickOffset && coreHash !== record.coreHash)
}

/** What the caller's replay says, beside the record. */
export const compared = (view: View, { decisions, differences }: Replay): readonly Violation[] => {
  const missing = decisions === view.decisions.size ? [] : [{ service: '', detail: `the replay took ${decisions} decisions; ${view.decisions.size} are on record` }]
  return [...differences, ...missing].map(({ service, detail }) => ({ invariant: 'S17', service, detail, at: 'replay' }))
}
