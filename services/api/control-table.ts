/** What operators have ordered, and what the decider of each service has said it acts on. */
import { directivesFor, fleetScope, foldControl, noControls, sameDirectives } from '../../core/controls/controls.ts'
import { isInForce } from '../../core/controls/stop.ts'
import type { ControlChanged, ControlSet, Directive } from '../../core/events/control.ts'

/** Orders that are remembered to tell what was in force in the past: some 200 bytes each. */
const PAST = 2_000

export type ControlTable = ReturnType<typeof createControlTable>

export const createControlTable = () => {
  let controls = noControls
  let end = 0
  let past: readonly ControlSet[] = []
  const announced = new Map<string, ControlChanged>()
  const directivesOf = (service: string): readonly Directive[] => directivesFor(controls, service)
  return {
    /** Folds a record of `controls`. */
    set(event: ControlSet, offset: number): void {
      controls = foldControl(controls, event)
      end = offset + 1
      past = [...past, event].slice(-PAST)
    },
    confirm(event: ControlChanged): void {
      const known = announced.get(event.service)
      if (known === undefined || known.controlsEnd < event.controlsEnd) announced.set(event.service, event)
    },
    forget: (service: string): void => void announced.delete(service),
    directivesOf,
    /** All in force, the fleet's first. */
    inForce(nowMs: number): readonly Directive[] {
      const all = [...controls.values()].filter((directive) => isInForce(directive, nowMs))
      return all.sort((a, b) => Number(b.scope === fleetScope) - Number(a.scope === fleetScope) || (a.scope < b.scope ? -1 : 1))
    },
    inForceFor: (service: string, nowMs: number): readonly Directive[] => directivesOf(service).filter((directive) => isInForce(directive, nowMs)),
    /** Those that were in force for a service at a moment in the past. */
    inForceAt: (service: string, atMs: number): readonly Directive[] =>
      directivesFor(past.filter(({ time }) => time <= atMs).reduce(foldControl, noControls), service).filter((directive) => isInForce(directive, atMs)),
    /**
     * Whether the decider of a service acts on everything up to `orderEnd`, one past the order's offset. Deciders announce
     * only what changes something: where the order left the service's directives as they were (`before`), none will, and
     * then it is enough that one lives (`hasTicked` since the order).
     */
    isConfirmed(service: string, order: { readonly orderEnd: number; readonly before: readonly Directive[]; readonly hasTicked: boolean }): boolean {
      const known = announced.get(service)
      if (known !== undefined && known.controlsEnd >= order.orderEnd) return true
      return order.hasTicked && end >= order.orderEnd && sameDirectives(known?.directives ?? order.before, directivesOf(service))
    },
  }
}
