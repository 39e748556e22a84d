/** Values of flags: an empty value is a forgotten one (`--max ""` is not 0), and a flag stands once. */
import { InvalidArgumentError } from 'commander'

/** Wraps a parser so that an empty value, a value that looks like a flag, and a second occurrence are usage errors. */
export const once =
  <T>(parse: (value: string) => T) =>
  (value: string, previous: T | undefined): T => {
    if (previous !== undefined) throw new InvalidArgumentError('given twice; once is allowed.')
    if (value.trim() === '') throw new InvalidArgumentError('empty value.')
    if (value.startsWith('--')) throw new InvalidArgumentError(`${value} looks like a flag; a value was expected.`)
    return parse(value)
  }

export const text = once((value) => value)

/** A text that `faultOf` finds nothing wrong with; it answers with what is allowed. */
export const checkedText = (faultOf: (value: string) => string | null) =>
  once((value) => {
    const fault = faultOf(value)
    if (fault !== null) throw new InvalidArgumentError(`expected ${fault}.`)
    return value
  })

/** Decimal digits only: `1e3`, `0x10` and digits of other scripts are refused. */
export const wholeNumber = (least: number, most: number) =>
  once((value) => {
    const number = /^[0-9]{1,9}$/.test(value) ? Number(value) : Number.NaN
    if (!(number >= least && number <= most)) throw new InvalidArgumentError(`expected a whole number ${least}-${most}.`)
    return number
  })

export const oneOf = <T extends string>(...words: readonly T[]) =>
  once((value): T => {
    const word = words.find((candidate) => candidate === value)
    if (word === undefined) throw new InvalidArgumentError(`expected ${words.join(' or ')}.`)
    return word
  })

/** A decimal number above 0, at most `most`. */
export const positiveNumber = (most: number) =>
  once((value) => {
    const number = /^[0-9]{1,9}(\.[0-9]{1,6})?$/.test(value) ? Number(value) : Number.NaN
    if (!(number > 0 && number <= most)) throw new InvalidArgumentError(`expected a number above 0, at most ${most}.`)
    return number
  })

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** `90s`, `15m`, `2h`, `3d`, in milliseconds. */
export const durationMs = (leastMs: number, mostMs: number) =>
  once((value) => {
    const [, count, unit] = /^([0-9]{1,6})([smhd])$/.exec(value) ?? []
    const ms = count === undefined ? Number.NaN : Number(count) * unitMs[unit as keyof typeof unitMs]
    if (!(ms >= leastMs && ms <= mostMs)) throw new InvalidArgumentError(`expected a duration such as 90s, 15m or 2h, from ${leastMs / 1000}s to ${mostMs / unitMs.h}h.`)
    return ms
  })

/** How long an order may stand by itself: a minute to a week, world time. */
export const orderDurationMs = durationMs(60_000, 7 * unitMs.d)
