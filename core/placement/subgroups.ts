/**
 * RDMA subgroups: how scarce the hardware below a minipod is (paper 2.5). Low: the whole S2 holds one GPU type.
 * Medium: the S2 is mixed, this S1 is not. High: this S1 itself mixes types, which only the tightest heterogeneous
 * services need, so everybody else is kept off it.
 */
import { domainsAt, nodesOfType, type Domain, type ResourceTree, type TreeNode } from './tree.ts'

export const scarcities = ['low', 'medium', 'high'] as const
export type Scarcity = (typeof scarcities)[number]

/** Scarcity by path of minipod. */
export type ScarcityMap = ReadonlyMap<string, Scarcity>

const isMixed = (domain: Domain | undefined): boolean => (domain?.byGpuType.size ?? 0) > 1

const bigpodOf = (minipod: string): string => minipod.slice(0, minipod.lastIndexOf('/'))

/** Classifies every minipod of the tree. Nodes that cannot be scheduled now still shape their switch. */
export const classifyMinipods = (tree: ResourceTree): ScarcityMap =>
  new Map(
    domainsAt(tree, 's1').map((minipod) => {
      if (isMixed(minipod)) return [minipod.path, 'high']
      return [minipod.path, isMixed(tree.get(bigpodOf(minipod.path))) ? 'medium' : 'low']
    }),
  )

/** 0 low, 1 medium, 2 high. */
export const scarcityRank = (scarcity: ScarcityMap, node: TreeNode): number =>
  scarcities.indexOf(scarcity.get(node.minipod) ?? 'low')

/** The scarcest hardware that instances of these types may stand on inside the domain. */
export const worstRank = (scarcity: ScarcityMap, domain: Domain, gpuTypes: readonly string[]): number =>
  gpuTypes
    .flatMap((type) => nodesOfType(domain, type))
    .reduce((worst, node) => Math.max(worst, scarcityRank(scarcity, node)), 0)

/** The least scarce hardware of this type inside the domain; stops at the first common node. */
export const leastRank = (scarcity: ScarcityMap, domain: Domain, gpuType: string): number => {
  let least = scarcities.length - 1
  for (const node of nodesOfType(domain, gpuType)) {
    if (least === 0) break
    least = Math.min(least, scarcityRank(scarcity, node))
  }
  return least
}
