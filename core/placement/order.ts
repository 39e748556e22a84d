/** Orders that are the same on every machine: no locale, ties broken by name. */

export type SortKey = readonly (number | string)[]

/** Compares keys field by field; the first difference decides. Text compares by code unit. */
export const compareKeys = (a: SortKey, b: SortKey): number => {
  for (const [index, left] of a.entries()) {
    const right = b[index]
    if (right === undefined || left === right) continue
    return left < right ? -1 : 1
  }
  return 0
}

/** A sorted copy; `keyOf` is called once per item. */
export const sortedBy = <T>(items: readonly T[], keyOf: (item: T) => SortKey): readonly T[] =>
  items
    .map((item) => ({ item, key: keyOf(item) }))
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ item }) => item)
