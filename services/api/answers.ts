/** The JSON answers of the API, shared with its clients as types. All times are world time in epoch milliseconds. */
import type { Directive } from '../../core/events/control.ts'
import type { Condition, RolloutStepDone, ScaleDecided, ScaleHeld, ScaleIntentEmitted } from '../../core/events/decided.ts'
import type { RoleObservation } from '../../core/events/observed.ts'
import type { GroupPlacement, ReservationReleased } from '../../core/events/placed.ts'
import type { ProducerReported } from '../../core/events/producer.ts'
import type { Fault } from '../../core/service/fault.ts'
import type { ServiceManifest } from '../../core/service/specification.ts'
import type { Role, RoleCounts } from '../../core/roles.ts'

/** An order of an operator that is in force. */
export type ControlAnswer = Directive

/** Services for which nobody decides: their partitions of `signals` have no ticks. What was decided or held last may be long out of date. */
export type NotDecidingAnswer = {
  readonly services: readonly string[]
  readonly partitions: readonly number[]
  /** When the API heard the last tick of the partition that is silent for longest; its own start when it heard none. */
  readonly since: number
  /** Ids of the deciders whose ticks were the last there; empty when none was heard since the API started. */
  readonly lastOwners: readonly string[]
}

/** A time without ticks beside a service. `until`: the first tick after it; null while none came. */
export type SilenceThen = { readonly partition: number; readonly since: number; readonly until: number | null }

/**
 * `now` lets a client print ages without a clock of its own: world time may run faster than the wall. `controls` are all
 * that are in force, also in a list of one service: nobody should read a list without knowing that the fleet is stopped, or
 * that nobody decides.
 */
export type ListAnswer<T> = {
  readonly now: number
  readonly controls: readonly ControlAnswer[]
  readonly notDeciding: NotDecidingAnswer | null
  readonly items: readonly T[]
}

/** A service that was deleted and not applied again: its instances go on serving, and nobody scales them. */
export type UnmanagedAnswer = {
  readonly name: string
  readonly deletedAt: number
  /** Desired counts as last observed; null when the API never saw them. */
  readonly counts: RoleCounts | null
}

/** `unmanaged`: the newest hundred, newest first. */
export type ServiceListAnswer = ListAnswer<ServiceAnswer> & { readonly unmanaged: readonly UnmanagedAnswer[] }

export type CountsByStage = { readonly desired: RoleCounts; readonly ready: RoleCounts; readonly registered: RoleCounts }

/** Signals that people are shown, in this order. */
export const shownSignals = ['decodeTps', 'prefillTps', 'ttftMsP95', 'tbtMsP95'] as const

/** The newest value of a signal, summed over sources (throughput) or the worst of them (latency). */
export type SignalNow = { readonly signal: string; readonly value: number; readonly windowEndMs: number }

export type ServiceAnswer = {
  readonly name: string
  /** Manifest in force; null until one was accepted. */
  readonly manifest: ServiceManifest | null
  readonly generation: number
  /** Whether the newest generation was accepted; `message` says why not. */
  readonly accepted: boolean
  readonly message: string
  /** When the decider last said so; it says it again when a condition changes. */
  readonly acceptanceAt: number
  readonly policyHash: string
  readonly conditions: readonly Condition[]
  /** Target of the last intent; null when there was none. */
  readonly target: RoleCounts | null
  /** What became of the last intent; null when there was none. `refusal`: what the placer could not place, also when it placed a part. */
  readonly lastIntent: { readonly id: string; readonly state: IntentState; readonly detail: string; readonly refusal: string | null; readonly time: number } | null
  /** Null until the service was observed. */
  readonly observed: (CountsByStage & { readonly observedAt: number; readonly complete: boolean; readonly groups: number }) | null
  readonly signals: readonly SignalNow[]
  readonly lastDecision: DecisionAnswer | null
  readonly openRollouts: number
  /** Those that concern this service, the fleet's included. */
  readonly controls: readonly ControlAnswer[]
  /** Of this service alone. */
  readonly notDeciding: NotDecidingAnswer | null
}

export type GroupAnswer = {
  readonly group: string
  readonly service: string
  readonly subCluster: string
  readonly domain: string
  readonly sequence: number
  readonly roles: { readonly [role in Role]: RoleObservation | null }
  readonly observedAt: number
  /** State of the group's last rollout; null when none is known. */
  readonly rollout: RolloutState | null
}

export type DecisionAnswer = {
  readonly id: string
  readonly service: string
  readonly time: number
  readonly kind: ScaleDecided['kind'] | 'hold'
  readonly sequence: number | null
  /** Null: the counts were not known to a hold. Unknown is not zero. */
  readonly from: RoleCounts | null
  readonly to: RoleCounts | null
  readonly reason: string
  readonly intentId: string | null
  /** What became of its intent; null for a hold. */
  readonly outcome: IntentState | null
}

/** A hold as the log has it, but for counts that it did not know: null, and never zero. */
export type HoldAnswer = Omit<ScaleHeld, 'current'> & { readonly current: RoleCounts | null }

export type IntentState = 'emitted' | 'rolling-out' | 'completed' | 'partial' | 'refused' | 'expired' | 'superseded'
export type RolloutState = 'placed' | 'running' | 'halted' | 'undoing' | 'committed' | 'rolled-back' | 'stuck'

export type StepAnswer = {
  readonly step: string
  readonly outcome: RolloutStepDone['outcome'] | 'stuck'
  readonly detail: string
  readonly time: number
}

export type RolloutAnswer = {
  /** Workflow id: `rollout/<service>/<intent>/<group>`. */
  readonly id: string
  readonly service: string
  readonly group: string
  readonly intentId: string
  readonly sequence: number
  readonly state: RolloutState
  readonly target: RoleCounts | null
  readonly steps: readonly StepAnswer[]
  readonly detail: string
  readonly startedAt: number
  /** Null while the rollout is open. */
  readonly endedAt: number | null
}

/** Everything the log says about one decision: from its evidence to the instances that it made. */
export type ExplainAnswer = {
  readonly now: number
  /** Those in force now for the service; the decision itself may be older. */
  readonly controls: readonly ControlAnswer[]
  /** Of this service alone. */
  readonly notDeciding: NotDecidingAnswer | null
  /** Null when only the intent is still known. The `argument` stays in the log; `replay` reads it there. */
  readonly decision: Omit<ScaleDecided, 'argument'> | HoldAnswer | null
  readonly intent: { readonly record: ScaleIntentEmitted; readonly state: IntentState; readonly detail: string; readonly endedAt: number | null } | null
  readonly placement: { readonly time: number; readonly cell: string; readonly groups: readonly GroupPlacement[]; readonly refusal: string | null } | null
  readonly rollouts: readonly RolloutAnswer[]
  readonly reservations: readonly Pick<ReservationReleased, 'group' | 'outcome' | 'time'>[]
  /** The groups of the rollouts as they stand now. */
  readonly groups: readonly GroupAnswer[]
}

/** What held at a moment: the newest decision or hold of the service up to then, and everything that followed from it. */
export type ExplainAtAnswer = ExplainAnswer & {
  readonly service: string
  readonly at: number
  /** The decision or hold that took its place; null while none has. */
  readonly next: DecisionAnswer | null
  /** When the service was deleted, if that came after `decision` and before `next`. Not after `at`: it was unmanaged then, and `decision` was its last. */
  readonly deletedAt: number | null
  /** The newest signals that the API had heard at `at`; empty when none was measured, when that is too long ago, and before `hearsSince`. */
  readonly signalsThen: readonly SignalNow[]
  /** Null when somebody decided at `at`, and before `hearsSince`. */
  readonly silenceThen: SilenceThen | null
  /** Signals and ticks from before are not known: the API had not started. */
  readonly hearsSince: number
  /** Controls of the service that were in force at `at`, as far as `controls` still holds their records. */
  readonly controlsThen: readonly ControlAnswer[]
  /** Time of the oldest decision or hold of the service that the API still has; null when it has none. */
  readonly keptSince: number | null
}

export type ApplyOutcome = 'accepted' | 'unchanged' | 'refused' | 'recorded'

export type ApplyAnswer = {
  readonly outcome: ApplyOutcome
  readonly service: string
  readonly generation: number
  readonly message: string
}

/**
 * `replaced`: what was in force under the same scope and control, and is not any more; null when nothing was. `confirmed`:
 * services whose decider acts on the order; `waiting`: those whose decider has not said so yet.
 */
export type ControlOrderedAnswer = {
  readonly control: ControlAnswer
  readonly replaced: ControlAnswer | null
  readonly confirmed: readonly string[]
  readonly waiting: readonly string[]
}

export type DeleteAnswer = {
  /** `recorded`: no decider answered in time. */
  readonly outcome: 'deleted' | 'recorded'
  readonly service: string
  readonly message: string
  /** Counts that stay, as last observed; null when the service was never observed. */
  readonly counts: RoleCounts | null
  /** Ids of rollouts that go on to their end. */
  readonly openRollouts: readonly string[]
  /** Controls of the service; they stay, and hold again when it is applied again. */
  readonly controls: readonly ControlAnswer[]
}

/** One producer at one gate; totals since that gate started. */
export type ProducerAnswer = Omit<ProducerReported, 'type'>

export type TopicAnswer = {
  readonly topic: string
  /** Its name on the broker. */
  readonly name: string
  readonly partitions: number
  /** Distance between the first offset that is kept and the end, over all partitions: compaction leaves fewer records. */
  readonly records: number
  /** Days, or `compact` for the newest record of each key. */
  readonly kept: { readonly days: number } | 'compact'
  readonly carries: readonly string[]
  readonly writtenBy: readonly string[]
}

/** Body of every answer with a status of 400 and above. `path` is the place inside the request, or empty. */
export type ErrorAnswer = {
  readonly code: string
  readonly message: string
  readonly path: string
  /** For `E_SPEC`: every fault of the service file. */
  readonly faults?: readonly Fault[]
}
