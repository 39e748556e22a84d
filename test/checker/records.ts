/** Records of the topics as the checker reads them out of Avro by `schemas/`. Only fields that some formula asks for stand here. */
import type { Band, Counts, Role } from './evidence.ts'

export type ClockTicked = {
  readonly logId: string
  readonly epoch: number
  readonly ownerId: string
  readonly coreHash: string
  readonly decidedThrough: number
  readonly simulated: boolean
  readonly time: number
}

export type Sample = {
  readonly service: string
  readonly role: Role
  readonly source: string
  readonly windowStartMs: number
  readonly windowEndMs: number
  readonly instancesHeard: number
  readonly instancesRegistered: number
}
export type TpsObserved = Sample & { readonly tps: number | null }
export type LatencyObserved = Sample & { readonly ttftMsP95: number | null; readonly tbtMsP95: number | null; readonly requests: number | null }
export type CacheObserved = Sample & { readonly queueDepth: number | null; readonly requestsRunning: number | null }
export type CollectorHeartbeat = { readonly service: string; readonly source: string; readonly time: number; readonly targetsScraped: number }

export type InstancesObserved = {
  readonly service: string
  readonly subCluster: string
  readonly complete: boolean
  readonly observedAt: number
  readonly groups: readonly {
    readonly group: string
    readonly roles: readonly { readonly role: Role; readonly desired: number; readonly registered: number }[]
  }[]
}

export type ServiceConfigured = { readonly service: string; readonly generation: number; readonly manifest: string; readonly time: number }
export type ServiceRemoved = { readonly service: string; readonly time: number }
export type ServiceAccepted = { readonly service: string; readonly generation: number; readonly accepted: boolean; readonly time: number }

type Directive = {
  readonly scope: string
  readonly control: string
  readonly value: string
  readonly untilMs: number | null
  readonly time: number
}
export type ControlSet = Directive
export type ControlChanged = { readonly service: string; readonly directives: readonly Directive[]; readonly time: number }

export type RolloutReported = {
  readonly reportId: string
  readonly service: string
  readonly intentId: string
  readonly sequence: number
  readonly group: string | null
  readonly step: string | null
  readonly outcome: string
  readonly detail: string
  readonly prefill: number | null
  readonly decode: number | null
  readonly partial: boolean
  readonly time: number
}

type InputRange = { readonly partition: number; readonly tickOffset: number; readonly lastInputOffset: number }
export type Fact = { readonly signal: string; readonly state: string; readonly value: number | null; readonly ageMs: number | null; readonly coverage: number | null; readonly rising: boolean }

export type ScaleDecided = {
  readonly decisionId: string
  readonly service: string
  readonly sequence: number
  readonly time: number
  readonly kind: string
  readonly from: Counts
  readonly to: Counts
  readonly reason: string
  readonly evidence: readonly Fact[]
  readonly asks: readonly { readonly policy: string; readonly direction: string; readonly target: Counts }[]
  readonly limits: readonly { readonly limit: string }[]
  readonly inputs: InputRange
  readonly policyHash: string
  readonly coreHash: string
  readonly holdsHash: string
  readonly previousHash: string
  /** Absent in version 1. */
  readonly previousHeldHash?: string
  readonly hash: string
}

export type ScaleHeld = {
  readonly decisionId: string
  readonly service: string
  readonly time: number
  readonly reason: string
  readonly current: Counts
  readonly inputs: InputRange
  readonly policyHash: string
  readonly coreHash: string
  readonly holds: number
  readonly holdsHash: string
  /** Both absent in version 1. */
  readonly previousHash?: string
  readonly hash?: string
}

export type ScaleIntentEmitted = {
  readonly intentId: string
  readonly decisionId: string
  readonly service: string
  readonly cell: string
  readonly sequence: number
  readonly kind: string
  readonly from: Counts
  readonly target: Counts
  readonly band: Band
  readonly minimum: Counts
  readonly maximum: Counts
  readonly readyDeadlineMs: number
  readonly emittedAt: number
  readonly expiresAt: number
}

/** Any record of `rollouts`: facts that the decider derived from reports. */
export type RolloutFact = {
  readonly service: string
  readonly intentId: string
  readonly sequence: number
  readonly detail: string
  readonly time: number
  readonly group?: string
  readonly step?: string
  readonly outcome?: string
  readonly partial?: boolean
}

export type GroupPlacement = {
  readonly group: string
  readonly isNew: boolean
  readonly subCluster: string
  readonly uid: string
  readonly from: Counts
  readonly to: Counts
  readonly gpusPerInstance: Counts
  readonly reserved: readonly { readonly node: string; readonly role: Role; readonly gpus: number }[]
}
export type PlacementDecided = {
  readonly cell: string
  readonly time: number
  readonly requests: readonly { readonly requestId: string; readonly sequence: number; readonly busyGroups: readonly string[] }[]
  readonly answers: readonly { readonly requestId: string; readonly service: string; readonly groups: readonly GroupPlacement[]; readonly refusal: string | null }[]
  readonly viewOffset: number
  readonly basedOn: number
}
export type ReservationReleased = { readonly cell: string; readonly requestId: string; readonly group: string; readonly outcome: string; readonly time: number }
export type InventoryObserved = {
  readonly cell: string
  readonly subCluster: string
  readonly s2: string
  readonly observedAt: number
  readonly nodes: readonly { readonly node: string; readonly gpus: number; readonly gpusFree: number; readonly schedulable: boolean }[]
}

export type SnapshotTaken = { readonly service: string; readonly coreHash: string; readonly partition: number; readonly lastInputOffset: number; readonly time: number }

/** Record types by the names of their schemas. */
export type RecordOf = {
  TpsObserved: TpsObserved
  LatencyObserved: LatencyObserved
  HardwareObserved: Sample
  CacheObserved: CacheObserved
  CollectorHeartbeat: CollectorHeartbeat
  InstancesObserved: InstancesObserved
  ClockTicked: ClockTicked
  ServiceConfigured: ServiceConfigured
  ServiceRemoved: ServiceRemoved
  ServiceAccepted: ServiceAccepted
  ControlSet: ControlSet
  ControlChanged: ControlChanged
  RolloutReported: RolloutReported
  ScaleDecided: ScaleDecided
  ScaleHeld: ScaleHeld
  ScaleIntentEmitted: ScaleIntentEmitted
  RolloutPlaced: RolloutFact
  RolloutStepDone: RolloutFact
  RolloutCommitted: RolloutFact
  RolloutRolledBack: RolloutFact
  RolloutStuck: RolloutFact
  IntentCompleted: RolloutFact
  IntentRefused: RolloutFact
  IntentExpired: RolloutFact
  IntentSuperseded: RolloutFact
  PlacementDecided: PlacementDecided
  ReservationReleased: ReservationReleased
  InventoryObserved: InventoryObserved
  SnapshotTaken: SnapshotTaken
  DeadLetter: { readonly topic: string; readonly partition: number; readonly offset: number }
  ProducerReported: object
}
export type TypeName = keyof RecordOf
