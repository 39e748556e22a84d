/**
 * Lines of a sub-cluster's change log: every effect, with the key that caused it and what served before and after it.
 * An independent checker computes the P/D band and the count of effects per key from these lines alone.
 */
import type { RatioBand } from '../events/decided.ts'
import type { DecisionId, GroupId, IntentId, ServiceId } from '../ids.ts'
import type { InstanceStatus } from '../ports.ts'
import type { Role, RoleCounts } from '../roles.ts'
import type { EpochMs } from '../units.ts'

type Common = { readonly time: EpochMs; readonly group: GroupId; readonly service: ServiceId }

/** Instances that receive traffic around the change. A write that removes several instances is one change. */
type Serving = { readonly servingBefore: RoleCounts; readonly servingAfter: RoleCounts; readonly band: RatioBand }

export type GroupWriteChange = Common &
  Serving & {
    readonly kind: 'written'
    readonly key: string
    readonly undoes: string | null
    readonly uid: string
    readonly sequence: number
    readonly intentId: IntentId
    readonly decisionId: DecisionId
    readonly countsBefore: RoleCounts
    readonly countsAfter: RoleCounts
    readonly targetBefore: RoleCounts
    readonly targetAfter: RoleCounts
  }
export type RefusalChange = Common & { readonly kind: 'refused'; readonly key: string; readonly code: string; readonly detail: string }
export type BarChange = Common & { readonly kind: 'barred'; readonly key: string }
export type GateOpenedOrClosed = Common &
  Serving & { readonly kind: 'gate'; readonly instance: string; readonly role: Role; readonly registered: boolean }
/** `gone` follows `terminating` or `failed`: the instance no longer exists and its GPUs are free. */
export type PhaseChange = Common &
  Serving & {
    readonly kind: 'phase'
    readonly instance: string
    readonly role: Role
    readonly node: string | null
    readonly phase: InstanceStatus['phase'] | 'gone'
    readonly cause: string
  }

export type FleetChange = GroupWriteChange | RefusalChange | BarChange | GateOpenedOrClosed | PhaseChange
