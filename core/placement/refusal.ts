/** Why a request was not, or not wholly, placed: a sentence with the numbers that an operator would ask for. */
import type { PlacementRequest } from '../events/placed.ts'
import type { Role, RoleCounts } from '../roles.ts'
import { roles, sameCounts, showCounts } from '../roles.ts'
import type { EpochMs } from '../units.ts'
import { sortedBy } from './order.ts'
import { sizeOf } from './steps.ts'
import { domainsAt, levelOfAffinity, nodesOfType, type Domain } from './tree.ts'
import { goalOf, missingCounts, missingOfPromised, requirementOf, serviceGroups, standingCounts, type Work } from './work.ts'

export const expiredRefusal = (request: PlacementRequest, now: EpochMs): string =>
  `EXPIRED: the request had to be placed by ${request.expiresAt} and the cycle ran at ${now}; nothing was reserved`

/** Null when nothing is missing and nothing is left to remove. */
export const refusalOf = (work: Work): string | null => {
  const missing = missingCounts(work)
  const toAdd = { prefill: Math.max(0, missing.prefill), decode: Math.max(0, missing.decode) }
  const toRemove = { prefill: Math.max(0, -missing.prefill), decode: Math.max(0, -missing.decode) }
  const target = showCounts(work.request.target)
  const reasons = [
    ...(sizeOf(toAdd) > 0 ? [`NO_CAPACITY: ${showCounts(toAdd)} of ${target} not placed; ${shortage(work, toAdd)}`] : []),
    ...unforeseen(work),
    ...underWay(work, missing),
    ...(sizeOf(toRemove) > 0 ? [`NOT_REMOVABLE: ${showCounts(toRemove)} could not be removed; ${obstacle(work)}`] : []),
  ]
  return reasons.length === 0 ? null : reasons.join('; ')
}

/** More stands than whoever ordered knew of: the order ends as partial, and its decider looks again. */
const unforeseen = (work: Work): readonly string[] => {
  const { target, believed } = work.request
  const goal = goalOf(work)
  if (believed === null || sameCounts(goal, target)) return []
  return [`MORE_STANDS: ${showCounts(standingCounts(work))} stand where the order expected ${showCounts(believed)}; ${showCounts(target)} was ordered, and down to ${showCounts(goal)} may be removed`]
}

/** Part of the target rests until it is known what becomes of rollouts that are open or stuck. */
const underWay = (work: Work, missing: RoleCounts): readonly string[] => {
  const promised = missingOfPromised(work)
  if (sameCounts(promised, missing)) return []
  return [`UNDER_WAY: ${showCounts(promised)} of ${showCounts(work.request.target)} rest; rollouts that are open or stuck may still leave more or less than they were promised`]
}

const levelNames = { s1: 'S1 domain', s2: 'S2 domain', cluster: 'sub-cluster' } as const

const shortage = ({ desk, request }: Work, missing: RoleCounts): string => {
  const level = levelNames[request.affinity]
  const domains = domainsAt(desk.view.tree, levelOfAffinity(request.affinity))
  const asked = roles.filter((role) => missing[role] > 0)
  const gpusOf = (role: Role): number => missing[role] * requirementOf(request, role).gpusPerInstance
  const need = asked.map((role) => `${gpusOf(role)} more ${typesOf(request, role)} for ${role}`)
  const needs = `needs ${need.join(' and ')} in one ${level}`
  if (domains.length === 0) return `${needs}; the cell has no inventory yet`
  const largest = asked.map((role) => largestFree(domains, role, { desk, request }))
  return `${needs}; largest free is ${largest.join(' and ')}; ${outdatedNote(desk.view.outdated)}${groupsNote(request)}`
}

const typesOf = (request: PlacementRequest, role: Role): string => requirementOf(request, role).gpuTypes.join(' or ')

const largestFree = (domains: readonly Domain[], role: Role, { desk, request }: Pick<Work, 'desk' | 'request'>): string => {
  const { gpuTypes } = requirementOf(request, role)
  const options = domains.flatMap((domain) =>
    gpuTypes.map((type) => ({ path: domain.path, type, gpus: freeGpus(domain, type, desk.free) })),
  )
  const most = sortedBy(options, ({ gpus, path, type }) => [-gpus, path, type])[0]
  return most === undefined ? `0 ${typesOf(request, role)}` : `${most.gpus} ${most.type} in ${most.path}`
}

const freeGpus = (domain: Domain, type: string, free: ReadonlyMap<string, number>): number =>
  nodesOfType(domain, type).reduce((sum, node) => sum + (free.get(node.key) ?? 0), 0)

const outdatedNote = (outdated: readonly string[]): string =>
  outdated.length === 0 ? '' : `nothing is taken as free in ${outdated.join(', ')}, whose inventory is too old; `

const groupsNote = ({ band, busyGroups }: PlacementRequest): string =>
  `each group must keep P/D in ${band.lo} to ${band.hi} with one instance of slack, and ${busyGroups.length} groups are busy`

const obstacle = ({ desk, request }: Work): string => {
  const groups = serviceGroups(desk, request)
  const busy = groups.filter((group) => !group.changeable || request.busyGroups.includes(group.group))
  const rule = `both roles and P/D in ${request.band.lo} to ${request.band.hi}`
  return `${busy.length} of ${groups.length} groups are under a rollout, and each of the others must keep ${rule}`
}
