/** Tables on a screen of known width: words are cut, ids and lines to type never. */
import { describe, expect, test } from 'vitest'
import { table, type Column } from '../../cli/table.ts'
import { columnsOf, type Terminal } from '../../cli/terminal.ts'

type Row = { readonly id: string; readonly why: string; readonly type: string }

const columns: readonly Column<Row>[] = [
  { heading: 'ID', cell: ({ id }) => id },
  { heading: 'WHY', cell: ({ why }) => why, isProse: true },
  { heading: 'TYPE', cell: ({ type }) => type },
]
const row: Row = { id: 'chat-70b-0123456789abcdef', why: 'the node does not answer, and nobody knows why', type: 'heteroscale repair rollout/x' }
const on = (width: number | null, rows: readonly Row[] = [row]): readonly string[] =>
  table(rows, columns, { columns: width, isTty: false, env: {} } as unknown as Terminal).split('\n')
const widest = (lines: readonly string[]): number => Math.max(...lines.map((line) => line.length))
const whole = widest(on(null))

describe('a table', () => {
  test('is cut nowhere while nobody knows the width, or where it fits', () => {
    expect(on(null)[1]).toBe(`${row.id}   ${row.why}   ${row.type}`)
    expect(on(whole)).toEqual(on(null))
  })

  test('moves together before it cuts', () => {
    expect(on(whole - 1)[1]).toBe(`${row.id}  ${row.why}  ${row.type}`)
    expect(on(whole - 2)[1]).toContain(row.why)
  })

  test.each([whole - 3, 90, 75])('cuts words to fit %i characters, with an ellipsis, and nothing else', (width) => {
    const lines = on(width)
    expect(widest(lines)).toBe(width)
    expect(lines[1]).toMatch(/^chat-70b-0123456789abcdef {2}the node .*… {2}heteroscale repair rollout\/x$/)
  })

  test('is too wide rather than without a line to type', () => {
    expect(on(20)[1]).toBe(`${row.id}  the node do…  ${row.type}`)
  })

  test('cuts the last words first, and the ones before it only then', () => {
    const two = [{ heading: 'FIRST', cell: () => 'a'.repeat(30), isProse: true }, { heading: 'LAST', cell: () => 'b'.repeat(30), isProse: true }]
    const drawn = (width: number): string | undefined => table([row], two, { columns: width, isTty: false, env: {} } as unknown as Terminal).split('\n')[1]
    expect(drawn(52)).toBe(`${'a'.repeat(30)}  ${'b'.repeat(19)}…`)
    expect(drawn(34)).toBe(`${'a'.repeat(19)}…  ${'b'.repeat(11)}…`)
  })
})

describe('the width of a line', () => {
  test.each([
    ['a terminal knows it', { isTTY: true, columns: 132 }, { COLUMNS: '80' }, 132],
    ['a terminal that does not is told by COLUMNS', { isTTY: true, columns: 0 }, { COLUMNS: '80' }, 80],
    ['a pipe is told by COLUMNS', { columns: 132 }, { COLUMNS: '100' }, 100],
    ['a pipe has none', {}, {}, null],
    ['what is no whole number is none', {}, { COLUMNS: '80.5' }, null],
    ['zero is none', {}, { COLUMNS: '0' }, null],
  ])('%s', (_title, output, env, expected) => {
    expect(columnsOf(output, env)).toBe(expected)
  })
})
