/** The instances of a service as its sub-clusters last reported them. */
import type { GroupObservation, InstancesObserved } from '../events/observed.ts'
import type { GroupId, SubClusterId } from '../ids.ts'
import { sameCounts } from '../roles.ts'
import type { Role, RoleCounts } from '../roles.ts'
import type { DurationMs, EpochMs } from '../units.ts'

export type GroupView = {
  readonly group: GroupId
  readonly sequence: number
  readonly desired: RoleCounts
  readonly registered: RoleCounts
}

/** `groups` are those of the newest complete report; an incomplete one says nothing about what it leaves out. */
export type SubClusterView = {
  readonly subCluster: SubClusterId
  readonly newestAtMs: EpochMs
  readonly newestComplete: boolean
  /** Null before the first complete report. */
  readonly completeAtMs: EpochMs | null
  readonly groups: readonly GroupView[]
}

/** Folds a report; the newest `observedAt` wins whatever the order of arrival. Sorted by sub-cluster. */
export const addInstances = (views: readonly SubClusterView[], event: InstancesObserved): readonly SubClusterView[] => {
  const index = views.findIndex((view) => view.subCluster === event.subCluster)
  const known = views[index]
  if (known !== undefined) return views.with(index, merge(known, event))
  return [...views, merge(unseen(event.subCluster), event)].sort((a, b) => (a.subCluster < b.subCluster ? -1 : 1))
}

const unseen = (subCluster: SubClusterId): SubClusterView => ({
  subCluster,
  newestAtMs: -1,
  newestComplete: false,
  completeAtMs: null,
  groups: [],
})

const merge = (view: SubClusterView, event: InstancesObserved): SubClusterView => {
  const isNewest = event.observedAt > view.newestAtMs
  const isNewestComplete = event.complete && event.observedAt > (view.completeAtMs ?? -1)
  return {
    subCluster: view.subCluster,
    newestAtMs: isNewest ? event.observedAt : view.newestAtMs,
    newestComplete: isNewest ? event.complete : view.newestComplete,
    completeAtMs: isNewestComplete ? event.observedAt : view.completeAtMs,
    groups: isNewestComplete ? orSame(view.groups, groupViews(event.groups)) : view.groups,
  }
}

/** The ones that are known, when nothing changed: what is kept for long and replaced all the time is dear to collect. */
const orSame = (known: readonly GroupView[], seen: readonly GroupView[]): readonly GroupView[] => (areSameGroups(known, seen) ? known : seen)

const groupViews = (groups: readonly GroupObservation[]): readonly GroupView[] =>
  groups.map(groupView).sort((a, b) => (a.group < b.group ? -1 : 1))

const groupView = ({ group, sequence, roles }: GroupObservation): GroupView => ({
  group,
  sequence,
  desired: { prefill: countOf(roles, 'prefill', 'desired'), decode: countOf(roles, 'decode', 'desired') },
  registered: { prefill: countOf(roles, 'prefill', 'registered'), decode: countOf(roles, 'decode', 'registered') },
})

const countOf = (observed: GroupObservation['roles'], role: Role, field: 'desired' | 'registered'): number => {
  let count = 0
  for (const one of observed) if (one.role === role) count += one[field]
  return count
}

/** True when both say the same of which groups there are, how large, and by which order; when it was seen does not matter. */
export const sameInstances = (a: readonly SubClusterView[], b: readonly SubClusterView[]): boolean =>
  a.length === b.length && a.every((view, index) => isSameView(view, b[index] as SubClusterView))

const isSameView = (a: SubClusterView, b: SubClusterView): boolean =>
  a.subCluster === b.subCluster &&
  a.newestComplete === b.newestComplete &&
  (a.completeAtMs === null) === (b.completeAtMs === null) &&
  areSameGroups(a.groups, b.groups)

const areSameGroups = (a: readonly GroupView[], b: readonly GroupView[]): boolean =>
  a === b || (a.length === b.length && a.every((group, index) => isSameGroup(group, b[index] as GroupView)))

const isSameGroup = (a: GroupView, b: GroupView): boolean =>
  a.group === b.group && a.sequence === b.sequence && sameCounts(a.desired, b.desired) && sameCounts(a.registered, b.registered)

/** Forgets sub-clusters that held nothing of the service and fell silent; one that held groups is never forgotten. */
export const dropEmptyViewsBefore = (views: readonly SubClusterView[], before: EpochMs): readonly SubClusterView[] =>
  views.some((view) => isForgettable(view, before)) ? views.filter((view) => !isForgettable(view, before)) : views

const isForgettable = (view: SubClusterView, before: EpochMs): boolean =>
  view.groups.length === 0 && view.newestAtMs <= before

export const desiredCounts = (views: readonly SubClusterView[]): RoleCounts => sumOver(views, 'desired')

export const registeredCounts = (views: readonly SubClusterView[]): RoleCounts => sumOver(views, 'registered')

const sumOver = (views: readonly SubClusterView[], field: 'desired' | 'registered'): RoleCounts => {
  let prefill = 0
  let decode = 0
  for (const { groups } of views)
    for (const group of groups) {
      prefill += group[field].prefill
      decode += group[field].decode
    }
  return { prefill, decode }
}

/** Groups that hold instances, at least 1: each gives the band one instance of slack. */
export const groupCount = (views: readonly SubClusterView[]): number => {
  let count = 0
  for (const { groups } of views) for (const { desired } of groups) if (desired.prefill + desired.decode > 0) count++
  return Math.max(1, count)
}

/** Highest sequence that any group carries: a later order must be above it. */
export const highestSequence = (views: readonly SubClusterView[]): number =>
  views.reduce((highest, { groups }) => groups.reduce((most, { sequence }) => Math.max(most, sequence), highest), 0)

/** True when every known sub-cluster was read to its end, later than `since`. */
export const isCompleteSince = (views: readonly SubClusterView[], since: EpochMs): boolean =>
  views.length > 0 && views.every((view) => view.newestComplete && view.completeAtMs !== null && view.completeAtMs > since)

/** Age of the oldest complete report; null when a sub-cluster never gave one. */
export const oldestViewAge = (views: readonly SubClusterView[], now: EpochMs): DurationMs | null => {
  if (views.length === 0 || views.some((view) => view.completeAtMs === null)) return null
  return now - Math.min(...views.map((view) => view.completeAtMs as EpochMs))
}
