/** A section of `explain`: a title and what stands indented below it. */

export type Section = readonly string[]

/** Nothing at all when there are no rows: a title without content says less than its absence. */
export const titled = <T>(title: string, rows: readonly T[], draw: (rows: readonly T[]) => string): Section =>
  rows.length === 0 ? [] : [title, ...indented(draw(rows))]

export const indented = (text: string): Section => text.split('\n').map((line) => `  ${line}`)
