/** The built-in sub-cluster: 64 nodes of 8 GPUs below 4 S2 and 16 S1 switches, with every class of RDMA subgroup. */
import type { NodeObservation } from '../core/events/observed.ts'

export type TopologyOptions = { readonly vdc?: string; readonly cluster?: string; readonly subCluster: string }

/** GPU types of the four nodes below each S1 of each S2. */
const layout: readonly (readonly (readonly string[])[])[] = [
  mixedS2(),
  mixedS2(),
  /** One GPU type below the whole S2: scarcity low. */
  [uniform('H100'), uniform('H100'), uniform('H100'), uniform('H100')],
  /** Both types below every S1: scarcity high, the place for prefill and decode that must share an S1. */
  [both(), both(), both(), both()],
]

/** S2 with both types, each S1 uniform: scarcity medium, room for 16 prefill and 16 decode instances of 4 GPUs. */
function mixedS2(): readonly (readonly string[])[] {
  return [uniform('H100'), uniform('H100'), uniform('H20'), uniform('H20')]
}

function uniform(gpuType: string): readonly string[] {
  return [gpuType, gpuType, gpuType, gpuType]
}

function both(): readonly string[] {
  return ['H100', 'H100', 'H20', 'H20']
}

export const defaultTopology = ({ vdc = 'vdc-0', cluster = 'cluster-0', subCluster }: TopologyOptions): readonly NodeObservation[] =>
  layout.flatMap((s1s, s2) =>
    s1s.flatMap((gpuTypes, s1) =>
      gpuTypes.map((gpuType, node) => ({
        node: `${subCluster}-node-${s2}-${s1}-${node}`,
        vdc,
        cluster,
        subCluster,
        s2: `s2-${s2}`,
        s1: `s1-${s2}-${s1}`,
        gpuType,
        gpus: 8,
        gpusFree: 8,
        schedulable: true,
      })),
    ),
  )
