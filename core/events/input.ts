/** Inputs of a decision that are not measurements: time and ownership, the user's configuration, rollout reports. */
import type { GroupId, IntentId, ServiceId } from '../ids.ts'
import type { EpochMs, Offset } from '../units.ts'

/**
 * Time as a record, and the claim of the partition's owner. A tick with a higher epoch than any before it is a
 * claim: nothing is decided on it, and its first `ownerId` in the log counts.
 */
export type ClockTicked = {
  readonly type: 'ClockTicked'
  /** Minted by the first claim of an empty partition; all ids of the partition derive from it. */
  readonly logId: string
  readonly epoch: number
  readonly ownerId: string
  /** Hash of the deciding code; processes with another hash emit nothing under this claim. */
  readonly coreHash: string
  /** Last offset whose outputs, and the snapshots due there, this owner had acknowledged when it sent the tick; -1 when none. */
  readonly decidedThrough: Offset
  /** True on topics that carry world time scaled from wall time; the check against the append time is then off. */
  readonly simulated: boolean
  readonly time: EpochMs
}

/** A user's service file, validated by the writer and again by the decider. */
export type ServiceConfigured = {
  readonly type: 'ServiceConfigured'
  readonly service: ServiceId
  /** 1 at the first apply, one more at each change. */
  readonly generation: number
  /** Canonical JSON of the validated manifest, defaults filled in. */
  readonly manifest: string
  readonly author: string
  readonly time: EpochMs
}

/** The service becomes unmanaged; its instances stay as they are. */
export type ServiceRemoved = {
  readonly type: 'ServiceRemoved'
  readonly service: ServiceId
  readonly author: string
  readonly time: EpochMs
}

/** Where a rollout, or an intent as a whole, has come to. */
export const reportOutcomes = [
  'placed',
  'refused',
  'expired',
  'superseded',
  'step-done',
  'step-failed',
  'step-undone',
  'committed',
  'rolled-back',
  'stuck',
  'repaired',
  /** A control forbids the next effect; of a group: it waits where it stands. Of the intent: nothing was begun. */
  'halted',
  /** The control was released, and the rollout goes on. */
  'resumed',
  'completed',
] as const
export type ReportOutcome = (typeof reportOutcomes)[number]

/** One fact about an intent, written by an activity of its workflow. The decider folds each `reportId` once. */
export type RolloutReported = {
  readonly type: 'RolloutReported'
  /** Workflow id + activity id + outcome. */
  readonly reportId: string
  readonly service: ServiceId
  readonly intentId: IntentId
  readonly sequence: number
  /** Null for facts about the whole intent. */
  readonly group: GroupId | null
  readonly step: string | null
  readonly outcome: ReportOutcome
  /** Numbers and reasons for people; for `completed` also `partial` below. */
  readonly detail: string
  /** Counts of the group after this fact (`placed`: the plan's target); null for facts without counts. */
  readonly prefill: number | null
  readonly decode: number | null
  /** For `completed`: whether fewer groups committed than were planned. */
  readonly partial: boolean
  readonly time: EpochMs
}

export type InputEvent = ClockTicked | ServiceConfigured | ServiceRemoved | RolloutReported
