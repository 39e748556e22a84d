/** A section of `explain`: a title and what stands indented below it. All fits on a screen of 40 lines and 120 columns. */
import { shortened } from './shortened.ts'
import { clean } from './table.ts'

export type Section = readonly string[]

export const screenWidth = 120

/** Nothing at all when there are no rows: a title without content says less than its absence. */
export const titled = <T>(title: string, rows: readonly T[], draw: (rows: readonly T[]) => string): Section =>
  rows.length === 0 ? [] : [title, ...indented(draw(rows))]

export const indented = (text: string): Section => text.split('\n').map((line) => `  ${line}`)

/** Words from the log, broken between words at the screen's width; what needs more than `most` lines is cut, -o json has it. */
export const wrapped = (text: string, { most = 3, indent = '  ' } = {}): Section => {
  const lines: string[] = []
  for (const word of clean(text).split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && indent.length + last.length + 1 + word.length <= screenWidth) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  const shown = lines.length > most ? [...lines.slice(0, most - 1), lines.slice(most - 1).join(' ')] : lines
  return shown.map((line) => fitted(`${indent}${line}`))
}

const escape = String.fromCharCode(27)

/** Cut at the screen's width; a line that had to be cut loses its colours with its end. */
export const fitted = (line: string): string => {
  const plain = line.split(escape).map((part, index) => (index === 0 ? part : part.replace(/^\[\d+m/, ''))).join('')
  return plain.length <= screenWidth ? line : shortened(plain, screenWidth)
}
