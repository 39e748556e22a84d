/** What operators have ordered, and what the decider of each service has said it acts on. */
import { directivesFor, fleetScope, foldControl, noControls, sameDirectives } from '../../core/controls/controls.ts'
import { isInForce } from '../../core/controls/stop.ts'
import type { ControlChanged, ControlSet, Directive } from '../../core/events/control.ts'

export type ControlTable = ReturnType<typeof createControlTable>

export const createControlTable = () => {
  let controls = noControls
  let end = 0
  const announced = new Map<string, ControlChanged>()
  const directivesOf = (service: string): readonly Directive[] => directivesFor(controls, service)
  return {
    /** Folds a record of `controls`. */
    set(event: ControlSet, offset: number): void {
      controls = foldControl(controls, event)
      end = offset + 1
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
    /**
     * Whether the decider of a service acts on everything up to `orderEnd`, one past the order's offset. Deciders announce
     * only what changes something: where the order left the service's directives as they were (`before`), none will.
     */
    isConfirmed(service: string, order: { readonly orderEnd: number; readonly before: readonly Directive[] }): boolean {
      const known = announced.get(service)
      if (known !== undefined && known.controlsEnd >= order.orderEnd) return true
      return end >= order.orderEnd && sameDirectives(known?.directives ?? order.before, directivesOf(service))
    },
  }
}
