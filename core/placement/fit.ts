/** Fits instances onto nodes, one after another: least scarce hardware first, then the node that is left fullest. */
import type { NodeReservation } from '../events/placed.ts'
import type { Role } from '../roles.ts'
import { sortedBy } from './order.ts'
import { scarcityRank, type ScarcityMap } from './subgroups.ts'
import { nodesOfType, type Domain, type TreeNode } from './tree.ts'

/** GPUs per node key that this cycle may still promise; a cycle writes to it as it goes (virtual allocation). */
export type Ledger = Map<string, number>

/** One instance to place. */
export type InstanceAsk = { readonly role: Role; readonly gpuType: string; readonly gpus: number }

/** Where one instance fits. `rank` is the scarcest hardware that it takes. */
export type Fitted = { readonly keys: readonly string[]; readonly reserved: readonly NodeReservation[]; readonly rank: number }

export type Ground = { readonly domain: Domain; readonly scarcity: ScarcityMap }

/** GPUs left on a node during one trial. */
type Left = (node: TreeNode) => number

/** Fits as many of `asks` as possible in their order and stops at the first that finds no room. */
export const fitInOrder = (ground: Ground, free: ReadonlyMap<string, number>, asks: readonly InstanceAsk[]): readonly Fitted[] => {
  const taken: Ledger = new Map()
  const left: Left = ({ key }) => (free.get(key) ?? 0) + (taken.get(key) ?? 0)
  const fitted: Fitted[] = []
  for (const ask of asks) {
    const fit = fitInstance(ground, left, ask)
    if (fit === null) break
    deduct(taken, fit)
    fitted.push(fit)
  }
  return fitted
}

/** Takes what was fitted out of the ledger. */
export const deduct = (ledger: Ledger, { keys, reserved }: Fitted): void => {
  for (const [index, key] of keys.entries()) ledger.set(key, (ledger.get(key) ?? 0) - (reserved[index]?.gpus ?? 0))
}

const fitInstance = (ground: Ground, left: Left, ask: InstanceAsk): Fitted | null => {
  const nodes = nodesOfType(ground.domain, ask.gpuType)
  const largest = nodes.reduce((most, node) => Math.max(most, node.gpus), 0)
  const trial = { nodes, scarcity: ground.scarcity, left }
  return ask.gpus <= largest ? fitOnOneNode(trial, ask) : fitOnWholeNodes(trial, ask)
}

type Trial = { readonly nodes: readonly TreeNode[]; readonly scarcity: ScarcityMap; readonly left: Left }

const fitOnOneNode = ({ nodes, scarcity, left }: Trial, ask: InstanceAsk): Fitted | null => {
  let best: { node: TreeNode; rank: number; spare: number } | null = null
  for (const node of nodes) {
    const spare = left(node) - ask.gpus
    if (spare < 0) continue
    const rank = scarcityRank(scarcity, node)
    if (best === null || rank < best.rank || (rank === best.rank && spare < best.spare)) best = { node, rank, spare }
  }
  return best && { keys: [best.node.key], reserved: [reservation(best.node, ask, ask.gpus)], rank: best.rank }
}

/** An instance larger than a node takes whole nodes under one S1 switch: its shards talk to each other all the time. */
const fitOnWholeNodes = ({ nodes, scarcity, left }: Trial, ask: InstanceAsk): Fitted | null => {
  const empty = nodes.filter((node) => node.gpus > 0 && left(node) === node.gpus)
  const minipods = [...new Set(empty.map((node) => node.minipod))].map((minipod) => empty.filter((node) => node.minipod === minipod))
  const fits = minipods.flatMap((below) => wholeNodes(below, ask, scarcity) ?? [])
  return sortedBy(fits, (fit) => [fit.rank, ...fit.keys])[0] ?? null
}

const wholeNodes = (nodes: readonly TreeNode[], ask: InstanceAsk, scarcity: ScarcityMap): Fitted | null => {
  let missing = ask.gpus
  const taken: TreeNode[] = []
  for (const node of nodes) {
    if (missing <= 0) break
    taken.push(node)
    missing -= node.gpus
  }
  if (missing > 0) return null
  const rank = taken.reduce((worst, node) => Math.max(worst, scarcityRank(scarcity, node)), 0)
  return { keys: taken.map((node) => node.key), reserved: taken.map((node) => reservation(node, ask, node.gpus)), rank }
}

const reservation = (node: TreeNode, ask: InstanceAsk, gpus: number): NodeReservation => ({ node: node.node, role: ask.role, gpus })
