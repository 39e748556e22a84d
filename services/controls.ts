/** What operators have ordered, read to the end of `controls` at every call (DESIGN 7, "Control"). */
import { foldControl, noControls } from '../core/controls/controls.ts'
import type { Controls } from '../core/controls/controls.ts'
import { isPortError, portError } from '../core/port-error.ts'
import type { EventLog, Subscription, WallTimers } from '../core/ports.ts'
import { controlsReadMs } from '../core/rollout/deadlines.ts'
import type { DurationMs } from '../core/units.ts'
import { createSharedRun } from './shared-run.ts'
import { wallTimers } from './wall-timers.ts'

export interface FollowedControls extends Subscription {
  /**
   * The controls with every record that the topic held at the call. Rejects with PortError `timeout` when that took too long,
   * and with `unavailable` when the log refuses.
   */
  read(): Promise<Controls>
}

export type FollowControlsOptions = {
  /** Wall time, default 2 s. */
  readonly readWithinMs?: DurationMs
  readonly timers?: WallTimers
}

/** Resolves when all that `controls` holds now is known. */
export const followControls = async (eventLog: EventLog, options: FollowControlsOptions = {}): Promise<FollowedControls> => {
  const patience: Patience = { allowedMs: options.readWithinMs ?? controlsReadMs, timers: options.timers ?? wallTimers }
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
  const caughtUp = createSharedRun(() => within(follower.caughtUp(), patience))
  const read = async (): Promise<Controls> => {
    await within(caughtUp(), patience)
    return controls
  }
  return { read, died: follower.died, close: () => follower.close() }
}

type Patience = { readonly allowedMs: DurationMs; readonly timers: WallTimers }

const within = async (reading: Promise<void>, { allowedMs, timers }: Patience): Promise<void> => {
  let cancel = (): void => undefined
  const late = new Promise<never>((_, reject) => {
    cancel = timers.after(allowedMs, () => reject(portError('timeout', tooLate(allowedMs))))
  })
  try {
    await Promise.race([reading, late])
  } catch (error) {
    throw isPortError(error) ? error : portError('unavailable', unreadable(error), error)
  } finally {
    cancel()
  }
}

const tooLate = (allowedMs: DurationMs): string =>
  `E_CONTROLS_UNREADABLE controls: got no answer of the log within ${allowedMs} ms; allowed: all orders known; it counts as a stop until they are`

const unreadable = (error: unknown): string =>
  `E_CONTROLS_UNREADABLE controls: got ${String(error)}; allowed: all orders known; it counts as a stop until they are`
