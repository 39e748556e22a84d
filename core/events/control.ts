/** What operators order: the records of `controls`, and what the deciders make of them for each service (DESIGN 7, "Control"). */
import type { ServiceId } from '../ids.ts'
import type { EpochMs, Offset } from '../units.ts'

/**
 * `kill-switch`, `freeze` (scope fleet): `on` or `released`. `mode` (scope of a service): `auto`, `recommend` or `paused`.
 * `manual-scale` (scope of a service): `on`, with counts and an end, or `released`.
 */
export const controlKinds = ['kill-switch', 'freeze', 'mode', 'manual-scale'] as const
export type ControlKind = (typeof controlKinds)[number]

export const controlValues = ['on', 'released', 'auto', 'recommend', 'paused'] as const
export type ControlValue = (typeof controlValues)[number]

/** What stands in a record of `controls`, and in the directives of a service. */
type Ordered = {
  /** `fleet`, or `service/<id>`. */
  readonly scope: string
  readonly control: ControlKind
  readonly value: ControlValue
  /** Counts of a manual scale; null for every other control. */
  readonly prefill: number | null
  readonly decode: number | null
  /** World time at which it ends by itself; null: it stands until it is released. */
  readonly untilMs: EpochMs | null
  readonly author: string
  readonly reason: string
  /** When it was ordered, world time. */
  readonly time: EpochMs
}

/** An order of an operator under the key `<scope>/<control>`; a release is a record too, so that it has an author. */
export type ControlSet = Ordered & { readonly type: 'ControlSet' }

/** A control that is in force, or ended by itself and was not followed by another. */
export type Directive = Ordered

/**
 * Everything that operators have ordered for one service, the fleet's orders included: the whole, never a difference.
 * The owner of the service's partition writes it on every change, and once the service is configured.
 */
export type ControlChanged = {
  readonly type: 'ControlChanged'
  readonly service: ServiceId
  /** One past the last record of `controls` that this rests on; what rests on less than is known already is ignored. */
  readonly controlsEnd: Offset
  /** Sorted by scope and control; empty when nothing is ordered. */
  readonly directives: readonly Directive[]
  readonly time: EpochMs
}
