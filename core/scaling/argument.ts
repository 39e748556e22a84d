/** The whole argument of `decide`. Recorded in full with each decision, so that it can be executed again alone. */
import { canonicalJson } from '../canonical.ts'
import type { Directive } from '../events/control.ts'
import type { DecisionKind, RatioBand } from '../events/decided.ts'
import type { LogPosition, ServiceId } from '../ids.ts'
import type { RoleCounts } from '../roles.ts'
import type { EvidenceArgument, ServiceEvidence } from '../signals/evidence.ts'
import { packSamples, unpackSamples } from '../signals/packed-samples.ts'
import type { PackedSamples } from '../signals/packed-samples.ts'
import type { EpochMs } from '../units.ts'
import type { ScalingMemory } from './memory.ts'

/** An order on its way, as far as deciding cares. */
export type OrderUnderWay = {
  readonly sequence: number
  readonly kind: DecisionKind
  readonly target: RoleCounts
  readonly emittedAtMs: EpochMs
}

export type DecisionArgument = EvidenceArgument & {
  readonly service: ServiceId
  readonly tick: LogPosition
  readonly coreHash: string
  readonly ownerSinceMs: EpochMs
  /** The present target: what was ordered last and is on its way, else what stands. Null while not known. */
  readonly current: RoleCounts | null
  readonly ordersUnderWay: readonly OrderUnderWay[]
  readonly memory: ScalingMemory
  /** What operators have ordered for the service; null while that is not known. */
  readonly controls: readonly Directive[] | null
}

type RecordedArgument = Omit<DecisionArgument, 'signals'> & { readonly signals: PackedSamples }

/** The argument as a decision carries it. */
export const writeArgument = (argument: DecisionArgument): string =>
  canonicalJson({ ...argument, signals: packSamples(argument.signals, argument.nowMs) } satisfies RecordedArgument)

/** The argument of a recorded decision. */
export const readArgument = (text: string): DecisionArgument => {
  const recorded = JSON.parse(text) as RecordedArgument
  return { ...recorded, signals: unpackSamples(recorded.signals) }
}

/** The argument with what follows from it once; what every rule of this folder takes. */
export type Situation = DecisionArgument & {
  readonly current: RoleCounts
  readonly evidence: ServiceEvidence
  readonly band: RatioBand
  /** Deployment groups, at least 1: each gives the band one instance of slack. */
  readonly groups: number
}
