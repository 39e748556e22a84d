/** Tables in the manner of kubectl: upper-case headings, three spaces between columns, no rules. */
import type { Terminal } from './terminal.ts'
import { hasColours } from './terminal.ts'

export type Column<T> = { readonly heading: string; readonly cell: (row: T) => string; readonly colour?: (row: T) => Colour | null }
export type Colour = 'green' | 'yellow' | 'red'

const codes: { readonly [colour in Colour]: number } = { green: 32, yellow: 33, red: 31 }
const GAP = '   '

/** Empty cells show `-`, so that every line has as many words as there are columns. */
export const table = <T>(rows: readonly T[], columns: readonly Column<T>[], terminal: Terminal): string => {
  const cells = rows.map((row) => columns.map((column) => clean(column.cell(row)) || '-'))
  const widths = columns.map((column, index) => Math.max(column.heading.length, ...cells.map((line) => line[index]?.length ?? 0)))
  const heading = columns.map((column, index) => column.heading.padEnd(widths[index] ?? 0)).join(GAP)
  const lines = rows.map((row, at) => columns.map((column, index) => {
    const padded = (cells[at]?.[index] ?? '-').padEnd(index === columns.length - 1 ? 0 : (widths[index] ?? 0))
    return paint(padded, column.colour?.(row) ?? null, terminal)
  }).join(GAP))
  return [heading.trimEnd(), ...lines.map((line) => line.trimEnd())].join('\n')
}

/** Text from the log may hold control characters; a terminal must not obey them. */
export const clean = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')

export const paint = (text: string, colour: Colour | null, terminal: Terminal): string =>
  colour === null || !hasColours(terminal) ? text : `\u001b[${codes[colour]}m${text}\u001b[0m`
