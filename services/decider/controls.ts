/** Follows `controls`: what operators have ordered, as this process knows it now (DESIGN 7, "Control"). */
import { directivesFor, fleetScope, foldControl, noControls } from '../../core/controls/controls.ts'
import { isInForce } from '../../core/controls/stop.ts'
import type { ControlKind, Directive } from '../../core/events/control.ts'
import type { ServiceId } from '../../core/ids.ts'
import type { Clock, EventLog, Logger } from '../../core/ports.ts'
import type { Offset } from '../../core/units.ts'
import type { DeciderMetrics } from './metrics.ts'

export type FollowedControls = {
  /** One past the last record that is known here; 0 while there is none. */
  end(): Offset
  directivesFor(service: ServiceId): readonly Directive[]
  /** `listener` is called after each new record. */
  onChange(listener: () => void): void
  /** Shows how many controls are in force now; some end by themselves. */
  show(): void
  /** A fold rests on more than is known here. Raises the alarm, once, unless reading on reaches what is needed then. */
  doubt(needed: () => Offset): void
  /** Rejects when the follower died for good. */
  readonly died: Promise<never>
  close(): Promise<void>
}

export type FollowControlsOptions = {
  readonly eventLog: EventLog
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: DeciderMetrics
}

/** Resolves when everything that `controls` holds now is known. */
export const followControls = async ({ eventLog, clock, log, metrics }: FollowControlsOptions): Promise<FollowedControls> => {
  const listeners: (() => void)[] = []
  const perService = new Map<ServiceId, readonly Directive[]>()
  let controls = noControls
  let end: Offset = 0
  let isDoubted = false

  const show = (): void => showInForce(metrics, [...controls.values()].filter((directive) => isInForce(directive, clock.now())))
  const follower = await eventLog.follow({
    topics: ['controls'],
    from: 'start',
    onRecord: ({ offset, event }) => {
      end = offset + 1
      if (event?.type !== 'ControlSet') return
      controls = foldControl(controls, event)
      perService.clear()
      show()
      for (const listener of listeners) listener()
    },
  })
  await follower.caughtUp()
  show()

  const directivesOf = (service: ServiceId): readonly Directive[] => {
    const directives = perService.get(service) ?? directivesFor(controls, service)
    perService.set(service, directives)
    return directives
  }
  const checkAgain = async (needed: () => Offset): Promise<void> => {
    await follower.caughtUp()
    if (end < needed()) log.error({ code: 'E_CONTROLS_LOST', end, needed: needed() }, lost(end, needed()))
    else isDoubted = false
  }
  const doubt = (needed: () => Offset): void => {
    if (isDoubted) return
    isDoubted = true
    checkAgain(needed).catch(() => undefined) // a follower that died says so by `died`
  }
  return {
    end: () => end,
    directivesFor: directivesOf,
    onChange: (listener) => void listeners.push(listener),
    show,
    doubt,
    died: follower.died,
    close: () => follower.close(),
  }
}

const lost = (end: Offset, needed: Offset): string =>
  `E_CONTROLS_LOST controls: got a topic that ends at offset ${end} where decisions rest on ${needed} records; allowed: a topic that is ` +
  `never deleted or made again; services keep the controls that they have until the topic is longer`

const series: readonly { readonly scopeKind: 'fleet' | 'service'; readonly control: ControlKind }[] = [
  { scopeKind: 'fleet', control: 'kill-switch' },
  { scopeKind: 'fleet', control: 'freeze' },
  { scopeKind: 'service', control: 'mode' },
  { scopeKind: 'service', control: 'manual-scale' },
]

/** A series that is 0 is there too: an alarm must be able to tell "none" from "nobody looks". */
const showInForce = ({ controlsInForce }: DeciderMetrics, inForce: readonly Directive[]): void => {
  for (const { scopeKind, control } of series) {
    const count = inForce.filter((one) => one.control === control && (one.scope === fleetScope) === (scopeKind === 'fleet')).length
    controlsInForce.set({ scope_kind: scopeKind, control }, count)
  }
}
