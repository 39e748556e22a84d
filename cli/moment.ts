/** Points in time as people type them: `2026-01-01T14:05Z`, `14:05`, or an age such as `2h`. Times without a zone are UTC. */
import { InvalidArgumentError } from 'commander'
import type { EpochMs } from '../core/units.ts'
import { once } from './flags.ts'

export type Moment =
  | { readonly kind: 'absolute'; readonly atMs: EpochMs }
  /** The last time that a clock showed this. */
  | { readonly kind: 'of-day'; readonly afterMidnightMs: number }
  | { readonly kind: 'ago'; readonly ageMs: number }

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const dayMs = unitMs.d

export const moment = once((value): Moment => {
  const parsed = age(value) ?? timeOfDay(value) ?? absolute(value)
  if (parsed === null) throw new InvalidArgumentError('expected a time such as 2026-01-01T14:05Z, 14:05 (UTC), or an age such as 90s, 15m, 2h, 3d.')
  return parsed
})

/** `nowMs` is the present of whatever the moment is about. */
export const momentMs = (moment: Moment, nowMs: EpochMs): EpochMs => {
  switch (moment.kind) {
    case 'absolute':
      return moment.atMs
    case 'ago':
      return nowMs - moment.ageMs
    case 'of-day': {
      const today = nowMs - (nowMs % dayMs) + moment.afterMidnightMs
      return today <= nowMs ? today : today - dayMs
    }
  }
}

const age = (value: string): Moment | null => {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(value) ?? []
  return count === undefined ? null : { kind: 'ago', ageMs: Number(count) * unitMs[unit as keyof typeof unitMs] }
}

const timeOfDay = (value: string): Moment | null => {
  const [, hours, minutes, seconds = '0'] = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(value) ?? []
  if (hours === undefined) return null
  return { kind: 'of-day', afterMidnightMs: Number(hours) * unitMs.h + Number(minutes) * unitMs.m + Number(seconds) * unitMs.s }
}

const absolute = (value: string): Moment | null => {
  const match = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)?(Z|[+-]\d\d:\d\d)?$/.exec(value)
  if (match === null) return null
  const [, time, zone] = match
  const atMs = Date.parse(time !== undefined && zone === undefined ? `${value}Z` : value)
  return Number.isNaN(atMs) ? null : { kind: 'absolute', atMs }
}
