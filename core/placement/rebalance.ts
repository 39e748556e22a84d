/**
 * One role up, the other down. Both happen inside the same existing group, so that the group stays in band; a new
 * group would need both roles to grow.
 */
import type { GroupPlacement } from '../events/placed.ts'
import { roles, type Role, type RoleCounts } from '../roles.ts'
import { groupCandidates, type Candidate } from './candidates.ts'
import { fitInOrder, type Fitted } from './fit.ts'
import { sortedBy, type SortKey } from './order.ts'
import { proportionalSteps } from './steps.ts'
import { draft, isSound, missingCounts, requirementOf, type Work } from './work.ts'

type Move = { readonly placement: GroupPlacement; readonly fitted: readonly Fitted[]; readonly key: SortKey }

/** True when the request still wants more of one role and less of the other. */
export const isRebalance = (missing: RoleCounts): boolean => missing.prefill * missing.decode < 0

/** Drafts moves in existing groups until no group can go further. */
export const rebalance = (work: Work): void => {
  for (;;) {
    const missing = missingCounts(work)
    if (!isRebalance(missing)) return
    const moves = groupCandidates(work).flatMap((candidate) => moveOf(work, candidate, missing) ?? [])
    const best = sortedBy(moves, (move) => move.key)[0]
    if (best === undefined) return
    draft(work, best.placement, best.fitted)
  }
}

/** At least one instance of the rising role: surplus never leaves before what it makes room for has come. */
const moveOf = (work: Work, candidate: Candidate, missing: RoleCounts): Move | null => {
  const steps = proportionalSteps({ prefill: Math.abs(missing.prefill), decode: Math.abs(missing.decode) })
  const rising: Role = missing.prefill > 0 ? 'prefill' : 'decode'
  const fitted = fitRising(work, candidate, { rising, count: Math.abs(missing[rising]) })
  for (let length = steps.length; length > 0; length--) {
    const added = steps.slice(0, length).filter((role) => role === rising).length
    const to = movedCounts(candidate.placement, rising, { added, removed: length - added })
    if (added === 0 || added > fitted.length || !isSound(to, work.request)) continue
    const rank = fitted.slice(0, added).reduce((worst, fit) => Math.max(worst, fit.rank), 0)
    const key = [rank, -length, candidate.placement.group]
    return { placement: { ...candidate.placement, to }, fitted: fitted.slice(0, added), key }
  }
  return null
}

const fitRising = (work: Work, { placement, domain }: Candidate, { rising, count }: { rising: Role; count: number }): readonly Fitted[] => {
  const gpuType = placement.gpuTypes[rising]
  if (!requirementOf(work.request, rising).gpuTypes.includes(gpuType)) return []
  const asks = Array.from({ length: count }, () => ({ role: rising, gpuType, gpus: placement.gpusPerInstance[rising] }))
  return fitInOrder({ domain, scarcity: work.desk.view.scarcity }, work.desk.free, asks)
}

const movedCounts = ({ to }: GroupPlacement, rising: Role, { added, removed }: { added: number; removed: number }): RoleCounts => {
  const falling = roles.find((role) => role !== rising) ?? rising
  return { ...to, [rising]: to[rising] + added, [falling]: to[falling] - removed }
}
