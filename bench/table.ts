/** The table of bench/README.md, made from the result files, so that no figure is typed by hand. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../infra/local/project-root.ts'
import { resultsFolder, type Goal, type Result } from './result.ts'

const readme = join(projectRoot, 'bench/README.md')
const begin = '<!-- results: begin -->'
const end = '<!-- results: end -->'

/** Puts the table between the marks of bench/README.md. Throws when the marks are missing. */
export const renewTable = (folder = resultsFolder, path = readme): void => writeFileSync(path, withTable(readFileSync(path, 'utf8'), readResults(folder)))

/** The result files of a folder, by name; none when there is no such folder. */
export const readResults = (folder: string = resultsFolder): readonly Result[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith('.json'))
        .sort()
        .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Result)
    : []

/** The text with the table of these results between its marks. */
export const withTable = (text: string, results: readonly Result[]): string => {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`BENCH_TABLE README: got no ${begin} … ${end}; allowed: both, once, in this order; nothing was written`)
  return `${text.slice(0, from + begin.length)}\n${tableOf(results)}${text.slice(to)}`
}

const tableOf = (results: readonly Result[]): string =>
  [
    '| bench | figures | goal | with | measured |',
    '|---|---|---|---|---|',
    ...results.map((result) => `| ${[result.bench, listed(result.figures), goalsOf(result), parametersOf(result), circumstancesOf(result)].join(' | ')} |`),
    '',
  ].join('\n')

const listed = (values: Readonly<Record<string, unknown>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join('<br>')

const parametersOf = ({ parameters, rounds }: Result): string => listed({ ...parameters, rounds: rounds.length })

const goalsOf = ({ goals }: Result): string => (goals.length === 0 ? 'none' : goals.map(showGoal).join('<br>'))

const showGoal = ({ figure, atLeast, atMost, met }: Goal): string => {
  const limits = [...(atLeast === undefined ? [] : [`≥ ${atLeast}`]), ...(atMost === undefined ? [] : [`≤ ${atMost}`])]
  return `${figure} ${limits.join(', ')}: ${met ? 'met' : '**not met**'}`
}

const circumstancesOf = ({ provisional, date, commit, machine, versions }: Result): string =>
  [
    `${provisional ? '**provisional**, ' : ''}${date.slice(0, 10)}, commit ${commit}`,
    `${machine.cores} × ${machine.cpu}, ${machine.memoryGiB} GiB, load ${machine.loadAtStart}`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  ].join('<br>')
