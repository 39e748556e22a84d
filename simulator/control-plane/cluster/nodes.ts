/** Small sub-clusters: two S2 domains of both GPU types, so that placements meet and capacity can run out. */
import type { NodeObservation } from '../../../core/events/observed.ts'

export const smallCluster = (subCluster: string, nodesPerType: number): readonly NodeObservation[] =>
  ['s2-0', 's2-1'].flatMap((s2) =>
    ['H100', 'H20'].flatMap((gpuType) =>
      Array.from({ length: nodesPerType }, (_, index) => ({
        node: `${subCluster}-${s2}-${gpuType}-${index}`,
        vdc: 'vdc-0', cluster: 'cluster-0', subCluster, s2, s1: `${s2}-${gpuType}`,
        gpuType, gpus: 8, gpusFree: 8, schedulable: true,
      })),
    ),
  )
