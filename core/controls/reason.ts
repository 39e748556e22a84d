/** The reason that stands beside every order of an operator: read by others at night, on any terminal. */

export const reasonLength = { least: 3, most: 200 } as const

/** Control characters, direction marks, line and paragraph ends: what could steer a terminal or hide words. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu

/** Null when the reason may be recorded, else what is allowed. */
export const faultOfReason = (reason: string): string | null => {
  const length = reason.trim().length
  if (length >= reasonLength.least && length <= reasonLength.most && reason.search(unprintable) < 0) return null
  return `${reasonLength.least} to ${reasonLength.most} characters, no control characters`
}

/** A reason that may always be recorded: an emergency must not fail for want of good words. */
export const anyReason = (reason: string): string => {
  const printable = reason.replace(unprintable, ' ').trim().slice(0, reasonLength.most)
  return printable === '' ? 'not given' : printable
}
