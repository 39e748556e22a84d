/** Holds the operators' orders against every forward effect of this process. */
import { directivesFor } from '../../core/controls/controls.ts'
import type { Controls } from '../../core/controls/controls.ts'
import { stopOf } from '../../core/controls/stop.ts'
import { isPortError } from '../../core/port-error.ts'
import type { Clock } from '../../core/ports.ts'
import type { EffectGate } from '../../core/rollout/effect-gate.ts'

export type EffectGateParts = {
  readonly controls: { read(): Promise<Controls> }
  readonly clock: Pick<Clock, 'now'>
}

export const createEffectGate = ({ controls, clock }: EffectGateParts): EffectGate => ({
  stopFor: async (service) => {
    try {
      return stopOf(directivesFor(await controls.read(), service), clock.now())
    } catch (error) {
      if (!isPortError(error)) throw error
      return { code: 'CONTROLS_UNKNOWN', detail: error.message }
    }
  },
})
