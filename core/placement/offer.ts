/** What a candidate can take of a wanted change, and how good that would be: the key of DESIGN section 6. */
import { addCounts, type Role, type RoleCounts, roles } from '../roles.ts'
import type { Candidate } from './candidates.ts'
import { fitInOrder, type Fitted, type InstanceAsk } from './fit.ts'
import { compareKeys, sortedBy, type SortKey } from './order.ts'
import { countSteps, sizeOf } from './steps.ts'
import { leastRank } from './subgroups.ts'
import { nodesOfType } from './tree.ts'
import { isSound, requirementOf, type Work } from './work.ts'

/** `steps` in order; `whole`: all of them or none. `missing`: what the request lacks in all, these steps included. */
export type Wish = { readonly steps: readonly Role[]; readonly whole: boolean; readonly missing: RoleCounts }

/** `rank`: the scarcest hardware that it would touch. */
export type Offer = {
  readonly candidate: Candidate
  readonly fitted: readonly Fitted[]
  readonly taken: RoleCounts
  readonly rank: number
  readonly key: SortKey
}

/** Null when the candidate cannot take even one step and end sound. */
export const offerOf = (work: Work, candidate: Candidate, wish: Wish): Offer | null => {
  const asks = asksOf(work, candidate, wish.steps)
  if (asks === null) return null
  const ground = { domain: candidate.domain, scarcity: work.desk.view.scarcity }
  const fitted = fitInOrder(ground, work.desk.free, asks)
  const taken = longestSound(work, candidate, { ...wish, steps: wish.steps.slice(0, fitted.length) })
  if (taken === 0 || (wish.whole && taken < wish.steps.length)) return null
  const kept = fitted.slice(0, taken)
  const rank = kept.reduce((worst, fit) => Math.max(worst, fit.rank), 0)
  return { candidate, fitted: kept, taken: countSteps(wish.steps, taken), rank, key: keyOf(work, candidate, { wish, rank }) }
}

/** The best offer of all candidates, or null. Candidates that cannot be better at best are not fitted. */
export const bestOffer = (work: Work, candidates: readonly Candidate[], wish: Wish): Offer | null => {
  const hopes = candidates.map((candidate) => ({ candidate, hope: hopeOf(work, candidate, wish) }))
  let best: Offer | null = null
  for (const { candidate, hope } of sortedBy(hopes, (each) => each.hope)) {
    if (best !== null && compareKeys(hope, best.key) > 0) break
    const offer = offerOf(work, candidate, wish)
    if (offer !== null && (best === null || compareKeys(offer.key, best.key) < 0)) best = offer
  }
  return best
}

/** Null when a group's GPU type cannot serve the role any more: then the group does not grow in it. */
const asksOf = ({ request }: Work, { placement }: Candidate, steps: readonly Role[]): readonly InstanceAsk[] | null => {
  const kinds = new Map(roles.map((role) => [role, { role, gpuType: placement.gpuTypes[role], gpus: placement.gpusPerInstance[role] }]))
  const asks = steps.flatMap((role) => kinds.get(role) ?? [])
  return asks.every((ask) => requirementOf(request, ask.role).gpuTypes.includes(ask.gpuType)) ? asks : null
}

const longestSound = ({ request }: Work, { placement }: Candidate, { steps }: Wish): number => {
  for (let length = steps.length; length > 0; length--) {
    if (isSound(addCounts(placement.to, countSteps(steps, length)), request)) return length
  }
  return 0
}

/**
 * Smallest first: scarcest hardware touched; distance from the preferred GPU types; new group; GPUs that this domain
 * could not give of all that is missing; GPUs it would have left over. Then names, so that equal offers have an order.
 */
const keyOf = (work: Work, candidate: Candidate, { wish, rank }: { wish: Wish; rank: number }): SortKey => {
  const { domain, group, gpuTypes } = candidate.placement
  const types = [...new Set(wish.steps.map((role) => gpuTypes[role]))]
  const spare = types.map((type) => spareGpus(work, candidate, { type, missing: wish.missing }))
  const short = spare.reduce((sum, gpus) => sum + Math.max(0, -gpus), 0)
  const leftOver = spare.reduce((sum, gpus) => sum + Math.max(0, gpus), 0)
  return [rank, ...preferenceOf(work, candidate, wish), short, leftOver, domain, group, gpuTypes.prefill, gpuTypes.decode]
}

/** The beginning of the key if every instance got the least scarce node of its type: no offer can be better. */
const hopeOf = (work: Work, candidate: Candidate, wish: Wish): SortKey => {
  const types = [...new Set(wish.steps.map((role) => candidate.placement.gpuTypes[role]))]
  const ranks = types.map((type) => leastRank(work.desk.view.scarcity, candidate.domain, type))
  return [Math.max(0, ...ranks), ...preferenceOf(work, candidate, wish)]
}

/** What a candidate's key says before anything is fitted: distance from the preferred types, and whether it opens a group. */
const preferenceOf = ({ request }: Work, { placement }: Candidate, { steps }: Wish): readonly [misses: number, opens: number] => {
  const asked = roles.filter((role) => steps.includes(role))
  const misses = asked.reduce((sum, role) => sum + requirementOf(request, role).gpuTypes.indexOf(placement.gpuTypes[role]), 0)
  return [misses, placement.isNew && sizeOf(placement.to) === 0 ? 1 : 0]
}

/** Free GPUs of a type after all that is missing would stand here; negative when there are too few. */
const spareGpus = (work: Work, { placement, domain }: Candidate, { type, missing }: { type: string; missing: RoleCounts }): number => {
  const free = nodesOfType(domain, type).reduce((sum, node) => sum + (work.desk.free.get(node.key) ?? 0), 0)
  const needed = roles
    .filter((role) => placement.gpuTypes[role] === type)
    .reduce((sum, role) => sum + Math.max(0, missing[role]) * placement.gpusPerInstance[role], 0)
  return free - needed
}
