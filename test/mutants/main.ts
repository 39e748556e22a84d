/** `npm run mutants`: puts each seeded bug into a scratch copy of the tree, asks who notices, keeps the verdict, and writes the table. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mutants } from './catalogue.ts'
import { createControl, judge, type Control } from './detectors.ts'
import type { Mutant } from './mutant.ts'
import { readOptions, usage, type Options } from './options.ts'
import { countsOf, isEnough, section, showCounts, showVerdict, survivorsOf, withSection, type Row } from './report.ts'
import { added, isMissedBySeeds, openResults, type Results } from './results.ts'
import { createScratchTree, type ScratchTree } from './scratch-tree.ts'
import type { Asked, Verdict } from './verdict.ts'

const root = join(import.meta.dirname, '../..')
const page = join(root, 'docs/reliability.md')
const print = (text: string): void => void process.stdout.write(`${text}\n`)

type Work = { readonly options: Options; readonly control: Control; readonly results: Results; readonly state: Pick<Asked, 'commit' | 'date'>; readonly left: Mutant[] }

const judgeAll = async (options: Options, results: Results): Promise<void> => {
  const control = createControl(root, print)
  const work: Work = { options, control, results, state: stateOfProduct(), left: [...options.mutants] }
  try {
    await Promise.all(Array.from({ length: Math.min(options.jobs, work.left.length) }, () => judgeInTurn(work)))
  } finally {
    control.remove()
  }
}

/** One tree for one job: a mutant is taken out before the next one is put in. */
const judgeInTurn = async (work: Work): Promise<void> => {
  const tree = createScratchTree(root)
  try {
    for (let mutant = work.left.shift(); mutant !== undefined; mutant = work.left.shift()) {
      try {
        const verdict = await verdictOn(mutant, tree, work)
        work.results.keep(verdict)
        renewPage(work.results)
        print(showVerdict(verdict))
      } catch (error) {
        // The others can be judged all the same; this one keeps no verdict, and counts as missed.
        print(`${mutant.name}: NOT JUDGED: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  } finally {
    tree.remove()
  }
}

const verdictOn = async (mutant: Mutant, tree: ScratchTree, { options, control, results, state }: Work): Promise<Verdict> => {
  const before = options.from === 1 ? null : results.of(mutant)
  const byUnitTests = isMissedBySeeds(before) ? (before?.caught ?? null) : null
  return added(before, await judge(mutant, { ...options, tree, control, state, byUnitTests }))
}

/** With a plus where files differ that a verdict depends on. */
const stateOfProduct = (): Pick<Asked, 'commit' | 'date'> => {
  const git = (...args: readonly string[]): string => execFileSync('git', [...args], { cwd: root, encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain', '--', 'core', 'adapters', 'services', 'workflows', 'simulator', 'infra/simulation', 'test/checker')
  return { commit: `${git('rev-parse', '--short=12', 'HEAD')}${changed === '' ? '' : '+'}`, date: new Date().toISOString().slice(0, 10) }
}

const rowsOf = (some: readonly Mutant[], results: Results): readonly Row[] => some.map((mutant) => ({ mutant, verdict: results.of(mutant) }))

const renewPage = (results: Results): void => writeFileSync(page, withSection(readFileSync(page, 'utf8'), section(rowsOf(mutants, results))))

const list = (all: readonly Mutant[]): void => {
  for (const { name, file, story } of all) print(`${name}  (${file})\n    ${story}`)
}

const run = async (options: Options, results: Results): Promise<number> => {
  if (!options.isTable) await judgeAll(options, results)
  renewPage(results)
  const all = rowsOf(mutants, results)
  const survivors = survivorsOf(options.isNamed ? rowsOf(options.mutants, results) : all)
  if (survivors.length > 0) print(`survivors: ${survivors.join(', ')}`)
  print(showCounts(countsOf(all)))
  return (options.isNamed ? survivors.length === 0 : isEnough(countsOf(all))) ? 0 : 1
}

const main = async (argv: readonly string[]): Promise<number> => {
  const results = openResults(join(root, 'test/mutants/results.json'))
  let options: Options | 'help'
  try {
    options = readOptions(argv, mutants, results)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}; --help says more\n`)
    return 2
  }
  if (options === 'help') print(usage)
  else if (options.isList) list(options.mutants)
  else return run(options, results)
  return 0
}

// A reader that has seen enough, such as head, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
// What was started and what was copied goes when this process exits, and a signal alone would not let it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
process.exitCode = await main(process.argv.slice(2))
