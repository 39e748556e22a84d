/** Waits under an operator's stop until nothing forbids the next effect of a service any more. It only reads. */
import { heartbeat, sleep } from '@temporalio/activity'
import { showStop } from '../../core/rollout/effect-gate.ts'
import type { ServiceId } from '../../core/ids.ts'
import type { EpochMs } from '../../core/units.ts'
import type { RolloutPorts } from './ports.ts'

/** Wall time. A look takes up to 2 s when the log does not answer, so a heartbeat comes at least every 2.5 s. */
const lookEveryMs = 500

export type ReleaseWait = { readonly service: ServiceId }
/** `at`: when the service was found without a stop. */
export type StopReleased = { readonly at: EpochMs }

/** A cancelled activity leaves through `sleep`, which rejects then. */
export const createAwaitRelease =
  ({ gate, clock }: RolloutPorts) =>
  async ({ service }: ReleaseWait): Promise<StopReleased> => {
    for (;;) {
      const stop = await gate.stopFor(service)
      if (stop === null) return { at: clock.now() }
      heartbeat(showStop(stop))
      await sleep(lookEveryMs)
    }
  }
