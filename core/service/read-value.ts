/**
 * Readers of untrusted values. A reader returns the value, or reports a fault and returns undefined; it never stops
 * at the first fault, so that a user sees all of them at once.
 */
import type { Fault } from './fault.ts'
import { showValue } from './fault.ts'
import { nearestWord } from './nearest-word.ts'

/** Where a reader stands, and where it reports. */
export type Place = { readonly path: string; readonly faults: Fault[] }
export type Reader<T> = (input: unknown, at: Place) => T | undefined

const below = (at: Place, key: string): Place => ({ faults: at.faults, path: at.path === '' ? key : `${at.path}.${key}` })

/** Reports a fault and gives undefined, so that a reader may return it. */
export const refuse = (at: Place, fault: Omit<Fault, 'path' | 'hint'> & { readonly hint?: string }): undefined => {
  at.faults.push({ path: at.path, hint: '', ...fault })
}

/** Blank (`min:` or `min: ~`) and absent are both refused: a blank value once deleted a production fleet's limits. */
const refuseMissing = (input: unknown, at: Place, allowed: string): undefined =>
  refuse(at, {
    code: 'E_SPEC_REQUIRED',
    got: showValue(input),
    allowed,
    ...(input === null ? { hint: 'blank is not a default; remove the key to get the default, if it has one' } : {}),
  })

const isMissing = (input: unknown): input is null | undefined => input === undefined || input === null

/** Reads an absent key as `fallback`. A blank one is still refused by `reader`. */
export const orElse =
  <T>(reader: Reader<T>, fallback: T): Reader<T> =>
  (input, at) =>
    input === undefined ? fallback : reader(input, at)

/** Applies a rule that spans several fields, when all of them could be read. */
export const checked =
  <T>(reader: Reader<T>, rule: (value: T, at: Place) => void): Reader<T> =>
  (input, at) => {
    const value = reader(input, at)
    if (value !== undefined) rule(value, at)
    return value
  }

/** A map with exactly these keys. An absent map is read as an empty one: its fields have defaults or report themselves. */
export const record =
  <T extends object>(fields: { readonly [K in keyof T]: Reader<T[K]> }, reserved: readonly string[] = []): Reader<T> =>
  (input, at) => {
    const given = input === undefined ? {} : input
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return refuseNoMap(input, at, Object.keys(fields))
    const source = given as { readonly [key: string]: unknown }
    refuseUnknownKeys(source, at, { known: Object.keys(fields), reserved })
    return readFields(fields, source, at)
  }

const readFields = <T extends object>(
  fields: { readonly [K in keyof T]: Reader<T[K]> },
  source: { readonly [key: string]: unknown },
  at: Place,
): T | undefined => {
  const entries = Object.entries(fields as { readonly [key: string]: Reader<unknown> }).map(
    ([key, reader]) => [key, reader(Object.hasOwn(source, key) ? source[key] : undefined, below(at, key))] as const,
  )
  return entries.some(([, value]) => value === undefined) ? undefined : (Object.fromEntries(entries) as T)
}

const refuseNoMap = (input: unknown, at: Place, keys: readonly string[]): undefined =>
  input === null
    ? refuseMissing(input, at, `a map with ${keys.join(', ')}`)
    : refuse(at, { code: 'E_SPEC_TYPE', got: showValue(input), allowed: `a map with ${keys.join(', ')}` })

const refuseUnknownKeys = (
  source: object,
  at: Place,
  words: { readonly known: readonly string[]; readonly reserved: readonly string[] },
): void => {
  for (const key of Object.keys(source)) {
    if (words.known.includes(key)) continue
    const near = nearestWord(key, words.known)
    const reserved = words.reserved.includes(key) ? 'reserved for a later version' : ''
    const hint = near === null ? reserved : `did you mean ${near}?`
    refuse(below(at, key), { code: 'E_SPEC_UNKNOWN_KEY', got: showValue(key), allowed: words.known.join(', '), hint })
  }
}

export type Bounds = { readonly least: number; readonly most: number }

/** A whole number inside the bounds, written as a number: `"10"`, `3.5` and `1_000` are refused. */
export const whole =
  (bounds: Bounds): Reader<number> =>
  (input, at) => {
    const allowed = `a whole number ${bounds.least} to ${bounds.most}`
    const value = numberOf(input, at, { allowed, code: 'E_SPEC_INT' })
    if (value === undefined) return undefined
    if (!Number.isInteger(value)) return refuse(at, { code: 'E_SPEC_INT', got: showValue(input), allowed })
    return inside(value, at, { bounds, allowed })
  }

/** A number inside the bounds; with `above`, the lower bound itself is excluded. */
export const number =
  (bounds: Bounds & { readonly above?: true }): Reader<number> =>
  (input, at) => {
    const allowed = bounds.above ? `a number above ${bounds.least} up to ${bounds.most}` : `a number ${bounds.least} to ${bounds.most}`
    const value = numberOf(input, at, { allowed, code: 'E_SPEC_NUMBER' })
    if (value === undefined) return undefined
    if (bounds.above && value === bounds.least) return refuse(at, { code: 'E_SPEC_RANGE', got: showValue(input), allowed })
    return inside(value, at, { bounds, allowed })
  }

/** A length of world time in whole seconds. `5m` is refused with the number to write. */
export const seconds =
  (bounds: Bounds): Reader<number> =>
  (input, at) => {
    const allowed = `whole seconds ${bounds.least} to ${bounds.most}`
    if (typeof input === 'string') {
      const inSeconds = secondsOf(input)
      const hint = inSeconds === null ? '' : `write ${inSeconds}`
      return refuse(at, { code: 'E_SPEC_DURATION', got: showValue(input), allowed, hint })
    }
    return whole(bounds)(input, at)
  }

const secondsOf = (text: string): number | null => {
  const match = /^(\d{1,6}) ?(s|m|h)$/.exec(text)
  return match === null ? null : Number(match[1]) * ({ s: 1, m: 60, h: 3600 }[match[2] as string] ?? 1)
}

const numberOf = (
  input: unknown,
  at: Place,
  kind: { readonly allowed: string; readonly code: 'E_SPEC_INT' | 'E_SPEC_NUMBER' },
): number | undefined => {
  if (isMissing(input)) return refuseMissing(input, at, kind.allowed)
  if (typeof input !== 'number') return refuse(at, { code: kind.code, got: showValue(input), allowed: kind.allowed })
  if (!Number.isFinite(input)) return refuse(at, { code: 'E_SPEC_NOT_FINITE', got: showValue(input), allowed: kind.allowed })
  return input
}

const inside = (value: number, at: Place, rule: { readonly bounds: Bounds; readonly allowed: string }): number | undefined =>
  value < rule.bounds.least || value > rule.bounds.most
    ? refuse(at, { code: 'E_SPEC_RANGE', got: showValue(value), allowed: rule.allowed })
    : value

/** One of the words, spelt exactly. */
export const oneOf =
  <T extends string>(words: readonly T[]): Reader<T> =>
  (input, at) => {
    const allowed = words.join(' | ')
    if (isMissing(input)) return refuseMissing(input, at, allowed)
    const word = words.find((candidate) => candidate === input)
    if (word !== undefined) return word
    const near = typeof input === 'string' ? nearestWord(input, words) : null
    return refuse(at, { code: 'E_SPEC_CHOICE', got: showValue(input), allowed, ...(near === null ? {} : { hint: `did you mean ${near}?` }) })
  }

/** A text that matches; `allowed` says in words what matches. */
export const matching =
  (pattern: RegExp, allowed: string): Reader<string> =>
  (input, at) => {
    if (isMissing(input)) return refuseMissing(input, at, allowed)
    if (typeof input !== 'string') return refuse(at, { code: 'E_SPEC_TYPE', got: showValue(input), allowed })
    return pattern.test(input) ? input : refuse(at, { code: 'E_SPEC_NAME', got: showValue(input), allowed })
  }

/** A list with a bounded number of items; faults carry the index. */
export const listOf =
  <T>(item: Reader<T>, size: Bounds): Reader<readonly T[]> =>
  (input, at) => {
    const allowed = `a list of ${size.least} to ${size.most}`
    if (isMissing(input)) return refuseMissing(input, at, allowed)
    if (!Array.isArray(input)) return refuse(at, { code: 'E_SPEC_TYPE', got: showValue(input), allowed })
    if (input.length < size.least || input.length > size.most)
      return refuse(at, { code: 'E_SPEC_RANGE', got: showValue(input), allowed })
    const items = input.map((one: unknown, index) => item(one, { faults: at.faults, path: `${at.path}[${index}]` }))
    return items.some((one) => one === undefined) ? undefined : (items as T[])
  }
