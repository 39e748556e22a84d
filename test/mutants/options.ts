/** What can be asked of `npm run mutants`. */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import type { Mutant } from './mutant.ts'
import { isMissedBySeeds, type Results } from './results.ts'

export const usage = `Puts one seeded bug after another into a scratch copy of this checkout and asks who notices: the simulation with its
checker, then the unit tests of the file's folder. Each verdict is kept in test/mutants/results.json at once, and the table in
docs/reliability.md is made of it.

  npm run mutants                                  those that have no verdict yet, so a run that was cut goes on
  npm run mutants -- --again                       all of them anew
  npm run mutants -- --only undo-oldest-first      one anew, or several with commas
  npm run mutants -- --missed --from 201 --most 800   further seeds for those that no seed has noticed yet
  npm run mutants -- --table                       only renews the table
  npm run mutants -- --list                        their names, files and stories

  --from S      first seed; default 1                --most N   seeds a mutant may survive before unit tests are asked; default 200
  --jobs N      mutants at a time; default 1         --workers N   processes that each simulates with; default: its share of the cores
Seeds after those that were asked before are added to them; other ones begin anew. A seed that fails without any mutant catches
nothing. What is copied is the working tree as it is now, of the files that git knows. Exit code 1: of all verdicts too few say
that somebody noticed, or with --only not all. 2: asked wrongly.`

export type Options = {
  readonly mutants: readonly Mutant[]
  readonly isNamed: boolean
  readonly isList: boolean
  readonly isTable: boolean
  readonly jobs: number
  readonly workers: number
  readonly from: number
  readonly most: number
}

/** Throws an Error that says what was wrong. */
export const readOptions = (argv: readonly string[], all: readonly Mutant[], results: Results): Options | 'help' => {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: 'string' }, jobs: { type: 'string', default: '1' }, workers: { type: 'string' }, from: { type: 'string', default: '1' },
      most: { type: 'string', default: '200' }, again: { type: 'boolean', default: false }, missed: { type: 'boolean', default: false },
      table: { type: 'boolean', default: false }, list: { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const jobs = whole('--jobs', values.jobs)
  return {
    mutants: chosen(values, all, results),
    isNamed: values.only !== undefined,
    isList: values.list,
    isTable: values.table,
    jobs,
    workers: values.workers === undefined ? Math.max(1, Math.floor(availableParallelism() / jobs)) : whole('--workers', values.workers),
    from: whole('--from', values.from),
    most: whole('--most', values.most),
  }
}

type Choice = { readonly only?: string; readonly again: boolean; readonly missed: boolean; readonly list: boolean }

const chosen = ({ only, again, missed, list }: Choice, all: readonly Mutant[], results: Results): readonly Mutant[] => {
  if (only !== undefined) return only.split(',').map((name) => mutantNamed(name, all))
  if (again || list) return all
  return all.filter((mutant) => (missed ? isMissedBySeeds(results.of(mutant)) : results.of(mutant) === null))
}

const whole = (option: string, text: string): number => {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new Error(`${option}: got '${text}'; allowed: a whole number from 1 on`)
}

const mutantNamed = (name: string, all: readonly Mutant[]): Mutant => {
  const found = all.find((mutant) => mutant.name === name)
  if (found === undefined) throw new Error(`--only: got '${name}'; allowed: a name that --list shows`)
  return found
}
