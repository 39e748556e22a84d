/**
 * S9, S10, S11 (docs/invariants.md), in the change log's order of each group and in the log order of each service:
 * S9  single writer: sequences of a service's decisions, and the ticks that they were taken at, rise; one sequence is one decision.
 *  b) no gap: an intent that had no effect, while a later one of its service had, has ended with a reason.
 * S10 mutual exclusion: writes of two rollouts of one group do not interleave. (Temporal's histories are not among the evidence.)
 * S11 no stale write: an effect's sequence is not below any earlier one of that group, kept also after the group was deleted; an equal one
 *     is the same intent. The first effect of a rollout finds the counts and the uid that its placement was made for: its preconditions held.
 *  b) clean-up deletes only what its own rollout made, or what the placement brings to nothing.
 */
import type { Violation } from './evidence.ts'
import { isOvertaken, isToldToAnother } from './owner-version.ts'
import { byCore, endsOf, isNothing, isRemovedAfter, isUndo, lineAt, placementOf, placeOf, sameCounts, showCounts, type GroupView, type ServiceView, type View, type Write } from './view.ts'

export const singleWriter = (view: View): readonly Violation[] => [
  ...[...view.services.values()].flatMap((service) => [...rising(service), ...gaps(view, service)]),
  ...[...view.groups.values()].flatMap((group) => [...interleaved(group), ...stale(group), ...preconditions(view, group), ...deleted(view, group)]),
]

/** Of one version of the deciding code: what another one, that owned the log before it, had not read yet is refused by its sequence where it acts. */
const rising = ({ service, decisions: all, removed }: ServiceView): readonly Violation[] =>
  byCore(all).flatMap((decisions) => decisions.flatMap((decision, index): Violation[] => {
    const before = decisions[index - 1]
    const isAnew = before !== undefined && removed.some(({ record }) => record.time > before.record.time && record.time <= decision.record.time)
    if (before === undefined || isAnew) return []
    const { sequence, inputs } = decision.record
    if (sequence > before.record.sequence && inputs.tickOffset > before.record.inputs.tickOffset) return []
    return [{ invariant: 'S9', service, detail: `sequence ${sequence} at tick ${inputs.tickOffset} stands after sequence ${before.record.sequence} at tick ${before.record.inputs.tickOffset}`, at: placeOf(decision) }]
  }))

/** An intent of the last seconds may still be on its way. */
const gaps = (view: View, service: ServiceView): readonly Violation[] => {
  const effecting = new Set(view.writes.filter(({ line }) => line.service === service.service).map(({ intentId }) => intentId))
  const highest = service.intents.reduce((top, { record }) => (effecting.has(record.intentId) ? Math.max(top, record.sequence) : top), -1)
  return service.intents.flatMap((intent): Violation[] => {
    const { intentId, sequence, emittedAt, expiresAt } = intent.record
    if (sequence >= highest || effecting.has(intentId) || endsOf(view, intentId).length > 0 || isToldToAnother(view, service, intentId) || isOvertaken(view, service, intent)) return []
    const isOpen = expiresAt + view.run.convergeMs > view.run.toMs
    if (isOpen || isRemovedAfter(service, emittedAt)) return []
    return [{ invariant: 'S9', service: service.service, detail: `${intentId}, sequence ${sequence}, had no effect and no end, and ${highest} had effects`, at: placeOf(intent) }]
  })
}

const interleaved = ({ writes, group, service }: GroupView): readonly Violation[] => {
  const over = new Set<string>()
  const violations: Violation[] = []
  for (const [index, write] of writes.entries()) {
    const before = writes[index - 1]
    if (before !== undefined && before.intentId !== write.intentId) over.add(before.intentId)
    if (over.has(write.intentId)) violations.push({ invariant: 'S10', service, detail: `${write.line.key} wrote group ${group} after ${before?.line.key} of another rollout had begun`, at: lineAt(write) })
  }
  return violations
}

const stale = ({ writes, group, service }: GroupView): readonly Violation[] => {
  let last: Write | null = null
  return writes.flatMap((write): Violation[] => {
    const before = last
    if (before === null || write.line.sequence >= before.line.sequence) last = write
    if (before === null || write.line.sequence > before.line.sequence || (write.line.sequence === before.line.sequence && write.intentId === before.intentId)) return []
    return [{ invariant: 'S11', service, detail: `${write.line.key} wrote group ${group} with sequence ${write.line.sequence}; ${before.line.key} had written it with ${before.line.sequence}`, at: lineAt(write) }]
  })
}

/** The first forward write of each rollout that changed something: one that found its work done is no effect. */
const preconditions = (view: View, { writes, group, service }: GroupView): readonly Violation[] => {
  const seen = new Set<string>()
  return writes.flatMap((write): Violation[] => {
    const { line, intentId } = write
    if (isUnchanged(write)) return []
    const isFirst = !seen.has(intentId)
    seen.add(intentId)
    const plan = placementOf(view, { intentId, group })
    if (!isFirst || isUndo(write) || plan === null) return []
    if (!sameCounts(line.countsBefore, plan.from)) return [{ invariant: 'S11', service, detail: `${line.key} found ${showCounts(line.countsBefore)}; it was planned for ${showCounts(plan.from)}`, at: lineAt(write) }]
    if (plan.uid !== '' && line.uid !== plan.uid) return [{ invariant: 'S11', service, detail: `${line.key} wrote uid ${line.uid}; it was planned for ${plan.uid}`, at: lineAt(write) }]
    return []
  })
}

const isUnchanged = ({ line }: Write): boolean => sameCounts(line.countsBefore, line.countsAfter) && sameCounts(line.targetBefore, line.targetAfter)

const deleted = (view: View, { writes, group, service }: GroupView): readonly Violation[] =>
  writes.flatMap((write, index): Violation[] => {
    const { line, intentId } = write
    if (!isNothing(line.countsAfter) || isNothing(line.countsBefore)) return []
    const plan = placementOf(view, { intentId, group })
    const madeIt = isUndo(write) && writes.slice(0, index).some((one) => one.line.key === line.undoes && isNothing(one.line.countsBefore))
    if (madeIt || (plan !== null && isNothing(plan.to)) || (isUndo(write) && plan !== null && isNothing(plan.from))) return []
    return [{ invariant: 'S11', service, detail: `${line.key} deleted group ${group}, which its rollout did not make`, at: lineAt(write) }]
  })
