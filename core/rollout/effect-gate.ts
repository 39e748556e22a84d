/** What stands between a rollout and its next effect: the operators' orders (DESIGN 7, "Control"). */
import type { StopCode } from '../controls/stop.ts'
import type { ServiceId } from '../ids.ts'

/** Orders that nobody can read may hold a stop, so they count as one. */
export type EffectStop = { readonly code: StopCode | 'CONTROLS_UNKNOWN'; readonly detail: string }

export interface EffectGate {
  /**
   * Why no forward effect on the service may begin now, or null when it may: every order that was acknowledged before the call
   * counts. Answers within `controlsReadMs`; what it cannot read is a stop and no error. Undo and reports never ask.
   */
  stopFor(service: ServiceId): Promise<EffectStop | null>
}

export const showStop = ({ code, detail }: EffectStop): string => `${code}: ${detail}`

/** Failure type of an effect that a stop held up before it began. */
export const haltedType = 'HALTED'
