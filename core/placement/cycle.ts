/** One scheduling cycle of a cell (paper, Algorithm 4): requests in, placements out, nothing else touched. */
import type { GroupPlacement, NodeReservation, PlacementAnswer, PlacementRequest } from '../events/placed.ts'
import { sameCounts } from '../roles.ts'
import { assert, type EpochMs } from '../units.ts'
import { grow } from './grow.ts'
import { sortedBy } from './order.ts'
import { isRebalance, rebalance } from './rebalance.ts'
import { expiredRefusal, refusalOf } from './refusal.ts'
import { shrink } from './shrink.ts'
import type { CellView } from './view.ts'
import { missingCounts, type Desk, type Work } from './work.ts'

/**
 * Answers every request, higher priority first, then older, then by id. Capacity is deducted as it is promised, and
 * what shrinking groups free is not promised again before the next cycle. An answer may place a part: its groups are
 * in band each by itself, so they may be rolled out, and `refusal` says with numbers what is missing.
 */
export const runCycle = (view: CellView, requests: readonly PlacementRequest[], now: EpochMs): readonly PlacementAnswer[] => {
  assert(new Set(requests.map((request) => request.requestId)).size === requests.length, 'a cycle got one request twice')
  const groups = sortedBy(view.groups, (group) => [group.group])
  const desk: Desk = { view, free: new Map(view.free), groups: new Map(groups.map((group) => [group.group, group])) }
  return inTurn(requests).map((request) => answerOf(desk, request, now))
}

const inTurn = (requests: readonly PlacementRequest[]): readonly PlacementRequest[] =>
  sortedBy(requests, (request) => [-request.priority, request.requestedAt, request.requestId])

const answerOf = (desk: Desk, request: PlacementRequest, now: EpochMs): PlacementAnswer => {
  const { requestId, service } = request
  if (now > request.expiresAt) return { requestId, service, groups: [], refusal: expiredRefusal(request, now) }
  const work: Work = { desk, request, drafts: new Map() }
  place(work)
  const refusal = refusalOf(work)
  const drafts = sortedBy([...work.drafts.values()], (each) => [each.group])
  settle(desk, work, drafts)
  return { requestId, service, groups: drafts.filter(isChange).map(withMergedReservations), refusal }
}

/** A rebalance that found no room for the rising role ends here: its surplus stays until the other role is there. */
const place = (work: Work): void => {
  if (isRebalance(missingCounts(work))) rebalance(work)
  const missing = missingCounts(work)
  if (isRebalance(missing)) return
  if (missing.prefill > 0 || missing.decode > 0) return grow(work)
  shrink(work)
}

/** Later requests of the same cycle see the groups as drafted, and leave them alone. */
const settle = (desk: Desk, { request }: Work, drafts: readonly GroupPlacement[]): void => {
  for (const draft of drafts) {
    const { group, subCluster, domain, uid, resourceVersion, gpuTypes, to: counts } = draft
    const standing = { group, service: request.service, subCluster, domain, uid, resourceVersion, counts, instead: draft.from, gpuTypes }
    desk.groups.set(group, { ...standing, changeable: false })
  }
}

const isChange = (placement: GroupPlacement): boolean => !sameCounts(placement.from, placement.to)

/** One entry per node and role. */
const withMergedReservations = (placement: GroupPlacement): GroupPlacement => {
  const merged = new Map<string, NodeReservation>()
  for (const each of placement.reserved) {
    const key = `${each.role}/${each.node}`
    merged.set(key, { ...each, gpus: each.gpus + (merged.get(key)?.gpus ?? 0) })
  }
  return { ...placement, reserved: sortedBy([...merged.values()], ({ node, role }) => [node, role]) }
}
