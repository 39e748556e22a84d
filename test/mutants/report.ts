/** The table of what caught each mutant, and whether that is enough. */
import type { Mutant } from './mutant.ts'
import { seedsAsked } from './results.ts'
import type { Verdict } from './verdict.ts'

export const beginMark = '<!-- mutants: begin; npm run mutants -- --table writes what stands between these lines -->'
export const endMark = '<!-- mutants: end -->'

/** One of 30 may be missed; 25 are to be caught by what looks from outside, which also finds bugs that no unit test was written for. */
const onePerMissed = 30
const leastBySimulation = 25

/** A mutant with its verdict; null when nobody asked yet. */
export type Row = { readonly mutant: Mutant; readonly verdict: Verdict | null }

export type Counts = { readonly total: number; readonly caught: number; readonly bySimulation: number; readonly byUnitTests: number; readonly unasked: number }

export const countsOf = (rows: readonly Row[]): Counts => {
  const by = (who: string): number => rows.filter(({ verdict }) => verdict?.caught?.by === who).length
  const [bySimulation, byUnitTests] = [by('simulation'), by('unit tests')]
  const unasked = rows.filter(({ verdict }) => verdict === null).length
  return { total: rows.length, caught: bySimulation + byUnitTests, bySimulation, byUnitTests, unasked }
}

export const isEnough = ({ total, caught, bySimulation }: Counts): boolean => (total - caught) * onePerMissed <= total && bySimulation >= leastBySimulation

export const showCounts = ({ total, caught, bySimulation, byUnitTests, unasked }: Counts): string =>
  `${caught} of ${total} caught: ${bySimulation} by the simulation or its checker alone, ${byUnitTests} by unit tests only${unasked === 0 ? '' : `; ${unasked} were not asked yet`}`

export const showVerdict = ({ mutant, caught, isSimulated, ...verdict }: Verdict): string => {
  if (caught === null) return `${mutant}: SURVIVED ${isSimulated ? `${seedsAsked(verdict)} seeds` : '(the simulation does not run its code)'}`
  return `${mutant}: ${caught.by}${caught.seeds === null ? '' : ` after ${caught.seeds} seeds`}, ${shortened(caught.what)}`
}

export const survivorsOf = (rows: readonly Row[]): readonly string[] =>
  rows.filter(({ verdict }) => verdict !== null && verdict.caught === null).map(({ mutant }) => mutant.name)

/** What the page says between its marks. */
export const section = (rows: readonly Row[]): string => {
  const survivors = survivorsOf(rows)
  return [
    `${showCounts(countsOf(rows))}. Survivors: ${survivors.length === 0 ? 'none' : survivors.join(', ')}. Judged at ${statesOf(rows)}.`,
    '',
    '| mutant | the mistake | file | caught by | seeds | what it says |',
    '|---|---|---|---|---|---|',
    ...rows.map(row),
  ].join('\n')
}

const statesOf = (rows: readonly Row[]): string => {
  const asked = rows.flatMap(({ verdict }) => verdict?.asked ?? [])
  return [...new Set(asked.map(({ commit, date }) => `${commit} (${date})`))].sort().join(', ') || 'no commit yet'
}

const row = ({ mutant, verdict }: Row): string =>
  `| \`${mutant.name}\` | ${cell(mutant.story)} | \`${mutant.file}\` | ${whoOf(verdict)} | ${verdict === null ? '' : seedsOf(verdict)} | ${cell(shortened(verdict?.caught?.what ?? mutant.survives ?? ''))} |`

const whoOf = (verdict: Verdict | null): string => (verdict === null ? 'not asked yet' : (verdict.caught?.by ?? '**nobody**'))

const seedsOf = (verdict: Verdict): string => {
  const until = verdict.caught?.seeds ?? null
  if (until !== null) return String(until)
  return verdict.isSimulated ? `none of ${seedsAsked(verdict)}` : 'not simulated'
}

const shortened = (text: string): string => (text.length <= 140 ? text : `${text.slice(0, 139)}…`)
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

/** The page with the table in it: between its marks, or under a heading of its own at the end. */
export const withSection = (page: string, table: string): string => {
  const marked = `${beginMark}\n\n${table}\n\n${endMark}`
  const begin = page.indexOf(beginMark)
  const end = page.indexOf(endMark)
  if (begin >= 0 && end > begin) return page.slice(0, begin) + marked + page.slice(end + endMark.length)
  const before = page === '' ? '# Reliability\n' : page.replace(/\n*$/, '\n')
  return `${before}\n## Seeded bugs, and who notices them\n\n${marked}\n`
}
