/** What operators have ordered, read to the end of `controls` at every call (DESIGN 7, "Control"). */
import { foldControl, noControls } from '../core/controls/controls.ts'
import type { Controls } from '../core/controls/controls.ts'
import { isPortError, portError } from '../core/port-error.ts'
import type { EventLog, Subscription } from '../core/ports.ts'
import { controlsReadMs } from '../core/rollout/deadlines.ts'
import type { DurationMs } from '../core/units.ts'
import { createSharedRun } from './shared-run.ts'

export interface FollowedControls extends Subscription {
  /**
   * The controls with every record that the topic held at the call. Rejects with PortError `timeout` when that took too long,
   * and with `unavailable` when the log refuses.
   */
  read(): Promise<Controls>
}

/** Resolves when all that `controls` holds now is known. `readWithinMs`: wall time, default 2 s. */
export const followControls = async (eventLog: EventLog, readWithinMs: DurationMs = controlsReadMs): Promise<FollowedControls> => {
  let controls = noControls
  const follower = await eventLog.follow({
    topics: ['controls'],
    from: 'start',
    onRecord: ({ event }) => {
      if (event?.type === 'ControlSet') controls = foldControl(controls, event)
    },
  })
  await follower.caughtUp()
  // Hundreds of halted rollouts look at once; one question to the broker answers them all.
  const caughtUp = createSharedRun(() => within(follower.caughtUp(), readWithinMs))
  const read = async (): Promise<Controls> => {
    await within(caughtUp(), readWithinMs)
    return controls
  }
  return { read, died: follower.died, close: () => follower.close() }
}

const within = async (reading: Promise<void>, allowedMs: DurationMs): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(portError('timeout', tooLate(allowedMs))), allowedMs)
  })
  try {
    await Promise.race([reading, late])
  } catch (error) {
    throw isPortError(error) ? error : portError('unavailable', unreadable(error), error)
  } finally {
    clearTimeout(timer)
  }
}

const tooLate = (allowedMs: DurationMs): string =>
  `E_CONTROLS_UNREADABLE controls: got no answer of the log within ${allowedMs} ms; allowed: all orders known; it counts as a stop until they are`

const unreadable = (error: unknown): string =>
  `E_CONTROLS_UNREADABLE controls: got ${String(error)}; allowed: all orders known; it counts as a stop until they are`
