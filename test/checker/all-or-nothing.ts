/**
 * S4, all or nothing per group, and S14, rollback (docs/invariants.md), in the change log's own order, so that no clock is needed.
 * S4: committed ⇒ after the rollout's last effect the group has the counts and the registration target that its placement names;
 *     rolled back ⇒ it has those that it had before the rollout's first effect. "Unless a later sequence wrote": what others wrote in
 *     between is taken out by asking for the sum of the rollout's own changes. Nothing happens after a key was barred or taken back.
 * S14: not committed and ended ⇒ every forward effect has its inverse after it, newest first (DESIGN section 7); a rollback ends at most as many instances as the effect
 *      created, and none that stood before and was ready while one of its own still lives (one that never came up is the cheaper loss). What a forward write ends is what its counts say.
 */
import type { Counts, Role, Violation, WrittenLine } from './evidence.ts'
import { isNothing, isUndo, lineAt, placementOf, placeOf, roles, sameCounts, showCounts, type GroupView, type RolloutView, type View, type Write } from './view.ts'

export const allOrNothing = (view: View): readonly Violation[] => [
  ...[...view.rollouts.values()].flatMap((rollout) => ended(view, rollout)),
  ...[...view.groups.values()].flatMap((group) => [...afterTheEnd(group), ...victims(group)]),
]

const endOf = ({ reports, facts }: RolloutView): { readonly outcome: 'committed' | 'rolled-back'; readonly at: string } | null => {
  const report = reports.find(({ record }) => record.outcome === 'committed' || record.outcome === 'rolled-back')
  if (report !== undefined) return { outcome: report.record.outcome as 'committed', at: placeOf(report) }
  const fact = facts.find(({ type }) => type === 'RolloutCommitted' || type === 'RolloutRolledBack')
  return fact === undefined ? null : { outcome: fact.type === 'RolloutCommitted' ? 'committed' : 'rolled-back', at: placeOf(fact) }
}

const ended = (view: View, rollout: RolloutView): readonly Violation[] => {
  const end = endOf(rollout)
  if (end === null) return []
  const violate = (invariant: string, detail: string): Violation => ({ invariant, service: rollout.service, detail: `${rollout.id} ${detail}`, at: end.at })
  if (end.outcome === 'committed') return committed(view, rollout).map((detail) => violate('S4', detail))
  const forward = rollout.writes.filter((write) => !isUndo(write))
  const missing = forward.filter(({ line }) => !rollout.writes.some((undo) => undo.line.undoes === line.key))
  return [
    ...missing.map(({ line }) => violate('S14', `was rolled back, and nothing took back ${line.key}`)),
    ...oldestFirst(rollout).map((detail) => violate('S14', detail)),
    ...leftOver(rollout).map((detail) => violate('S4', `was rolled back, and ${detail}`)),
  ]
}

const committed = (view: View, { intentId, group, writes }: RolloutView): readonly string[] => {
  const last = writes.at(-1)
  const plan = placementOf(view, { intentId, group })
  if (plan === null) return []
  if (last === undefined) return [`committed without any effect; ${showCounts(plan.to)} was planned`]
  if (writes.some(isUndo)) return ['committed after it had taken something back']
  const { countsAfter, targetAfter } = last.line
  if (sameCounts(countsAfter, plan.to) && sameCounts(targetAfter, plan.to)) return []
  return [`committed, and left ${showCounts(countsAfter)} with a registration target of ${showCounts(targetAfter)}; ${showCounts(plan.to)} was planned`]
}

/** The newest step is taken back first: a group is out of service before its instances go. */
const oldestFirst = ({ writes }: RolloutView): readonly string[] => {
  const undone = writes.filter(isUndo).map(({ line }) => ['grow', 'register', 'shrink'].indexOf(line.undoes?.slice(line.undoes.lastIndexOf('/') + 1) ?? ''))
  return undone.some((rank, index) => index > 0 && rank >= (undone[index - 1] ?? 0)) ? ['took back an older step before a newer one'] : []
}

type Change = { readonly [part in 'counts' | 'target']: Counts }

/** The rollout's own changes must add up to nothing. A group that was deleted and made anew gets its target by the undo of `register`. */
const leftOver = ({ writes }: RolloutView): readonly string[] => {
  const sum = writes.map(({ line }) => changeOf(line)).reduce(add, { counts: none, target: none })
  return (['counts', 'target'] as const).flatMap((part) => (isNothing(sum[part]) ? [] : [`its effects on ${part} leave ${showCounts(sum[part])}`]))
}

const none: Counts = { prefill: 0, decode: 0 }
const minus = (a: Counts, b: Counts): Counts => ({ prefill: a.prefill - b.prefill, decode: a.decode - b.decode })
const plus = (a: Counts, b: Counts): Counts => ({ prefill: a.prefill + b.prefill, decode: a.decode + b.decode })
const changeOf = (line: WrittenLine): Change => ({ counts: minus(line.countsAfter, line.countsBefore), target: minus(line.targetAfter, line.targetBefore) })
const add = (a: Change, b: Change): Change => ({ counts: plus(a.counts, b.counts), target: plus(a.target, b.target) })

/** Once a key was barred or taken back, a late copy of it has no effect. */
const afterTheEnd = ({ lines }: GroupView): readonly Violation[] => {
  const over = new Map<string, string>()
  const violations: Violation[] = []
  for (const placed of lines) {
    const { line } = placed
    if (line.kind === 'written' && over.has(line.key)) violations.push({ invariant: 'S14', service: line.service, detail: `${line.key} took effect after ${over.get(line.key)} had ended it`, at: lineAt(placed) })
    if (line.kind === 'barred') over.set(line.key, lineAt(placed))
    if (line.kind === 'written' && line.undoes !== null) over.set(line.undoes, lineAt(placed))
  }
  return violations
}

type Member = { readonly role: Role; readonly createdBy: string; live: boolean; served: boolean }

/** Follows each instance from the write that made it to the one that ended it. */
const victims = ({ lines, writes }: GroupView): readonly Violation[] => {
  const members = new Map<string, Member>()
  const byKey = new Map(writes.map((write) => [write.line.key, write]))
  const endedBy = new Map<string, number>()
  const violations: Violation[] = []
  for (const placed of lines) {
    const { line } = placed
    if (line.kind !== 'phase') continue
    const member = members.get(line.instance)
    if (line.phase === 'pending') members.set(line.instance, { role: line.role, createdBy: line.cause, live: true, served: false })
    if (line.phase === 'ready' && member !== undefined) member.served = true
    if (line.phase === 'failed' || line.phase === 'gone') if (member !== undefined) member.live = false
    if (line.phase !== 'terminating') continue
    const write = byKey.get(line.cause)
    if (member !== undefined) member.live = false
    if (write === undefined) continue
    const place = `${line.cause}/${line.role}`
    endedBy.set(place, (endedBy.get(place) ?? 0) + 1)
    const detail = unduly(write, { role: line.role, instance: line.instance, member, members, count: endedBy.get(place) ?? 0 })
    if (detail !== null) violations.push({ invariant: 'S14', service: line.service, detail, at: lineAt(placed) })
  }
  return violations
}

type Ended = { readonly role: Role; readonly instance: string; readonly member: Member | undefined; readonly members: ReadonlyMap<string, Member>; readonly count: number }

const unduly = ({ line }: Write, { role, instance, member, members, count }: Ended): string | null => {
  const allowed = Math.max(0, line.countsBefore[role] - line.countsAfter[role])
  if (count > allowed) return `${line.key} ended ${count} ${role} instances; its counts allow ${allowed}`
  if (line.undoes === null || member === undefined || member.createdBy === line.undoes || isReplacement(member) || !member.served) return null
  const own = [...members].find(([, one]) => one.live && one.role === role && one.createdBy === line.undoes)
  return own === undefined ? null : `${line.key} ended ${instance}, which stood before; ${own[0]}, which this rollout added, still lives`
}

/** What replaces a failed instance may replace one of the rollout's. */
const isReplacement = ({ createdBy }: Member): boolean => !createdBy.startsWith('rollout/') && createdBy !== 'adopted'

/** For other formulas: roles whose counts a write lowered. */
export const lowered = ({ countsBefore, countsAfter }: WrittenLine): readonly Role[] => roles.filter((role) => countsAfter[role] < countsBefore[role])
