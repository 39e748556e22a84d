/** Canonical JSON: one value, one text. Hashes, snapshots and the replay comparison rest on it. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/**
 * Writes a value with sorted keys and without undefined fields. Throws on NaN and infinities: a number that JSON
 * would turn into null must not reach the log. Zeros keep their sign, of which Avro has a bit and JSON a character.
 */
export const canonicalJson = (value: unknown): string => {
  switch (typeof value) {
    case 'string':
      return quoted(value)
    case 'number':
      return canonicalNumber(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? canonicalArray(value) : canonicalObject(value as { readonly [key: string]: unknown })
    default:
      throw new Error(`BUG: ${typeof value} has no canonical JSON`)
  }
}

/** Text that JSON leaves as it is: no control characters, no quote, no backslash. Names and hashes are of this kind. */
const plainText = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

/** Beyond this length the test costs more than it saves. */
const mostTested = 128

const quoted = (text: string): string =>
  text.length <= mostTested && plainText.test(text) ? `"${text}"` : JSON.stringify(text)

/** Names of fields come again and again. */
const keyTexts = new Map<string, string>()
const mostKeyTexts = 2_000

const keyText = (key: string): string => {
  const known = keyTexts.get(key)
  if (known !== undefined) return known
  const text = `${quoted(key)}:`
  if (keyTexts.size < mostKeyTexts) keyTexts.set(key, text)
  return text
}

const canonicalNumber = (value: number): string => {
  if (!Number.isFinite(value)) throw new Error(`BUG: ${value} has no canonical JSON`)
  return value === 0 && 1 / value < 0 ? '-0' : `${value}`
}

const canonicalArray = (items: readonly unknown[]): string => {
  let text = '['
  for (let index = 0; index < items.length; index++) text += `${index === 0 ? '' : ','}${canonicalJson(items[index] ?? null)}`
  return `${text}]`
}

const canonicalObject = (value: { readonly [key: string]: unknown }): string => {
  let text = '{'
  for (const key of sortedKeys(value)) {
    const field = value[key]
    if (field !== undefined) text += `${text === '{' ? '' : ','}${keyText(key)}${canonicalJson(field)}`
  }
  return `${text}}`
}

/** Sorted by insertion: records have some ten fields, and a general sort takes three times as long for those. */
const sortedKeys = (value: object): readonly string[] => {
  const keys = Object.keys(value)
  if (keys.length > mostInserted) return keys.sort()
  for (let end = 1; end < keys.length; end++) insert(keys, end)
  return keys
}

const mostInserted = 32

/** Puts `keys[end]` in its place among the sorted ones before it. */
const insert = (keys: string[], end: number): void => {
  const key = keys[end] as string
  let place = end
  for (; place > 0 && (keys[place - 1] as string) > key; place--) keys[place] = keys[place - 1] as string
  keys[place] = key
}
