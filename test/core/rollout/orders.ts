/** A service, an intent and placements that the rollout stories share. */
import type { ScaleIntentEmitted } from '../../../core/events/decided.ts'
import type { NodeObservation } from '../../../core/events/observed.ts'
import type { GroupPlacement } from '../../../core/events/placed.ts'
import type { RoleCounts } from '../../../core/roles.ts'

export const epoch = Date.UTC(2026, 0, 1)

export const counts = (prefill: number, decode: number): RoleCounts => ({ prefill, decode })

export const intentOf = (changes: Partial<ScaleIntentEmitted> = {}): ScaleIntentEmitted => ({
  type: 'ScaleIntentEmitted',
  intentId: 'i-chat-1',
  decisionId: 'chat-1',
  service: 'chat',
  cell: 'cell-a',
  sequence: 1,
  kind: 'scale-out',
  from: counts(2, 4),
  target: counts(4, 8),
  ratio: counts(1, 2),
  band: { lo: 0.4, hi: 0.6 },
  minimum: counts(1, 2),
  maximum: counts(20, 40),
  affinity: 's2',
  requirements: [],
  priority: 0,
  readyDeadlineMs: 60_000,
  emittedAt: epoch,
  expiresAt: epoch + 600_000,
  ...changes,
})

/** A new group unless `from` is given: then the group `g1` stands at these counts. */
export const placementOf = (changes: Partial<GroupPlacement> = {}): GroupPlacement => ({
  group: 'g1',
  isNew: changes.from === undefined,
  subCluster: 'sub-a',
  domain: 'vdc/cluster/sub-a/s2-1',
  uid: '',
  resourceVersion: '',
  from: counts(0, 0),
  to: counts(2, 4),
  gpuTypes: { prefill: 'H100', decode: 'H100' },
  gpusPerInstance: counts(8, 8),
  reserved: [],
  ...changes,
})

/** Nodes of eight GPUs under one S2 switch. */
export const nodesOf = (count: number): readonly NodeObservation[] =>
  Array.from({ length: count }, (_, index) => ({
    node: `node-${index}`,
    vdc: 'vdc',
    cluster: 'cluster',
    subCluster: 'sub-a',
    s2: 's2-1',
    s1: `s1-${Math.floor(index / 8)}`,
    gpuType: 'H100',
    gpus: 8,
    gpusFree: 8,
    schedulable: true,
  }))
