/** The instances of a service as its sub-clusters last reported them. */
import type { GroupObservation, InstancesObserved } from '../events/observed.ts'
import type { GroupId, SubClusterId } from '../ids.ts'
import { noInstances, sumCounts } from '../roles.ts'
import type { RoleCounts } from '../roles.ts'
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
  const known = views.find((view) => view.subCluster === event.subCluster)
  const others = views.filter((view) => view.subCluster !== event.subCluster)
  const next = merge(known ?? unseen(event.subCluster), event)
  return next === known ? views : [...others, next].sort((a, b) => (a.subCluster < b.subCluster ? -1 : 1))
}

const unseen = (subCluster: SubClusterId): SubClusterView => ({
  subCluster,
  newestAtMs: -1,
  newestComplete: false,
  completeAtMs: null,
  groups: [],
})

const merge = (view: SubClusterView, event: InstancesObserved): SubClusterView => {
  const newest =
    event.observedAt > view.newestAtMs ? { newestAtMs: event.observedAt, newestComplete: event.complete } : {}
  const complete =
    event.complete && event.observedAt > (view.completeAtMs ?? -1)
      ? { completeAtMs: event.observedAt, groups: event.groups.map(groupView).sort(byGroup) }
      : {}
  return { ...view, ...newest, ...complete }
}

const byGroup = (a: GroupView, b: GroupView): number => (a.group < b.group ? -1 : 1)

const groupView = (group: GroupObservation): GroupView => ({
  group: group.group,
  sequence: group.sequence,
  desired: countsOf(group, 'desired'),
  registered: countsOf(group, 'registered'),
})

const countsOf = (group: GroupObservation, field: 'desired' | 'registered'): RoleCounts =>
  group.roles.reduce<RoleCounts>((counts, role) => ({ ...counts, [role.role]: counts[role.role] + role[field] }), noInstances)

/** Forgets sub-clusters that held nothing of the service and fell silent; one that held groups is never forgotten. */
export const dropEmptyViewsBefore = (views: readonly SubClusterView[], before: EpochMs): readonly SubClusterView[] =>
  views.some((view) => isForgettable(view, before)) ? views.filter((view) => !isForgettable(view, before)) : views

const isForgettable = (view: SubClusterView, before: EpochMs): boolean =>
  view.groups.length === 0 && view.newestAtMs <= before

const allGroups = (views: readonly SubClusterView[]): readonly GroupView[] => views.flatMap((view) => view.groups)

export const desiredCounts = (views: readonly SubClusterView[]): RoleCounts =>
  sumCounts(allGroups(views).map((group) => group.desired))

export const registeredCounts = (views: readonly SubClusterView[]): RoleCounts =>
  sumCounts(allGroups(views).map((group) => group.registered))

/** Groups that hold instances, at least 1: each gives the band one instance of slack. */
export const groupCount = (views: readonly SubClusterView[]): number =>
  Math.max(1, allGroups(views).filter((group) => group.desired.prefill + group.desired.decode > 0).length)

/** Highest sequence that any group carries: a later order must be above it. */
export const highestSequence = (views: readonly SubClusterView[]): number =>
  Math.max(0, ...allGroups(views).map((group) => group.sequence))

/** True when every known sub-cluster was read to its end, later than `since`. */
export const isCompleteSince = (views: readonly SubClusterView[], since: EpochMs): boolean =>
  views.length > 0 && views.every((view) => view.newestComplete && view.completeAtMs !== null && view.completeAtMs > since)

/** Age of the oldest complete report; null when a sub-cluster never gave one. */
export const oldestViewAge = (views: readonly SubClusterView[], now: EpochMs): DurationMs | null => {
  if (views.length === 0 || views.some((view) => view.completeAtMs === null)) return null
  return now - Math.min(...views.map((view) => view.completeAtMs as EpochMs))
}
