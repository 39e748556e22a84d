/** Builds groups and writes for tests of the sub-cluster's side. */
import type { ApplyGroup, GroupStatus, InstanceStatus, SetRegistrationTarget, UndoWrite } from '../../../core/ports.ts'
import type { NodeObservation } from '../../../core/events/observed.ts'
import { roles, type RoleCounts } from '../../../core/roles.ts'

/** One prefill for two decodes, give or take a quarter. */
export const band = { lo: 0.375, hi: 0.625 }
export const domain = 'vdc-0/cluster-0/sub-a/s2-0'

export type Membership = { readonly ready: RoleCounts; readonly registered: RoleCounts; readonly starting?: RoleCounts }

/** A group whose first instances per role are registered, the next only ready, the rest in start-up. */
export const groupWith = (target: RoleCounts, membership: Membership, change: Partial<GroupStatus> = {}): GroupStatus => ({
  group: 'g',
  service: 'chat',
  uid: 'g.1',
  resourceVersion: '1',
  sequence: 1,
  intentId: 'i',
  decisionId: 'd',
  domain,
  counts: target,
  gpuTypes: { prefill: 'H100', decode: 'H20' },
  gpusPerInstance: { prefill: 4, decode: 4 },
  registrationTarget: target,
  band,
  instances: roles.flatMap((role) => [
    ...Array.from({ length: membership.ready[role] }, (_, index) => instance(role, index, { registered: index < membership.registered[role] })),
    ...Array.from({ length: membership.starting?.[role] ?? 0 }, (_, index) => instance(role, 500 + index, { phase: 'starting' })),
  ]),
  ...change,
})

export const instance = (role: InstanceStatus['role'], index: number, change: Partial<InstanceStatus> = {}): InstanceStatus => ({
  instance: `g-${role}-${index}`,
  role,
  node: 'n',
  gpuType: 'H100',
  phase: 'ready',
  registered: false,
  metricsUrl: null,
  createdAt: index,
  ...change,
})

/** Eight nodes of eight GPUs below one S2: half of each type, room for 8 prefill and 8 decode instances of 4 GPUs. */
export const nodes: readonly NodeObservation[] = Array.from({ length: 8 }, (_, index) => ({
  node: `node-${index}`,
  vdc: 'vdc-0',
  cluster: 'cluster-0',
  subCluster: 'sub-a',
  s2: 's2-0',
  s1: `s1-${index % 2}`,
  gpuType: index < 4 ? 'H100' : 'H20',
  gpus: 8,
  gpusFree: 8,
  schedulable: true,
}))

const common = { group: 'g', service: 'chat', sequence: 1, intentId: 'i-1', decisionId: 'd-1' }

export const counts = (prefill: number, decode: number): RoleCounts => ({ prefill, decode })

export const applyOf = (key: string, to: RoleCounts, change: Partial<ApplyGroup> = {}): ApplyGroup => ({
  ...common,
  key,
  expect: { uid: '', counts: counts(0, 0) },
  counts: to,
  domain,
  gpuTypes: { prefill: 'H100', decode: 'H20' },
  gpusPerInstance: { prefill: 4, decode: 4 },
  band,
  ...change,
})

export const registerOf = (key: string, target: RoleCounts, change: Partial<SetRegistrationTarget> = {}): SetRegistrationTarget => ({
  ...common, key, target, band, ...change,
})

export const undoOf = (undoes: string, change: Partial<UndoWrite> = {}): UndoWrite => ({ ...common, key: `undo/${undoes}`, undoes, ...change })
