/** The working state of one request inside a cycle: what is left of the cell, and the groups as drafted so far. */
import type { RoleRequirement } from '../events/decided.ts'
import type { GroupPlacement, PlacementRequest } from '../events/placed.ts'
import type { GroupId } from '../ids.ts'
import { inBand } from '../ratio-band.ts'
import type { Role, RoleCounts } from '../roles.ts'
import { subtractCounts, sumCounts } from '../roles.ts'
import { assert } from '../units.ts'
import { deduct, type Fitted, type Ledger } from './fit.ts'
import { unchanged, type StandingGroup } from './standing.ts'
import type { CellView } from './view.ts'

/** Shared by all requests of a cycle; `free` and `groups` change as placements are made. */
export type Desk = { readonly view: CellView; readonly free: Ledger; readonly groups: Map<GroupId, StandingGroup> }

export type Work = { readonly desk: Desk; readonly request: PlacementRequest; readonly drafts: Map<GroupId, GroupPlacement> }

export const requirementOf = (request: PlacementRequest, role: Role): RoleRequirement => {
  const requirement = request.requirements.find((each) => each.role === role)
  assert(requirement !== undefined, `request ${request.requestId} has no requirement for ${role}`)
  assert(requirement.gpusPerInstance > 0, `request ${request.requestId} asks ${requirement.gpusPerInstance} GPUs per ${role} instance`)
  return requirement
}

export const gpusPerInstanceOf = (request: PlacementRequest): RoleCounts => ({
  prefill: requirementOf(request, 'prefill').gpusPerInstance,
  decode: requirementOf(request, 'decode').gpusPerInstance,
})

/** Groups of the service that this request may change, as drafted so far. */
export const changeableGroups = ({ desk, request, drafts }: Work): readonly GroupPlacement[] => {
  const standing = serviceGroups(desk, request).filter((group) => group.changeable && !request.busyGroups.includes(group.group))
  const gpusPerInstance = gpusPerInstanceOf(request)
  const known = standing.map((group) => drafts.get(group.group) ?? unchanged(group, gpusPerInstance))
  return [...known, ...[...drafts.values()].filter((draft) => draft.isNew)]
}

export const serviceGroups = (desk: Desk, request: PlacementRequest): readonly StandingGroup[] =>
  [...desk.groups.values()].filter((group) => group.service === request.service)

/**
 * Goal − what stands, is promised, or is drafted: what this request still has to add (negative: to remove). A rollout that is open may still
 * be undone, and a stuck one holds what nobody knows: with whatever comes of them, the goal is not passed in either direction.
 */
export const missingCounts = (work: Work): RoleCounts => {
  const goal = subtractCounts(goalOf(work), draftedCounts(work))
  const groups = serviceGroups(work.desk, work.request)
  const missing = (role: Role): number => {
    const most = groups.reduce((sum, { counts, instead }) => sum + Math.max(counts[role], instead?.[role] ?? 0), 0)
    const least = groups.reduce((sum, { counts, instead }) => sum + Math.min(counts[role], instead?.[role] ?? Infinity), 0)
    return Math.max(0, goal[role] - most) + Math.min(0, goal[role] - least)
  }
  return { prefill: missing('prefill'), decode: missing('decode') }
}

/** What would be missing once every open rollout had committed. */
export const missingOfPromised = (work: Work): RoleCounts =>
  subtractCounts(subtractCounts(goalOf(work), draftedCounts(work)), standingCounts(work))

const draftedCounts = ({ drafts }: Work): RoleCounts => sumCounts([...drafts.values()].map((draft) => subtractCounts(draft.to, draft.from)))

/** What stands or is promised before this request. */
export const standingCounts = ({ desk, request }: Work): RoleCounts => sumCounts(serviceGroups(desk, request).map((group) => group.counts))

/**
 * The target, and beyond it what the order did not mean to take: whoever believed that nothing stands, and orders the minimum, must not
 * shrink what does stand to it.
 */
export const goalOf = (work: Work): RoleCounts => {
  const { target, believed } = work.request
  if (believed === null) return target
  const standing = standingCounts(work)
  const least = (role: Role): number => standing[role] - Math.max(0, believed[role] - target[role])
  return { prefill: Math.max(target.prefill, least('prefill')), decode: Math.max(target.decode, least('decode')) }
}

/**
 * A group may end with these counts: in band by itself, so that any subset of the placement's groups may commit, and
 * with both roles or neither, because one without the other serves nobody.
 */
export const isSound = (counts: RoleCounts, request: PlacementRequest): boolean => {
  const { prefill, decode } = counts
  if (prefill < 0 || decode < 0) return false
  if (prefill + decode === 0) return true
  const bothAsked = request.target.prefill > 0 === request.target.decode > 0
  if (bothAsked && prefill > 0 !== decode > 0) return false
  return inBand(counts, request.band)
}

/** Drafts a group's new counts and takes the GPUs of its added instances out of the cycle's ledger. */
export const draft = (work: Work, placement: GroupPlacement, fitted: readonly Fitted[]): void => {
  for (const fit of fitted) deduct(work.desk.free, fit)
  const reserved = [...placement.reserved, ...fitted.flatMap((fit) => fit.reserved)]
  work.drafts.set(placement.group, { ...placement, reserved })
}
