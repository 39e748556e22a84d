import { describe, expect, it } from 'vitest'
import type { InstancesObserved } from '../../../core/events/observed.ts'
import {
  addInstances,
  desiredCounts,
  dropEmptyViewsBefore,
  groupCount,
  highestSequence,
  isCompleteSince,
  oldestViewAge,
} from '../../../core/signals/instances.ts'
import type { SubClusterView } from '../../../core/signals/instances.ts'

const report = (subCluster: string, observedAt: number, decode: number | null, complete = true): InstancesObserved => ({
  type: 'InstancesObserved', service: 'chat', subCluster, complete, observedAt,
  groups: decode === null ? [] : [
    { group: `${subCluster}-g`, domain: 'd', sequence: decode, roles: [
      { role: 'decode', desired: decode, scheduled: decode, ready: decode, registered: decode, gpuType: 'H20' },
    ] },
  ],
})
const viewsOf = (...reports: readonly InstancesObserved[]): readonly SubClusterView[] => reports.reduce(addInstances, [] as readonly SubClusterView[])

describe('instances of a service', () => {
  it('are those of the newest report of each sub-cluster, whatever the order of arrival', () => {
    const reports = [report('east', 1, 4), report('east', 2, 6), report('west', 1, 3)]
    expect(desiredCounts(viewsOf(...reports))).toEqual({ prefill: 0, decode: 9 })
    expect(viewsOf(...reports.toReversed())).toEqual(viewsOf(...reports))
  })

  it('stay what the last complete report said when a newer one was cut short', () => {
    const views = viewsOf(report('east', 1, 4), report('east', 2, null, false))
    expect(desiredCounts(views).decode).toBe(4)
    expect(isCompleteSince(views, 0)).toBe(false)
    expect(isCompleteSince(addInstances(views, report('east', 3, 5)), 1)).toBe(true)
  })

  it('are as old as the oldest view, and of unknown age while one was never complete', () => {
    expect(oldestViewAge(viewsOf(report('east', 10, 4), report('west', 40, 4)), 100)).toBe(90)
    expect(oldestViewAge(viewsOf(report('east', 10, 4), report('west', 40, 4, false)), 100)).toBeNull()
    expect(oldestViewAge([], 100)).toBeNull()
  })

  it('are forgotten with their sub-cluster only where none were left', () => {
    const views = viewsOf(report('east', 10, 4), report('west', 10, null))
    expect(dropEmptyViewsBefore(views, 50).map(({ subCluster }) => subCluster)).toEqual(['east'])
  })

  it('tell the highest sequence, and how many groups hold any', () => {
    const views = viewsOf(report('east', 1, 4), report('west', 1, 7), report('north', 1, 0))
    expect(highestSequence(views)).toBe(7)
    expect(groupCount(views)).toBe(2)
    expect(groupCount([])).toBe(1)
  })
})
