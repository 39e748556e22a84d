/** The fold of the topic `controls`: what operators have ordered, for the fleet and for each service. */
import type { ControlSet, Directive } from '../events/control.ts'
import type { ServiceId } from '../ids.ts'

export const fleetScope = 'fleet'

export const scopeOf = (service: ServiceId): string => `service/${service}`

/** Key of a record of `controls`. */
export const controlKey = ({ scope, control }: Pick<ControlSet, 'scope' | 'control'>): string => `${scope}/${control}`

/** By record key; released controls and modes that say `auto` are absent. */
export type Controls = ReadonlyMap<string, Directive>

export const noControls: Controls = new Map()

/** The controls after one more record, given in the order of the log. */
export const foldControl = (controls: Controls, { type: _type, ...directive }: ControlSet): Controls => {
  const next = new Map(controls)
  if (directive.value === 'released' || directive.value === 'auto') next.delete(controlKey(directive))
  else next.set(controlKey(directive), directive)
  return next
}

/** Each field of both lists is equal, place by place. */
export const sameDirectives = (a: readonly Directive[], b: readonly Directive[]): boolean =>
  a.length === b.length && a.every((one, index) => isSame(one, b[index]))

const isSame = (a: Directive, b: Directive | undefined): boolean =>
  b !== undefined && (Object.keys(a) as (keyof Directive)[]).every((field) => a[field] === b[field])

/** What concerns a service, the fleet's orders included, sorted by scope and control: equal orders give equal bytes. */
export const directivesFor = (controls: Controls, service: ServiceId): readonly Directive[] => {
  const keys = [...controls.keys()].sort()
  return keys.flatMap((key) => {
    const directive = controls.get(key)
    return directive && (directive.scope === fleetScope || directive.scope === scopeOf(service)) ? [directive] : []
  })
}
