/**
 * What one cycle may rely on: the resource tree, the scarcity of its parts, the GPUs that nobody was promised, and the
 * groups. Rebuilt for every cycle from what was observed and what is reserved (paper 3.6, step 7).
 */
import { inventoryKey, isSettledBy, type CellState, type Reservation } from './cell.ts'
import { isOutdated, type Moment } from './inventory-age.ts'
import { standingGroups, type StandingGroup } from './standing.ts'
import { classifyMinipods, type ScarcityMap } from './subgroups.ts'
import { buildTree, nodeKey, type ResourceTree, type TreeNode } from './tree.ts'

export type CellView = {
  readonly tree: ResourceTree
  readonly scarcity: ScarcityMap
  /** GPUs per node key that may be promised. */
  readonly free: ReadonlyMap<string, number>
  readonly groups: readonly StandingGroup[]
  /** S2 domains whose inventory is too old to promise anything of. */
  readonly outdated: readonly string[]
}

/**
 * Free = observed free − reservations that are open, or released but not yet settled by a newer inventory of the
 * node's S2 domain. An instance that already runs under an open reservation is counted twice until then: that can
 * only promise too little. Nodes of an inventory that nobody restates have nothing free: they may not exist any more.
 */
export const viewOf = (state: CellState, moment: Moment): CellView => {
  const tree = buildTree([...state.inventories.values()].flatMap(({ record }) => record.nodes))
  const nodes = new Map([...tree.values()].flatMap(({ level, nodes: here }) => (level === 's1' ? here.map((node) => [node.key, node] as const) : [])))
  const reserved = reservedGpus(state, nodes)
  const outdated = new Set([...state.inventories].filter(([, { record }]) => isOutdated(record, moment)).map(([key]) => key))
  const isKnown = (node: TreeNode): boolean => !outdated.has(inventoryKey(node.subCluster, node.s2))
  const freeOf = (key: string, node: TreeNode): number => (isKnown(node) ? freeOn(node, reserved.get(key) ?? 0) : 0)
  const free = new Map([...nodes].map(([key, node]) => [key, freeOf(key, node)] as const))
  return { tree, scarcity: classifyMinipods(tree), free, groups: standingGroups(state), outdated: [...outdated].sort() }
}

const freeOn = (node: TreeNode, reserved: number): number => (node.schedulable ? Math.max(0, node.gpusFree - reserved) : 0)

/** GPUs promised and not yet to be seen as used, per node key. */
const reservedGpus = (state: CellState, nodes: ReadonlyMap<string, TreeNode>): ReadonlyMap<string, number> => {
  const reserved = new Map<string, number>()
  for (const reservation of state.reservations.values()) {
    for (const { node, gpus } of reservation.placement.reserved) {
      const key = nodeKey(reservation.placement.subCluster, node)
      if (holdsNode(state, reservation, nodes.get(key))) reserved.set(key, (reserved.get(key) ?? 0) + gpus)
    }
  }
  return reserved
}

const holdsNode = (state: CellState, reservation: Reservation, node: TreeNode | undefined): boolean =>
  node !== undefined && !isSettledBy(reservation, state.inventories.get(inventoryKey(node.subCluster, node.s2)))

/** GPUs of placements whose rollout has not ended, for the gauge that operators watch. */
export const openReservedGpus = (state: CellState): number =>
  [...state.reservations.values()]
    .filter(({ released }) => released === null)
    .flatMap(({ placement }) => placement.reserved)
    .reduce((sum, { gpus }) => sum + gpus, 0)
