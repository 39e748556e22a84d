/**
 * The topological resource tree: VDC → physical cluster → sub-cluster → bigpod (S2 switch) → minipod (S1 switch) →
 * node. A domain is named by its path from the VDC downwards, such as `vdc-0/cluster-0/sub-0/s2-0/s1-0`.
 */
import type { Affinity } from '../events/decided.ts'
import type { NodeObservation } from '../events/observed.ts'
import { groupBy } from '../group-by.ts'
import type { SubClusterId } from '../ids.ts'
import { sortedBy } from './order.ts'

/** Levels from the root downwards; a level's depth is the number of segments in its paths. */
export const levels = ['vdc', 'cluster', 'subCluster', 's2', 's1'] as const
export type Level = (typeof levels)[number]

/** `key` is unique in the cell: two sub-clusters may use one node name. */
export type TreeNode = NodeObservation & { readonly key: string; readonly minipod: string }

/** Everything below one switch (or cluster, or VDC), nodes in order of their keys. */
export type Domain = {
  readonly path: string
  readonly level: Level
  readonly nodes: readonly TreeNode[]
  readonly byGpuType: ReadonlyMap<string, readonly TreeNode[]>
}

export type ResourceTree = ReadonlyMap<string, Domain>

export const nodeKey = (subCluster: SubClusterId, node: string): string => `${subCluster}/${node}`

/** Of the node's domains, from the VDC downwards. */
const pathsOf = ({ vdc, cluster, subCluster, s2, s1 }: NodeObservation): readonly string[] => {
  const inCluster = `${vdc}/${cluster}`
  const inSubCluster = `${inCluster}/${subCluster}`
  const inBigpod = `${inSubCluster}/${s2}`
  return [vdc, inCluster, inSubCluster, inBigpod, `${inBigpod}/${s1}`]
}

/** Builds the tree from nodes in any order; equal nodes give an equal tree. */
export const buildTree = (observed: readonly NodeObservation[]): ResourceTree => {
  const domains = new Map<string, { path: string; level: Level; nodes: TreeNode[] }>()
  for (const node of sortedBy(observed, (each) => [nodeKey(each.subCluster, each.node)])) {
    const paths = pathsOf(node)
    const treeNode = { ...node, key: nodeKey(node.subCluster, node.node), minipod: paths.at(-1) as string }
    paths.forEach((path, depth) => {
      const domain = domains.get(path)
      if (domain === undefined) domains.set(path, { path, level: levels[depth] as Level, nodes: [treeNode] })
      else domain.nodes.push(treeNode)
    })
  }
  return new Map([...domains].map(([path, domain]) => [path, { ...domain, byGpuType: groupBy(domain.nodes, (node) => node.gpuType) }]))
}

/** A domain that no inventory shows (any more): nothing can be placed there. */
export const emptyDomain = (path: string): Domain => ({ path, level: 'subCluster', nodes: [], byGpuType: new Map() })

/** Nodes of the domain that carry this GPU type. */
export const nodesOfType = (domain: Domain, gpuType: string): readonly TreeNode[] => domain.byGpuType.get(gpuType) ?? []

/** Domains of one level in order of their paths. */
export const domainsAt = (tree: ResourceTree, level: Level): readonly Domain[] =>
  sortedBy([...tree.values()].filter((domain) => domain.level === level), (domain) => [domain.path])

/**
 * The level whose domain a group must not leave. `cluster` is the sub-cluster: a group is one object of one API
 * server, whatever the network would allow.
 */
export const levelOfAffinity = (affinity: Affinity): Level => (affinity === 'cluster' ? 'subCluster' : affinity)

/** True when everything below `path` also lies below one domain of `level`. */
export const isWithin = (path: string, level: Level): boolean => path.split('/').length > levels.indexOf(level)
