/** Where two JSON values part: the path of the first field that differs, for people who compare a replay. */

export type Difference = {
  /** `limits[0].after.decode`; inside a field that holds JSON text the path goes on after a colon. Empty: the root. */
  readonly path: string
  /** The two values as JSON, cut to a readable length; `(absent)` where there is no such field. */
  readonly recorded: string
  readonly replayed: string
}

type Pair = { readonly recorded: unknown; readonly replayed: unknown }
type Fields = { readonly [key: string]: unknown }

/** First difference in the order of sorted keys, or null when both are equal. Undefined fields count as absent. */
export const firstDifference = (recorded: unknown, replayed: unknown): Difference | null =>
  differenceAt('', { recorded, replayed })

const differenceAt = (path: string, pair: Pair): Difference | null => {
  const { recorded, replayed } = pair
  if (Object.is(recorded, replayed)) return null
  if (Array.isArray(recorded) && Array.isArray(replayed)) return differenceInArrays(path, { recorded, replayed })
  if (isFields(recorded) && isFields(replayed)) return differenceInFields(path, { recorded, replayed })
  return differenceInJsonText(path, pair) ?? { path, recorded: show(recorded), replayed: show(replayed) }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const differenceInArrays = (
  path: string,
  { recorded, replayed }: { readonly recorded: readonly unknown[]; readonly replayed: readonly unknown[] },
): Difference | null => {
  const length = Math.max(recorded.length, replayed.length)
  for (let index = 0; index < length; index++) {
    const found = differenceAt(`${path}[${index}]`, { recorded: recorded[index], replayed: replayed[index] })
    if (found) return found
  }
  return null
}

const differenceInFields = (
  path: string,
  { recorded, replayed }: { readonly recorded: Fields; readonly replayed: Fields },
): Difference | null => {
  const keys = [...new Set([...Object.keys(recorded), ...Object.keys(replayed)])].sort()
  for (const key of keys) {
    const found = differenceAt(join(path, key), { recorded: recorded[key], replayed: replayed[key] })
    if (found) return found
  }
  return null
}

/** A decision's `argument` is JSON inside JSON: "the texts differ at character 3,211" would help nobody. */
const differenceInJsonText = (path: string, { recorded, replayed }: Pair): Difference | null => {
  const [a, b] = [parsed(recorded), parsed(replayed)]
  return a === null || b === null ? null : differenceAt(`${path}:`, { recorded: a, replayed: b })
}

const parsed = (value: unknown): Fields | null => {
  if (typeof value !== 'string' || !value.startsWith('{')) return null
  try {
    return JSON.parse(value) as Fields
  } catch {
    return null // not JSON after all: the texts themselves are then the difference
  }
}

const join = (path: string, key: string): string => (path === '' || path.endsWith(':') ? `${path}${key}` : `${path}.${key}`)

const SHOWN_CHARACTERS = 120

const show = (value: unknown): string => {
  if (value === undefined) return '(absent)'
  const text = JSON.stringify(value)
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`
}
