/** Canonical JSON: one value, one text. Hashes, snapshots and the replay comparison rest on it. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/**
 * Writes a value with sorted keys and without undefined fields. Throws on NaN and infinities: a number that JSON
 * would turn into null must not reach the log.
 */
export const canonicalJson = (value: unknown): string => {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return canonicalNumber(value)
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (typeof value === 'object') return canonicalObject(value as { readonly [key: string]: unknown })
  throw new Error(`BUG: ${typeof value} has no canonical JSON`)
}

const canonicalNumber = (value: number): string => {
  if (!Number.isFinite(value)) throw new Error(`BUG: ${value} has no canonical JSON`)
  return JSON.stringify(value)
}

const canonicalObject = (value: { readonly [key: string]: unknown }): string => {
  const keys = Object.keys(value).filter((key) => value[key] !== undefined).sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(',')}}`
}
