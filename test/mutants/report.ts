/** The table of what caught each mutant, and whether that is enough. */
import type { Verdict } from './detectors.ts'

export const beginMark = '<!-- mutants: begin; npm run mutants writes what stands between these lines -->'
export const endMark = '<!-- mutants: end -->'

/** One of 30 may be missed; 25 are to be caught by what looks from outside, which also finds bugs that no unit test was written for. */
const onePerMissed = 30
const leastBySimulation = 25

export type Counts = { readonly total: number; readonly caught: number; readonly bySimulation: number; readonly byUnitTests: number }

export const countsOf = (verdicts: readonly Verdict[]): Counts => {
  const by = (who: string): number => verdicts.filter(({ caught }) => caught?.by === who).length
  const [bySimulation, byUnitTests] = [by('simulation'), by('unit tests')]
  return { total: verdicts.length, caught: bySimulation + byUnitTests, bySimulation, byUnitTests }
}

export const isEnough = ({ total, caught, bySimulation }: Counts): boolean => (total - caught) * onePerMissed <= total && bySimulation >= leastBySimulation

export const showCounts = ({ total, caught, bySimulation, byUnitTests }: Counts): string =>
  `${caught} of ${total} caught: ${bySimulation} by the simulation or its checker alone, ${byUnitTests} by unit tests only`

export const showVerdict = ({ mutant, caught, isSimulated }: Verdict): string => {
  if (caught === null) return `${mutant.name}: SURVIVED ${isSimulated ? '' : '(the simulation does not run its code) '}${mutant.file}`
  return `${mutant.name}: ${caught.by}${caught.seeds === null ? '' : ` after ${caught.seeds} seeds`}, ${shortened(caught.what)}`
}

export const survivorsOf = (verdicts: readonly Verdict[]): readonly string[] => verdicts.filter(({ caught }) => caught === null).map(({ mutant }) => mutant.name)

export type Asked = { readonly from: number; readonly most: number }

export const section = (verdicts: readonly Verdict[], { from, most }: Asked): string => {
  const survivors = survivorsOf(verdicts)
  return [
    `${showCounts(countsOf(verdicts))}. Survivors: ${survivors.length === 0 ? 'none' : survivors.join(', ')}. Seeds ${from} to ${from + most - 1}.`,
    '',
    '| mutant | the mistake | file | caught by | seeds | what it says |',
    '|---|---|---|---|---|---|',
    ...verdicts.map(row),
  ].join('\n')
}

const row = ({ mutant, caught, isSimulated }: Verdict): string => {
  const who = caught?.by ?? '**nobody**'
  const seeds = caught?.seeds ?? (isSimulated ? 'none' : 'not simulated')
  return `| \`${mutant.name}\` | ${cell(mutant.story)} | \`${mutant.file}\` | ${who} | ${seeds} | ${cell(shortened(caught?.what ?? ''))} |`
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
