/** What can be asked of `npm run mutants`. */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import type { Mutant } from './mutant.ts'

export const usage = `Puts one seeded bug after another into a scratch copy of this checkout and asks who notices: the simulation with its
checker, then the unit tests of the file's folder. Writes the table into docs/reliability.md.

  npm run mutants                                  all of them; exit code 1 when too few are caught
  npm run mutants -- --list                        their names, files and stories
  npm run mutants -- --only undo-oldest-first      one, or several with commas; no table is written
  npm run mutants -- --jobs 2                      two at a time, each with its share of the cores
  npm run mutants -- --from 5001 --most 250        seeds 5001 to 5250 instead of 1 to 1000

  --from S   first seed; default 1          --most N   seeds a mutant may survive before unit tests are asked; default 1000
  --jobs N   mutants at a time; default 1   --help     this text
Of a seed that fails without any mutant it is said so, and it catches nothing. What is copied is the working tree as it is now, of the
files that git knows. Exit code 1: caught too few, or with --only not all. 2: asked wrongly.`

export type Options = {
  readonly mutants: readonly Mutant[]
  readonly isWhole: boolean
  readonly isList: boolean
  readonly jobs: number
  readonly workers: number
  readonly from: number
  readonly most: number
}

/** Throws an Error that says what was wrong. */
export const readOptions = (argv: readonly string[], all: readonly Mutant[]): Options | 'help' => {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: 'string' }, jobs: { type: 'string', default: '1' }, from: { type: 'string', default: '1' }, most: { type: 'string', default: '1000' },
      list: { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const jobs = whole('--jobs', values.jobs)
  return {
    mutants: values.only === undefined ? all : values.only.split(',').map((name) => mutantNamed(name, all)),
    isWhole: values.only === undefined,
    isList: values.list,
    jobs,
    workers: Math.max(1, Math.floor(availableParallelism() / jobs)),
    from: whole('--from', values.from),
    most: whole('--most', values.most),
  }
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
