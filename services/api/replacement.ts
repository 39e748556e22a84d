/**
 * An order takes the place of the one that stands under its key, and what it replaced does not come back when it ends. So
 * one that ends by itself may not silently end an order that was meant to stand longer.
 */
import { controlKey } from '../../core/controls/controls.ts'
import type { ControlSet, Directive } from '../../core/events/control.ts'
import { showCounts } from '../../core/roles.ts'
import { ApiError } from './api-error.ts'
import { showTime } from './show-time.ts'

/** The directive whose place an order takes; null when none of those in force has its scope and control. */
export const replacedBy = (order: ControlSet, inForce: readonly Directive[]): Directive | null =>
  inForce.find((directive) => controlKey(directive) === controlKey(order)) ?? null

/** Such an order ends another one and begins nothing. */
export const isRelease = ({ value }: Pick<ControlSet, 'value'>): boolean => value === 'released' || value === 'auto'

/** Throws `ApiError` 409 for an order with an end that would take the place of one without, or with a later one. */
export const refuseShorter = (order: ControlSet, replaced: Directive | null): void => {
  const { untilMs, scope } = order
  if (untilMs === null || replaced === null || (replaced.untilMs !== null && replaced.untilMs <= untilMs)) return
  const stands = `${said(replaced)} stands until ${replaced.untilMs === null ? 'it is released' : showTime(replaced.untilMs)}`
  const message = `${stands}; this order would take its place and end at ${showTime(untilMs)}, with nothing in force after it; nothing was recorded; ` +
    'if you mean it, add --replace (in a body "replace": true)'
  throw new ApiError(409, { code: 'E_SAFETY_REPLACES', message, path: scope })
}

/** `freeze on for fleet by ada: network change`. */
const said = ({ scope, control, value, prefill, decode, author, reason }: Directive): string =>
  `${control} ${prefill === null || decode === null ? value : showCounts({ prefill, decode })} for ${scope} by ${author}: ${reason}`
