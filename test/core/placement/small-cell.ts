/** Builds small cells for placement tests: nodes from a compact drawing, groups, requests with plain defaults. */
import type { InventoryObserved, NodeObservation } from '../../../core/events/observed.ts'
import type { PlacementAnswer, PlacementRequest } from '../../../core/events/placed.ts'
import { defaultMaxInventoryAgeMs, type Moment } from '../../../core/placement/inventory-age.ts'
import { evolveCell, openCell, type CellRecord, type CellState } from '../../../core/placement/cell.ts'
import { sumCounts, type RoleCounts } from '../../../core/roles.ts'

export const NOW = 1_700_000_000_000

export const at = (now: number): Moment => ({ now, maxInventoryAgeMs: defaultMaxInventoryAgeMs })

/** `{ 's2-0/s1-0': ['H100', 'H100:4'] }`: two nodes of 8 GPUs, of the second 4 are free. */
export type Drawing = { readonly [minipod: string]: readonly string[] }

export const nodesOf = (drawing: Drawing, subCluster = 'sub-0'): NodeObservation[] =>
  Object.entries(drawing).flatMap(([minipod, nodes]) => {
    const [s2 = '', s1 = ''] = minipod.split('/')
    return nodes.map((text, index) => {
      const [gpuType = '', free = '8'] = text.split(':')
      const node = `${subCluster}-${s2}-${s1}-n${index}`
      return { node, vdc: 'vdc-0', cluster: 'cluster-0', subCluster, s2, s1, gpuType, gpus: 8, gpusFree: Number(free), schedulable: true }
    })
  })

export type ObservedGroup = InventoryObserved['groups'][number]

export const groupOf = (fields: Partial<ObservedGroup> & Pick<ObservedGroup, 'group' | 'domain' | 'counts'>): ObservedGroup => ({
  service: 'chat',
  uid: `uid-${fields.group}`,
  resourceVersion: '7',
  sequence: 1,
  gpuTypes: { prefill: 'H100', decode: 'H100' },
  ...fields,
})

/** One inventory per S2 domain of the nodes; a group belongs to the S2 that its domain names. */
export const inventoriesOf = (
  nodes: readonly NodeObservation[],
  groups: readonly ObservedGroup[] = [],
  observedAt = NOW - 1_000,
): InventoryObserved[] => {
  const domains = [...new Set(nodes.map((node) => `${node.subCluster}/${node.s2}`))]
  return domains.map((domain) => {
    const [subCluster = '', s2 = ''] = domain.split('/')
    const below = nodes.filter((node) => node.subCluster === subCluster && node.s2 === s2)
    const own = groups.filter((group) => `${group.domain}/`.startsWith(`vdc-0/cluster-0/${subCluster}/${s2}/`))
    const wide = groups.filter((group) => group.domain === `vdc-0/cluster-0/${subCluster}`)
    return { type: 'InventoryObserved', cell: 'cell-0', subCluster, s2, observedAt, nodes: below, groups: [...own, ...wide] }
  })
}

/** Folds events at consecutive offsets after the state's last one. */
export const foldAll = (state: CellState, events: readonly CellRecord['event'][]): CellState =>
  events.reduce((folded, event) => evolveCell(folded, { event, offset: folded.lastOffset + 1 }), state)

export const cellOf = (drawing: Drawing, groups: readonly ObservedGroup[] = []): CellState =>
  foldAll(openCell('cell-0'), inventoriesOf(nodesOf(drawing), groups))

export const requestOf = (fields: Partial<PlacementRequest> & Pick<PlacementRequest, 'target'>): PlacementRequest => ({
  requestId: 'i-1',
  service: 'chat',
  cell: 'cell-0',
  sequence: 2,
  priority: 1,
  requestedAt: NOW,
  expiresAt: NOW + 60_000,
  ratio: { prefill: 1, decode: 2 },
  band: { lo: 0.4, hi: 0.6 },
  affinity: 's2',
  requirements: [
    { role: 'prefill', gpusPerInstance: 4, gpuTypes: ['H100'] },
    { role: 'decode', gpusPerInstance: 4, gpuTypes: ['H100'] },
  ],
  busyGroups: [],
  believed: null,
  ...fields,
})

/** `chat-2-0 new 0P+0D -> 1P+2D in s2-0` per group: what a reader wants to know of an answer. */
export const showAnswer = (answer: PlacementAnswer | undefined): readonly string[] =>
  (answer?.groups ?? []).map(({ group, isNew, from, to, domain }) => {
    const place = domain.split('/').slice(2).join('/')
    return `${group}${isNew ? ' new' : ''} ${from.prefill}P+${from.decode}D -> ${to.prefill}P+${to.decode}D in ${place}`
  })

export const addedBy = (answer: PlacementAnswer): RoleCounts =>
  sumCounts(answer.groups.map(({ from, to }) => ({ prefill: to.prefill - from.prefill, decode: to.decode - from.decode })))
