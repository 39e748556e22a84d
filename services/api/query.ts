/** Query parameters and headers: strict, because a filter that is silently ignored answers another question. */
import { z } from 'zod'
import { ApiError } from './api-error.ts'

const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `a whole number ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `a whole number ${least} to ${most}`)

const service = z.string().regex(/^[a-z0-9-]{1,63}$/, 'a service name').optional()
/** Enough for a screen; more is asked for. */
const limit = whole(1, 1000).default(50)

export const listQuery = z.strictObject({ service, limit })
export const serviceQuery = z.strictObject({ service })

/** World time in epoch milliseconds: 13 digits until the year 2286. */
const epochMs = z.string().regex(/^\d{1,15}$/, 'a time in epoch milliseconds').transform(Number)
export const explainAtQuery = z.strictObject({ at: epochMs.optional() })
export const noQuery = z.strictObject({})

/** An hour is the longest that a proxy will hold a request; a minute is the longest that a person will. */
const waitSeconds = whole(0, 60).default(10)

export const waitQuery = z.strictObject({ waitSeconds })
export const applyQuery = z.strictObject({
  expectedGeneration: whole(0, 999_999_999).optional(),
  confirmDecrease: whole(1, 100).optional(),
  waitSeconds,
})

export const authorHeader = z.string().regex(/^[\w.@+-]{1,64}$/, 'letters, digits and . @ + - _, at most 64').default('api')

/** For the kill switch: the defaults take the place of whatever is wrong. */
export const parseOrDefault = <T>(schema: z.ZodType<T>, input: unknown, otherwise: unknown): T => {
  const parsed = schema.safeParse(input)
  return parsed.success ? parsed.data : schema.parse(otherwise)
}

/** Throws `ApiError` 400 that names the parameter, what was got and what is allowed. */
export const parseOrRefuse = <T>(schema: z.ZodType<T>, input: unknown, where: string): T => {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = [where, ...(issue?.path ?? [])].map(String).join('/')
  throw new ApiError(400, { code: where === 'body' ? 'E_BODY' : 'E_QUERY', message: `${issue?.message ?? 'not allowed'}; nothing was done`, path })
}
