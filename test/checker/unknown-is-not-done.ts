/**
 * S27, unknown is not done (reliability 4.2): a time-out of a write ⇒ a read of that object precedes the next step.
 *  - ∀ report "step done": the world shows it, whatever the caller was told. grow, register, shrink: a `written` line of that key, not later than
 *    the report; scheduled, ready: as many instances of the role had a node, or were ready, as the step waits for; registered: the registered
 *    counts were the target; gone: no instance of the group was terminating any more.
 *  - ∀ report "step undone": a line that takes that key back, or none was ever written.
 *  - where calls were seen: after a write that was not answered, the next forward write call on the group comes after a read of it.
 */
import type { CallLine, Counts, Role, Violation } from './evidence.ts'
import type { RolloutReported } from './records.ts'
import { callMs, most, placementOf, placeOf, skewMs, type Entry, type GroupView, type RolloutView, type View } from './view.ts'

export const unknownIsNotDone = (view: View): readonly Violation[] => [
  ...[...view.rollouts.values()].flatMap((rollout) => rollout.reports.flatMap((report) => {
    const detail = unshown(view, rollout, report)
    return detail === null ? [] : [{ invariant: 'S27', service: rollout.service, detail: `${rollout.id}: ${detail}`, at: placeOf(report) }]
  })),
  ...Object.entries(view.evidence.calls ?? {}).flatMap(([subCluster, calls]) => blindRetries(subCluster, calls)),
]

const unshown = (view: View, rollout: RolloutView, { record }: Entry<RolloutReported>): string | null => {
  if (record.step === null || (record.outcome !== 'step-done' && record.outcome !== 'step-undone')) return null
  const key = `${rollout.id}/${record.step}`
  const until = record.time + skewMs(view)
  if (record.outcome === 'step-undone') {
    const stands = rollout.writes.some(({ line }) => line.key === key && line.time <= until) && !rollout.writes.some(({ line }) => line.undoes === key && line.time <= until)
    return stands ? `${record.step} was reported as undone; nothing took it back` : null
  }
  if (record.step === 'grow' || record.step === 'register' || record.step === 'shrink')
    return rollout.writes.some(({ line }) => line.key === key && line.time <= until) ? null : `${record.step} was reported as done; the change log does not have it`
  return unreached(view, rollout, record)
}

const unreached = (view: View, { intentId, group }: RolloutView, { step, time }: RolloutReported): string | null => {
  const plan = placementOf(view, { intentId, group })
  const standing = plan === null ? undefined : view.groups.get(`${plan.subCluster}/${group}`)
  if (plan === null || standing === undefined || step === null) return null
  const [what, role] = step.split('/') as [string, Role | undefined]
  const peak = most(plan.from, plan.to)
  const window = { fromMs: time - callMs(view.run) - 60_000 * (view.run.speed ?? 1), toMs: time + skewMs(view) }
  const reached = moments(standing, window).some((moment) => {
    if (what === 'gone') return moment.terminating === 0
    if (what === 'registered') return moment.registered.prefill === plan.to.prefill && moment.registered.decode === plan.to.decode
    if (role === undefined || (what !== 'ready' && what !== 'scheduled')) return true
    return moment[what][role] >= peak[role]
  })
  return reached ? null : `${step} was reported as done; the change log does not show it`
}

type Moment = { readonly scheduled: Counts; readonly ready: Counts; readonly registered: Counts; readonly terminating: number }
type Member = { readonly role: Role; phase: string; node: string | null; registered: boolean }

/** How the group stood at each of its lines inside the window, and at its beginning. */
const moments = ({ lines }: GroupView, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): readonly Moment[] => {
  const members = new Map<string, Member>()
  const found: Moment[] = []
  for (const { line } of lines) {
    if (line.kind === 'fault' || line.time > toMs) break
    if (line.time > fromMs && found.length === 0) found.push(momentOf(members))
    if (line.kind === 'phase' && line.phase === 'gone') members.delete(line.instance)
    else if (line.kind === 'phase') {
      const known = members.get(line.instance)
      members.set(line.instance, { role: line.role, phase: line.phase, node: line.node, registered: known?.registered ?? false })
    }
    if (line.kind === 'gate') {
      const member = members.get(line.instance)
      if (member !== undefined) member.registered = line.registered
    }
    if (line.time > fromMs) found.push(momentOf(members))
  }
  return found.length === 0 ? [momentOf(members)] : found
}

const momentOf = (members: ReadonlyMap<string, Member>): Moment => {
  const count = (holds: (member: Member) => boolean): Counts => {
    const counts = { prefill: 0, decode: 0 }
    for (const member of members.values()) if (holds(member)) counts[member.role] += 1
    return counts
  }
  const alive = ({ phase }: Member): boolean => phase !== 'failed' && phase !== 'terminating'
  let terminating = 0
  for (const { phase } of members.values()) if (phase === 'terminating') terminating += 1
  return {
    scheduled: count((member) => member.node !== null && alive(member)),
    ready: count(({ phase }) => phase === 'ready'),
    registered: count(({ phase, registered }) => registered && phase === 'ready'),
    terminating,
  }
}

const blindRetries = (subCluster: string, calls: readonly CallLine[]): readonly Violation[] => {
  const unknown = new Map<string, CallLine>()
  return calls.flatMap((call, index): Violation[] => {
    const { method, group, key, outcome } = call
    if (method === 'readGroup' || method === 'listGroups') {
      if (outcome === 'answered') for (const name of [...unknown.keys()]) if (group === null || group === name) unknown.delete(name)
      return []
    }
    if (method === 'setRegistered' || group === null) return []
    const before = unknown.get(group)
    if (outcome === 'answered') unknown.delete(group)
    else unknown.set(group, call)
    if (before === undefined || method === 'undo') return []
    return [{ invariant: 'S27', service: '', detail: `${key} was written to ${group} while nobody had looked what became of ${before.key}`, at: `${subCluster}/calls#${index + 1}` }]
  })
}
