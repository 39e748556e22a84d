/** What a candidate can take of a wanted change, and how good that would be: the key of DESIGN section 6. */
import { addCounts, type Role, type RoleCounts, roles } from '../roles.ts'
import type { Candidate } from './candidates.ts'
import { fitInOrder, type Fitted, type InstanceAsk } from './fit.ts'
import { sortedBy, type SortKey } from './order.ts'
import { countSteps, sizeOf } from './steps.ts'
import { isSound, requirementOf, type Work } from './work.ts'

/** `steps` in order; `whole`: all of them or none. `missing`: what the request lacks in all, these steps included. */
export type Wish = { readonly steps: readonly Role[]; readonly whole: boolean; readonly missing: RoleCounts }

export type Offer = { readonly candidate: Candidate; readonly fitted: readonly Fitted[]; readonly taken: RoleCounts; readonly key: SortKey }

/** Null when the candidate cannot take even one step and end sound. */
export const offerOf = (work: Work, candidate: Candidate, wish: Wish): Offer | null => {
  const asks = asksOf(work, candidate, wish.steps)
  if (asks === null) return null
  const ground = { nodes: candidate.nodes, scarcity: work.desk.view.scarcity }
  const fitted = fitInOrder(ground, work.desk.free, asks)
  const taken = longestSound(work, candidate, { ...wish, steps: wish.steps.slice(0, fitted.length) })
  if (taken === 0 || (wish.whole && taken < wish.steps.length)) return null
  const kept = fitted.slice(0, taken)
  return { candidate, fitted: kept, taken: countSteps(wish.steps, taken), key: keyOf(work, candidate, { wish, fitted: kept }) }
}

/** The best offer of all candidates, or null. */
export const bestOffer = (work: Work, candidates: readonly Candidate[], wish: Wish): Offer | null =>
  sortedBy(candidates.flatMap((candidate) => offerOf(work, candidate, wish) ?? []), (offer) => offer.key)[0] ?? null

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
const keyOf = (work: Work, { placement, nodes }: Candidate, { wish, fitted }: { wish: Wish; fitted: readonly Fitted[] }): SortKey => {
  const rank = fitted.reduce((worst, fit) => Math.max(worst, fit.rank), 0)
  const asked = roles.filter((role) => wish.steps.includes(role))
  const misses = asked.reduce((sum, role) => sum + requirementOf(work.request, role).gpuTypes.indexOf(placement.gpuTypes[role]), 0)
  const spare = asked
    .filter((role, index) => asked.findIndex((other) => placement.gpuTypes[other] === placement.gpuTypes[role]) === index)
    .map((role) => spareGpus(work, { placement, nodes }, { type: placement.gpuTypes[role], missing: wish.missing }))
  const short = spare.reduce((sum, gpus) => sum + Math.max(0, -gpus), 0)
  const leftOver = spare.reduce((sum, gpus) => sum + Math.max(0, gpus), 0)
  const opens = placement.isNew && sizeOf(placement.to) === 0 ? 1 : 0
  const name = [placement.domain, placement.group, placement.gpuTypes.prefill, placement.gpuTypes.decode]
  return [rank, misses, opens, short, leftOver, ...name]
}

/** Free GPUs of a type after all that is missing would stand here; negative when there are too few. */
const spareGpus = (work: Work, { placement, nodes }: Candidate, { type, missing }: { type: string; missing: RoleCounts }): number => {
  const free = nodes.reduce((sum, node) => sum + (node.gpuType === type ? (work.desk.free.get(node.key) ?? 0) : 0), 0)
  const needed = roles
    .filter((role) => placement.gpuTypes[role] === type)
    .reduce((sum, role) => sum + Math.max(0, missing[role]) * placement.gpusPerInstance[role], 0)
  return free - needed
}
