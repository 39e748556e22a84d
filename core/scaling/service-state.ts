/**
 * What the decider remembers of one service: a plain JSON value of bounded size, the whole content of a snapshot. The fold of a
 * partition owns its services' states: observations change them in place, so that nobody else may keep one.
 * Every list in it is sorted by its content, so that equal histories give equal bytes.
 */
import type { Directive } from '../events/control.ts'
import type { Condition } from '../events/decided.ts'
import type { ServiceId } from '../ids.ts'
import type { RoleCounts } from '../roles.ts'
import type { ServiceManifest } from '../service/specification.ts'
import type { Heartbeat } from '../signals/heartbeat.ts'
import type { SubClusterView } from '../signals/instances.ts'
import { noSamples } from '../signals/sample.ts'
import type { OwnHistory } from '../signals/sample.ts'
import type { EpochMs, Offset } from '../units.ts'
import type { Calm } from './calm-bounds.ts'
import type { OpenIntent, StuckGroup } from './intents.ts'
import { noMemory } from './memory.ts'
import type { ScalingMemory } from './memory.ts'

/** What operators have ordered for the service, as of a place in `controls`. */
export type ServiceControls = { readonly controlsEnd: Offset; readonly directives: readonly Directive[] }

export type ServiceState = {
  readonly service: ServiceId
  readonly generation: number
  /** The manifest in force: the last one that was valid. */
  readonly manifest: ServiceManifest
  readonly policyHash: string
  /** Why the newest manifest was refused; empty when it is the one in force. */
  readonly refusal: string
  /** True until `services` was told what became of the newest manifest. */
  readonly unannounced: boolean
  /** Time of the first tick that evaluated the service; null before. */
  readonly managedSinceMs: EpochMs | null
  /** Offset of the last record that concerned this service. */
  readonly lastInputOffset: Offset
  readonly hasNewInput: boolean
  /** Earliest tick time at which the verdict may change without new input; null when none. */
  readonly recheckAtMs: EpochMs | null

  /** What samples may say without being looked at; null when each is. */
  readonly calm: Calm | null

  /** Null until the first ControlChanged after the service was configured: until then nothing is ordered. */
  readonly controls: ServiceControls | null
  /** Last moment at which a stop was known to be in force; null when none was. */
  readonly stoppedAtMs: EpochMs | null

  readonly signals: OwnHistory
  readonly heartbeats: readonly Heartbeat[]
  readonly instances: readonly SubClusterView[]

  /** Counts while no intent is open; null while that is not known. */
  readonly settled: RoleCounts | null
  /** Only what was observed after this says anything about `settled`. */
  readonly settledSinceMs: EpochMs
  /** Since when far fewer instances are reported than stood there; null while that is not so. */
  readonly doubtedSinceMs: EpochMs | null
  readonly openIntents: readonly OpenIntent[]
  readonly stuckGroups: readonly StuckGroup[]
  readonly lastSequence: number
  readonly memory: ScalingMemory

  /** Reason of the last hold, with what is recommended under RECOMMEND_ONLY; empty after an order and after a change of controls. */
  readonly holdReason: string
  readonly holds: number
  readonly holdsHash: string
  /** Hash of the last ScaleHeld that was written; empty before the first. */
  readonly heldHash: string
  /** Hash of the last ScaleDecided; empty before the first. */
  readonly decisionHash: string
  readonly conditions: readonly Condition[]
}

export type Mutable<T> = { -readonly [Field in keyof T]: T[Field] }

/**
 * A copy to be changed and given on, with its fields always in the same order. Not by spreading: on Node 20 that costs 1 to 10
 * µs for an object of this size, a literal 0.04 µs.
 */
export const copyOf = (state: ServiceState): Mutable<ServiceState> => ({
  service: state.service,
  generation: state.generation,
  manifest: state.manifest,
  policyHash: state.policyHash,
  refusal: state.refusal,
  unannounced: state.unannounced,
  managedSinceMs: state.managedSinceMs,
  lastInputOffset: state.lastInputOffset,
  hasNewInput: state.hasNewInput,
  recheckAtMs: state.recheckAtMs,
  calm: state.calm,
  controls: state.controls,
  stoppedAtMs: state.stoppedAtMs,
  signals: state.signals,
  heartbeats: state.heartbeats,
  instances: state.instances,
  settled: state.settled,
  settledSinceMs: state.settledSinceMs,
  doubtedSinceMs: state.doubtedSinceMs,
  openIntents: state.openIntents,
  stuckGroups: state.stuckGroups,
  lastSequence: state.lastSequence,
  memory: state.memory,
  holdReason: state.holdReason,
  holds: state.holds,
  holdsHash: state.holdsHash,
  heldHash: state.heldHash,
  decisionHash: state.decisionHash,
  conditions: state.conditions,
})

export const newService = (identity: Pick<ServiceState, 'service' | 'generation' | 'manifest' | 'policyHash'>): ServiceState => ({
  service: identity.service,
  generation: identity.generation,
  manifest: identity.manifest,
  policyHash: identity.policyHash,
  refusal: '',
  unannounced: true,
  managedSinceMs: null,
  lastInputOffset: -1,
  hasNewInput: true,
  recheckAtMs: null,
  calm: null,
  controls: null,
  stoppedAtMs: null,
  signals: noSamples(),
  heartbeats: [],
  instances: [],
  settled: null,
  settledSinceMs: -1,
  doubtedSinceMs: null,
  openIntents: [],
  stuckGroups: [],
  lastSequence: 0,
  memory: noMemory,
  holdReason: '',
  holds: 0,
  holdsHash: '',
  heldHash: '',
  decisionHash: '',
  conditions: [],
})
