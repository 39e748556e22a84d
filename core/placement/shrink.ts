/** Scale-in of one request: groups on the scarcest hardware give first, and what they free rests until the next cycle. */
import type { GroupPlacement } from '../events/placed.ts'
import { roles, subtractCounts, type RoleCounts } from '../roles.ts'
import { sortedBy, type SortKey } from './order.ts'
import { countSteps, proportionalSteps, sizeOf } from './steps.ts'
import { worstRank } from './subgroups.ts'
import { emptyDomain } from './tree.ts'
import { changeableGroups, draft, isSound, missingCounts, requirementOf, type Work } from './work.ts'

/** Drafts shrinkage towards the target; a group that comes to 0P+0D is closed. */
export const shrink = (work: Work): void => {
  while (shrinkOnce(work)) continue
}

/** One pass over the groups; a group that could give nothing may be able to after another changed what is missing. */
const shrinkOnce = (work: Work): boolean => {
  let moved = false
  for (const group of sortedBy(changeableGroups(work), (each) => shrinkKey(work, each))) {
    const removed = removable(work, group)
    if (sizeOf(removed) === 0) continue
    draft(work, { ...group, to: subtractCounts(group.to, removed) }, [])
    moved = true
  }
  return moved
}

/** Smallest first: scarcest hardware, worst GPU types, fewest instances (closing a group frees its domain), newest. */
const shrinkKey = ({ desk, request }: Work, group: GroupPlacement): SortKey => {
  const domain = desk.view.tree.get(group.domain) ?? emptyDomain(group.domain)
  const rank = worstRank(desk.view.scarcity, domain, Object.values(group.gpuTypes))
  const misses = roles.reduce((sum, role) => sum + missesOf(requirementOf(request, role).gpuTypes, group.gpuTypes[role]), 0)
  return [-rank, -misses, sizeOf(group.to), group.group]
}

const missesOf = (preferred: readonly string[], type: string): number =>
  preferred.includes(type) ? preferred.indexOf(type) : preferred.length

const removable = (work: Work, group: GroupPlacement): RoleCounts => {
  const missing = missingCounts(work)
  const steps = proportionalSteps({
    prefill: Math.min(Math.max(0, -missing.prefill), group.to.prefill),
    decode: Math.min(Math.max(0, -missing.decode), group.to.decode),
  })
  for (let length = steps.length; length > 0; length--) {
    const removed = countSteps(steps, length)
    if (isSound(subtractCounts(group.to, removed), work.request)) return removed
  }
  return { prefill: 0, decode: 0 }
}
