/** Quantities as people read them. A value that was not observed shows as `-`, never as 0. */
import type { RoleCounts } from '../core/roles.ts'
import { showCounts } from '../core/roles.ts'

/** `8s`, `12m`, `3h20m`, `5d`: two units at most, as kubectl prints ages. */
export const showDuration = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return `${minutes}m${seconds % 60 === 0 ? '' : `${seconds % 60}s`}`
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours}h${minutes % 60 === 0 ? '' : `${minutes % 60}m`}` : `${Math.floor(hours / 24)}d`
}

export { showTime } from '../services/api/show-time.ts'

/** Counts of a decision or hold: null is what a hold did not know. */
export const showKnownCounts = (counts: RoleCounts | null): string => (counts === null ? 'unknown' : showCounts(counts))

/** Time since the start of something, with tenths below ten seconds. */
export const showOffset = (ms: number): string => (Math.abs(ms) < 10_000 ? `+${(ms / 1000).toFixed(1)}s` : `+${showDuration(ms)}`)

export const showCountsOrDash = (counts: RoleCounts | null | undefined): string => counts ? showCounts(counts) : '-'

/** Three significant digits are enough to read a load by. */
export const showNumber = (value: number | null | undefined): string => {
  if (value === null || value === undefined) return '-'
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
}

/** `1 node`, `2 nodes`. */
export const showNumberOf = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`

export const showShare = (share: number | null): string => (share === null ? '-' : `${Math.round(share * 100)}%`)
