/** Where a scale-out may go: groups of the service that exist, and new groups in domains of the affinity's level. */
import type { GroupPlacement, PlacementRequest } from '../events/placed.ts'
import type { GroupId } from '../ids.ts'
import { noInstances, type Role } from '../roles.ts'
import { domainsAt, emptyDomain, isWithin, levelOfAffinity, type Domain } from './tree.ts'
import { changeableGroups, gpusPerInstanceOf, requirementOf, type Work } from './work.ts'

export type Candidate = { readonly placement: GroupPlacement; readonly domain: Domain }

export const growthCandidates = (work: Work): readonly Candidate[] => [...groupCandidates(work), ...openings(work)]

/** Existing groups, and those opened earlier for this request, whose domain is at least as tight as the affinity. */
export const groupCandidates = (work: Work): readonly Candidate[] => {
  const level = levelOfAffinity(work.request.affinity)
  return changeableGroups(work)
    .filter((placement) => isWithin(placement.domain, level))
    .map((placement) => ({ placement, domain: work.desk.view.tree.get(placement.domain) ?? emptyDomain(placement.domain) }))
}

/** One candidate per domain and combination of GPU types that can serve the roles there. */
const openings = (work: Work): readonly Candidate[] => {
  const { request, desk } = work
  const group = nextGroupId(work)
  return domainsAt(desk.view.tree, levelOfAffinity(request.affinity)).flatMap((domain) =>
    typeChoices(request, domain).map((gpuTypes) => ({ placement: opening(request, { group, domain, gpuTypes }), domain })),
  )
}

/** `<service>-<sequence>-<index>`: sequences of a service never repeat, so neither do ids of its groups. */
const nextGroupId = ({ desk, request, drafts }: Work): GroupId => {
  const idOf = (index: number): GroupId => `${request.service}-${request.sequence}-${index}`
  let index = 0
  while (drafts.has(idOf(index)) || desk.groups.has(idOf(index))) index++
  return idOf(index)
}

type GpuTypes = { readonly [role in Role]: string }

const typeChoices = (request: PlacementRequest, domain: Domain): readonly GpuTypes[] => {
  const typesFor = (role: Role): readonly string[] => requirementOf(request, role).gpuTypes.filter((type) => domain.byGpuType.has(type))
  return typesFor('prefill').flatMap((prefill) => typesFor('decode').map((decode) => ({ prefill, decode })))
}

type Opening = { readonly group: GroupId; readonly domain: Domain; readonly gpuTypes: GpuTypes }

const opening = (request: PlacementRequest, { group, domain, gpuTypes }: Opening): GroupPlacement => ({
  group,
  isNew: true,
  subCluster: domain.nodes[0]?.subCluster ?? '',
  domain: domain.path,
  uid: '',
  resourceVersion: '',
  from: noInstances,
  to: noInstances,
  gpuTypes,
  gpusPerInstance: gpusPerInstanceOf(request),
  reserved: [],
})
