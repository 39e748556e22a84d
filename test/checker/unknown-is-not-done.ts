/**
 * S27, unknown is not done (docs/invariants.md): a time-out of a write ⇒ a read of that object precedes the next step.
 *  - ∀ report "step done": the world shows it, whatever the caller was told. grow, register, shrink: a `written` line of that key, not later than
 *    the report; scheduled, ready: as many instances of the role had a node, or were ready, as the step waits for; registered: the registered
 *    counts were the target; gone: no instance of the group was terminating any more.
 *  - ∀ report "step undone": a line that takes that key back, or none was ever written.
 *  - where calls were seen: after a write that was not answered, the next forward write call on the group comes after a read of it.
 */
import type { CallLine, Role, Violation } from './evidence.ts'
import type { RolloutReported } from './records.ts'
import { momentsIn, timelineOf, type Moment } from './timeline.ts'
import { callMs, most, placementOf, placeOf, skewMs, type Entry, type RolloutView, type View } from './view.ts'

export const unknownIsNotDone = (view: View): readonly Violation[] => {
  const timelines = new Map([...view.groups].map(([name, group]) => [name, timelineOf(group)]))
  const ofReports = [...view.rollouts.values()].flatMap((rollout) => rollout.reports.flatMap((report): Violation[] => {
    const detail = unshown({ view, timelines }, rollout, report)
    return detail === null ? [] : [{ invariant: 'S27', service: rollout.service, detail: `${rollout.id}: ${detail}`, at: placeOf(report) }]
  }))
  return [...ofReports, ...Object.entries(view.evidence.calls ?? {}).flatMap(([subCluster, calls]) => blindRetries(subCluster, calls))]
}

type World = { readonly view: View; readonly timelines: ReadonlyMap<string, readonly Moment[]> }

const unshown = ({ view, timelines }: World, rollout: RolloutView, { record }: Entry<RolloutReported>): string | null => {
  if (record.step === null || (record.outcome !== 'step-done' && record.outcome !== 'step-undone')) return null
  const key = `${rollout.id}/${record.step}`
  const until = record.time + skewMs(view)
  if (record.outcome === 'step-undone') {
    const stands = rollout.writes.some(({ line }) => line.key === key && line.time <= until) && !rollout.writes.some(({ line }) => line.undoes === key && line.time <= until)
    return stands ? `${record.step} was reported as undone; nothing took it back` : null
  }
  if (record.step === 'grow' || record.step === 'register' || record.step === 'shrink')
    return rollout.writes.some(({ line }) => line.key === key && line.time <= until) ? null : `${record.step} was reported as done; the change log does not have it`
  return unreached({ view, timelines }, rollout, record)
}

const unreached = ({ view, timelines }: World, { intentId, group }: RolloutView, { step, time }: RolloutReported): string | null => {
  const plan = placementOf(view, { intentId, group })
  const standing = plan === null ? undefined : timelines.get(`${plan.subCluster}/${group}`)
  if (plan === null || standing === undefined || step === null) return null
  const [what, role] = step.split('/') as [string, Role | undefined]
  const peak = most(plan.from, plan.to)
  const window = { fromMs: toldWithin(view, time), toMs: time + skewMs(view) }
  const reached = momentsIn(standing, window).some((moment) => {
    if (what === 'gone') return moment.terminating === 0
    if (what === 'registered') return moment.registered.prefill === plan.to.prefill && moment.registered.decode === plan.to.decode
    if (role === undefined || (what !== 'ready' && what !== 'scheduled')) return true
    return moment[what][role] >= peak[role]
  })
  return reached ? null : `${step} was reported as done; the change log does not show it`
}

/** From when on what a report says may have been seen: a minute before it, and whatever Kafka was away meanwhile, since nothing can be reported then. */
const toldWithin = ({ run, evidence }: View, time: number): number => {
  const patienceMs = callMs(run) + 60_000 * (run.speed ?? 1)
  const outages = evidence.nemesis.filter(({ fault, target, fromMs, toMs }) => fault === 'down' && target === 'kafka' && fromMs <= time && toMs >= time - patienceMs)
  return Math.min(time, ...outages.map(({ fromMs }) => fromMs)) - patienceMs
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
