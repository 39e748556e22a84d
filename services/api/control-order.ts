/** The body of `POST /controls`: which orders there are, and what each must say. */
import { z } from 'zod'
import { fleetScope } from '../../core/controls/controls.ts'
import { anyReason, faultOfReason } from '../../core/controls/reason.ts'
import { controlKinds, controlValues } from '../../core/events/control.ts'
import type { ControlKind, ControlValue } from '../../core/events/control.ts'
import { MOST_INSTANCES } from '../../core/service/specification.ts'
import { ApiError } from './api-error.ts'
import { parseOrRefuse } from './query.ts'

export type ControlOrder = {
  readonly scope: string
  readonly control: ControlKind
  readonly value: ControlValue
  readonly prefill?: number | undefined
  readonly decode?: number | undefined
  readonly forSeconds?: number | undefined
  /** An end is meant, although the order that stands would stand longer. */
  readonly replace?: boolean | undefined
  readonly reason: string
}

/** A minute is the shortest that a loop can act on; after a week an order that nobody renews is a forgotten one. */
const forSeconds = whole(60, 604_800)
const count = whole(0, MOST_INSTANCES)
const replace = z.boolean('true or false').optional()
const reason = z.string('a text').superRefine((text, context) => {
  const fault = faultOfReason(text)
  if (fault !== null) context.addIssue({ code: 'custom', message: fault })
})

const fleet = z.literal(fleetScope, { error: `${fleetScope}: this control stops the whole fleet` }).default(fleetScope)
const service = z.string('service/<name>').regex(/^service\/[a-z0-9-]{1,63}$/, 'service/<name>: this control is one service\'s')
const control = z.enum(controlKinds)
const value = z.enum(controlValues)

/** By `<control> <value>`. */
const schemas: { readonly [order: string]: z.ZodType<ControlOrder> } = {
  // Nothing but the word itself can be wrong: who pulls it has no time to correct anything else.
  'kill-switch on': z.object({ control, value, reason: z.unknown().optional() }).transform((order) => ({
    ...order,
    scope: fleetScope,
    reason: anyReason(typeof order.reason === 'string' ? order.reason : ''),
  })),
  'kill-switch released': z.strictObject({ scope: fleet, control, value, reason }),
  'freeze on': z.strictObject({ scope: fleet, control, value, forSeconds: forSeconds.optional(), replace, reason }),
  'freeze released': z.strictObject({ scope: fleet, control, value, reason }),
  'mode auto': z.strictObject({ scope: service, control, value, reason }),
  'mode recommend': z.strictObject({ scope: service, control, value, forSeconds: forSeconds.optional(), replace, reason }),
  'mode paused': z.strictObject({ scope: service, control, value, forSeconds: forSeconds.optional(), replace, reason }),
  'manual-scale on': z.strictObject({ scope: service, control, value, prefill: count, decode: count, forSeconds, replace, reason }),
  'manual-scale released': z.strictObject({ scope: service, control, value, reason }),
}

/** Throws `ApiError` 400 that names the field, what was got and what is allowed. */
export const readControlOrder = (body: Uint8Array): ControlOrder => {
  const json = parse(body)
  const head = json as { readonly control?: unknown; readonly value?: unknown } | null
  const schema = Object.entries(schemas).find(([order]) => order === `${String(head?.control)} ${String(head?.value)}`)?.[1]
  if (schema !== undefined) return parseOrRefuse(schema, json, 'body')
  const got = JSON.stringify([head?.control ?? null, head?.value ?? null]).slice(0, 100)
  throw new ApiError(400, { code: 'E_BODY', message: `got ${got}; control and value: ${Object.keys(schemas).join(', ')}; nothing was done`, path: 'body/control' })
}

const parse = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw new ApiError(400, { code: 'E_BODY', message: 'not JSON; an object with scope, control, value and reason; nothing was done', path: 'body' })
  }
}

function whole(least: number, most: number) {
  const allowed = `a whole number ${least} to ${most}`
  return z.int(allowed).min(least, allowed).max(most, allowed)
}
