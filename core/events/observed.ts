/**
 * What was measured. Null means not observed and is never zero: a load field has no numeric default anywhere.
 * The identity of a sample is (service, role, signal, source, windowEndMs); the first one in the log wins.
 */
import type { CellId, GroupId, ServiceId, SubClusterId } from '../ids.ts'
import type { Role, RoleCounts } from '../roles.ts'
import type { EpochMs } from '../units.ts'

/** Fields of every sample. `source` names the producer, one per (collector, sub-cluster). */
type Sample = {
  readonly service: ServiceId
  readonly role: Role
  readonly source: string
  readonly windowStartMs: EpochMs
  readonly windowEndMs: EpochMs
  /** Instances whose measurement is inside this sample. */
  readonly instancesHeard: number
  /** Registered instances of the role that this source is responsible for. */
  readonly instancesRegistered: number
}

/** Token throughput of a role: generated tokens for decode, cache-missed prompt tokens for prefill. */
export type TpsObserved = Sample & { readonly type: 'TpsObserved'; readonly tps: number | null }

/** Latency over the window, 95th percentile of all requests of the service that the source saw. */
export type LatencyObserved = Sample & {
  readonly type: 'LatencyObserved'
  readonly ttftMsP95: number | null
  readonly tbtMsP95: number | null
  /** Requests behind the percentiles; null when no histogram was served. */
  readonly requests: number | null
}

/** GPU activity of a role, mean over instances, 0 to 1. */
export type HardwareObserved = Sample & {
  readonly type: 'HardwareObserved'
  readonly gpuUtilisation: number | null
  readonly smActivity: number | null
}

/** KV cache and queue of a role. */
export type CacheObserved = Sample & {
  readonly type: 'CacheObserved'
  /** Mean share of KV blocks in use, 0 to 1. */
  readonly kvCacheUsage: number | null
  /** Prefix cache hits per query, 0 to 1. */
  readonly hitRate: number | null
  /** Requests waiting, sum over instances. */
  readonly queueDepth: number | null
  /** Requests inside a batch, sum over instances. A hung engine has no throughput, an empty queue, and these. */
  readonly requestsRunning: number | null
}

/** The collector lives and looked at this service: zero demand counts only beside a fresh one. */
export type CollectorHeartbeat = {
  readonly type: 'CollectorHeartbeat'
  readonly service: ServiceId
  readonly source: string
  readonly time: EpochMs
  readonly targetsKnown: number
  readonly targetsScraped: number
}

/** Instances of one role of one group, by how far they came. Each count includes the next. */
export type RoleObservation = {
  readonly role: Role
  /** Count that the group's object asks for. */
  readonly desired: number
  readonly scheduled: number
  readonly ready: number
  readonly registered: number
  readonly gpuType: string
}

export type GroupObservation = {
  readonly group: GroupId
  /** Domain whose switch the group's instances share, as a path from VDC downwards. */
  readonly domain: string
  /** Sequence of the last intent that wrote the group; 0 when none did. */
  readonly sequence: number
  readonly roles: readonly RoleObservation[]
}

/** All groups of a service in one sub-cluster. The newest `observedAt` wins. */
export type InstancesObserved = {
  readonly type: 'InstancesObserved'
  readonly service: ServiceId
  readonly subCluster: SubClusterId
  /** False when the sub-cluster could not be read to the end: then nothing may be concluded from absence. */
  readonly complete: boolean
  readonly observedAt: EpochMs
  readonly groups: readonly GroupObservation[]
}

/** One node, placed in the resource tree by its path. */
export type NodeObservation = {
  readonly node: string
  readonly vdc: string
  readonly cluster: string
  readonly subCluster: SubClusterId
  /** Bigpod: the S2 switch above the node. */
  readonly s2: string
  /** Minipod: the S1 switch above the node. */
  readonly s1: string
  readonly gpuType: string
  readonly gpus: number
  readonly gpusFree: number
  readonly schedulable: boolean
}

/** Groups as the cell's scheduler needs them: where they stand and what they hold. */
export type PlacedGroup = {
  readonly group: GroupId
  readonly service: ServiceId
  readonly uid: string
  readonly resourceVersion: string
  readonly sequence: number
  readonly counts: RoleCounts
  readonly gpuTypes: { readonly [role in Role]: string }
}

/** State of one S2 domain of a cell; restated on change and every 10 minutes. */
export type InventoryObserved = {
  readonly type: 'InventoryObserved'
  readonly cell: CellId
  readonly subCluster: SubClusterId
  readonly s2: string
  readonly observedAt: EpochMs
  readonly nodes: readonly NodeObservation[]
  readonly groups: readonly (PlacedGroup & { readonly domain: string })[]
}

export type ObservedEvent =
  | TpsObserved
  | LatencyObserved
  | HardwareObserved
  | CacheObserved
  | CollectorHeartbeat
  | InstancesObserved
