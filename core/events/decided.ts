/** What the decider writes: decisions with all that they rest on, intents, and the facts that it derives. */
import type { CellId, DecisionId, GroupId, IntentId, ServiceId } from '../ids.ts'
import type { Role, RoleCounts } from '../roles.ts'
import type { EpochMs, Offset } from '../units.ts'

/** How far a required signal can be trusted at a tick. Missing is never zero. */
export const evidenceStates = ['fresh', 'stale', 'missing', 'failed', 'idle'] as const
export type EvidenceState = (typeof evidenceStates)[number]

export type Evidence = {
  /** `decodeTps`, `prefillTps`, `ttftMsP95`, `tbtMsP95`, `instances`, … */
  readonly signal: string
  readonly state: EvidenceState
  readonly value: number | null
  /** Age of the newest sample at the tick; null when there is none. */
  readonly ageMs: number | null
  /** Instances heard from / instances registered, 0 to 1; null when nothing is registered. */
  readonly coverage: number | null
  /** Rising over the window; a rising signal vetoes scale-in. */
  readonly rising: boolean
}

/** What one policy wanted before anything restrained it. */
export type PolicyAsk = {
  /** `manual`: counts that an operator ordered by hand. */
  readonly policy: 'proportional' | 'latency-guard' | 'ratio' | 'bounds' | 'manual'
  readonly direction: 'out' | 'in' | 'hold'
  readonly target: RoleCounts
  readonly reason: string
}

/** A rule that changed or stopped the ask. */
export type LimitApplied = { readonly limit: string; readonly before: RoleCounts; readonly after: RoleCounts; readonly detail: string }

/** Records that the decision rests on: the service's last snapshot up to the tick. */
export type InputRange = { readonly partition: number; readonly tickOffset: Offset; readonly lastInputOffset: Offset }

export const decisionKinds = ['scale-out', 'scale-in', 'rebalance'] as const
export type DecisionKind = (typeof decisionKinds)[number]

export type ScaleDecided = {
  readonly type: 'ScaleDecided'
  readonly decisionId: DecisionId
  readonly service: ServiceId
  readonly sequence: number
  readonly time: EpochMs
  readonly kind: DecisionKind
  readonly from: RoleCounts
  readonly to: RoleCounts
  readonly reason: string
  readonly evidence: readonly Evidence[]
  readonly asks: readonly PolicyAsk[]
  readonly limits: readonly LimitApplied[]
  readonly inputs: InputRange
  /** Canonical JSON of the whole argument of `decide`: the decision can be executed again alone. */
  readonly argument: string
  readonly policyHash: string
  readonly coreHash: string
  /** Chain over all holds of the service up to this decision. */
  readonly holdsHash: string
  /** Hash of the service's decision before this one; empty for the first. */
  readonly previousHash: string
  /** Hash of the service's last hold that was written before this decision; empty when there was none, and in records of version 1. */
  readonly previousHeldHash: string
  /** SHA-256 over this record (`core/scaling/record-hash.ts`). */
  readonly hash: string
}

/** Written when the reason to hold changes, and after a change of controls; every hold, written or not, goes into `holdsHash`. */
export type ScaleHeld = {
  readonly type: 'ScaleHeld'
  readonly decisionId: DecisionId
  readonly service: ServiceId
  readonly time: EpochMs
  readonly reason: string
  readonly detail: string
  readonly current: RoleCounts
  readonly evidence: readonly Evidence[]
  readonly asks: readonly PolicyAsk[]
  readonly inputs: InputRange
  readonly policyHash: string
  readonly coreHash: string
  /** Holds folded into the chain so far, this one included. */
  readonly holds: number
  readonly holdsHash: string
  /** Hash of the service's hold that was written before this one; empty for the first. */
  readonly previousHash: string
  /** SHA-256 over this record (`core/scaling/record-hash.ts`); empty in records of version 1. */
  readonly hash: string
}

/** How a role wants its instances placed. */
export type RoleRequirement = {
  readonly role: Role
  readonly gpusPerInstance: number
  /** Preferred type first. */
  readonly gpuTypes: readonly string[]
}

/** Allowed registered and specified P/D: `lo·D − max(1, lo) ≤ P ≤ hi·D + max(1, hi)` per group (DESIGN 5.4). */
export type RatioBand = { readonly lo: number; readonly hi: number }

export const affinities = ['s1', 's2', 'cluster'] as const
export type Affinity = (typeof affinities)[number]

/** An order to bring a service to absolute role counts. It carries everything that carrying it out needs. */
export type ScaleIntentEmitted = {
  readonly type: 'ScaleIntentEmitted'
  readonly intentId: IntentId
  readonly decisionId: DecisionId
  readonly service: ServiceId
  readonly cell: CellId
  readonly sequence: number
  readonly kind: DecisionKind
  /** Counts over all groups that the decision started from. */
  readonly from: RoleCounts
  readonly target: RoleCounts
  readonly ratio: RoleCounts
  readonly band: RatioBand
  readonly minimum: RoleCounts
  readonly maximum: RoleCounts
  readonly affinity: Affinity
  readonly requirements: readonly RoleRequirement[]
  readonly priority: number
  readonly readyDeadlineMs: number
  readonly emittedAt: EpochMs
  readonly expiresAt: EpochMs
}

type RolloutFact = {
  readonly service: ServiceId
  readonly intentId: IntentId
  readonly sequence: number
  readonly detail: string
  readonly time: EpochMs
}
type GroupFact = RolloutFact & { readonly group: GroupId }

export type RolloutPlaced = GroupFact & { readonly type: 'RolloutPlaced'; readonly target: RoleCounts }
export type RolloutStepDone = GroupFact & {
  readonly type: 'RolloutStepDone'
  readonly step: string
  readonly outcome: 'step-done' | 'step-failed' | 'step-undone' | 'repaired' | 'halted' | 'resumed'
}
export type RolloutCommitted = GroupFact & { readonly type: 'RolloutCommitted'; readonly counts: RoleCounts | null }
export type RolloutRolledBack = GroupFact & { readonly type: 'RolloutRolledBack'; readonly counts: RoleCounts | null }
export type RolloutStuck = GroupFact & { readonly type: 'RolloutStuck'; readonly step: string }
export type IntentCompleted = RolloutFact & { readonly type: 'IntentCompleted'; readonly partial: boolean }
export type IntentRefused = RolloutFact & { readonly type: 'IntentRefused' }
export type IntentExpired = RolloutFact & { readonly type: 'IntentExpired' }
export type IntentSuperseded = RolloutFact & { readonly type: 'IntentSuperseded' }

export type RolloutEvent =
  | RolloutPlaced
  | RolloutStepDone
  | RolloutCommitted
  | RolloutRolledBack
  | RolloutStuck
  | IntentCompleted
  | IntentRefused
  | IntentExpired
  | IntentSuperseded

/** A condition in the sense of Kubernetes: `AbleToScale`, `ScalingActive`, `ScalingLimited`, `RatioSatisfied`. */
export type Condition = {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  readonly lastTransitionTime: EpochMs
}

/** The specification in force, with what the decider thinks of it. */
export type ServiceAccepted = {
  readonly type: 'ServiceAccepted'
  readonly service: ServiceId
  readonly generation: number
  /** False: the manifest was refused and the one before stays in force; `message` says why. */
  readonly accepted: boolean
  readonly message: string
  readonly manifest: string
  readonly policyHash: string
  readonly conditions: readonly Condition[]
  readonly time: EpochMs
}

/** State of one service, private to the core that wrote it. */
export type SnapshotTaken = {
  readonly type: 'SnapshotTaken'
  readonly service: ServiceId
  readonly logId: string
  readonly coreHash: string
  readonly partition: number
  /** Last input of this service that `state` includes. */
  readonly lastInputOffset: Offset
  /** Hash of the service's last hold that was written before this; empty when there was none, and in records of version 1. */
  readonly heldHash: string
  /** Canonical JSON of the service's state. */
  readonly state: string
  readonly time: EpochMs
}

export type DecidedEvent = ScaleDecided | ScaleHeld | ScaleIntentEmitted | ServiceAccepted | RolloutEvent
