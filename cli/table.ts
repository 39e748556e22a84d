/** Tables in the manner of kubectl: upper-case headings, three spaces between columns, no rules. */
import { shortened } from './shortened.ts'
import type { Terminal } from './terminal.ts'
import { hasColours } from './terminal.ts'

export type Column<T> = {
  readonly heading: string
  readonly cell: (row: T) => string
  readonly colour?: (row: T) => Colour | null
  /** Words for people, which may be cut where the line would not fit. Ids, counts and lines to type never are. */
  readonly isProse?: boolean
}
export type Colour = 'green' | 'yellow' | 'red'

const codes: { readonly [colour in Colour]: number } = { green: 32, yellow: 33, red: 31 }

/** Two spaces are enough where three do not fit. */
const gaps = { wide: 3, narrow: 2 } as const

/** Less than this says nothing: the line is too long then. */
const LEAST_PROSE = 12

/** Empty cells show `-`, so that every line has as many words as there are columns. */
export const table = <T>(rows: readonly T[], columns: readonly Column<T>[], terminal: Terminal): string => {
  const cells = rows.map((row) => columns.map((column) => clean(column.cell(row)) || '-'))
  const natural = columns.map((column, index) => Math.max(column.heading.length, ...cells.map((line) => line[index]?.length ?? 0)))
  const { gap, widths } = fitting(natural, columns, terminal.columns)
  const widthOf = (index: number): number => widths[index] ?? 0
  const heading = columns.map((column, index) => column.heading.padEnd(widthOf(index))).join(gap)
  const lines = rows.map((row, at) => columns.map((column, index) => {
    const shown = shortened(cells[at]?.[index] ?? '-', widthOf(index))
    const padded = shown.padEnd(index === columns.length - 1 ? 0 : widthOf(index))
    return paint(padded, column.colour?.(row) ?? null, terminal)
  }).join(gap))
  return [heading.trimEnd(), ...lines.map((line) => line.trimEnd())].join('\n')
}

type Layout = { readonly gap: string; readonly widths: readonly number[] }

/** Narrower gaps first, then shorter prose, the last column of it first. */
const fitting = (natural: readonly number[], columns: readonly Column<never>[], most: number | null): Layout => {
  const lengthWith = (gap: number): number => natural.reduce((sum, width) => sum + width, 0) + gap * (natural.length - 1)
  if (most === null || lengthWith(gaps.wide) <= most) return { gap: ' '.repeat(gaps.wide), widths: natural }
  let excess = lengthWith(gaps.narrow) - most
  const widths = natural.toReversed().map((width, index) => {
    const { heading, isProse = false } = columns[natural.length - 1 - index] ?? { heading: '' }
    const cut = isProse ? Math.max(0, Math.min(excess, width - Math.max(heading.length, LEAST_PROSE))) : 0
    excess -= cut
    return width - cut
  })
  return { gap: ' '.repeat(gaps.narrow), widths: widths.toReversed() }
}

/** Text from the log may hold control characters; a terminal must not obey them. */
export const clean = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')

export const paint = (text: string, colour: Colour | null, terminal: Terminal): string =>
  colour === null || !hasColours(terminal) ? text : `\u001b[${codes[colour]}m${text}\u001b[0m`
