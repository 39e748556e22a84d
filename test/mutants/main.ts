/** `npm run mutants`: puts each seeded bug into a scratch copy of the tree, asks who notices, and writes the table. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mutants } from './catalogue.ts'
import { createControl, judge, type Control, type Verdict } from './detectors.ts'
import type { Mutant } from './mutant.ts'
import { readOptions, usage, type Options } from './options.ts'
import { countsOf, isEnough, section, showCounts, showVerdict, survivorsOf, withSection } from './report.ts'
import { createScratchTree } from './scratch-tree.ts'

const root = join(import.meta.dirname, '../..')
const page = join(root, 'docs/reliability.md')
const print = (text: string): void => void process.stdout.write(`${text}\n`)

const judgeAll = async (options: Options): Promise<readonly Verdict[]> => {
  const control = createControl(root, options.workers, print)
  const left = [...options.mutants]
  const verdicts = new Map<Mutant, Verdict>()
  try {
    await Promise.all(Array.from({ length: Math.min(options.jobs, left.length) }, () => judgeInTurn({ options, control, left, verdicts })))
  } finally {
    control.remove()
  }
  return options.mutants.flatMap((mutant) => verdicts.get(mutant) ?? [])
}

type Work = { readonly options: Options; readonly control: Control; readonly left: Mutant[]; readonly verdicts: Map<Mutant, Verdict> }

/** One tree for one job: a mutant is taken out before the next one is put in. */
const judgeInTurn = async ({ options, control, left, verdicts }: Work): Promise<void> => {
  const tree = createScratchTree(root)
  try {
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      const verdict = await judge(mutant, { ...options, tree, control })
      verdicts.set(mutant, verdict)
      print(showVerdict(verdict))
    }
  } finally {
    tree.remove()
  }
}

const list = (all: readonly Mutant[]): void => {
  for (const { name, file, story } of all) print(`${name}  (${file})\n    ${story}`)
}

const main = async (argv: readonly string[]): Promise<number> => {
  let options: Options | 'help'
  try {
    options = readOptions(argv, mutants)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}; --help says more\n`)
    return 2
  }
  if (options === 'help') {
    print(usage)
    return 0
  }
  if (options.isList) {
    list(options.mutants)
    return 0
  }
  if (!existsSync(join(root, 'infra/simulation/simulate.mjs'))) throw new Error('E_MUTANTS infra/simulation: it is not there; nothing was asked')
  const verdicts = await judgeAll(options)
  const counts = countsOf(verdicts)
  const survivors = survivorsOf(verdicts)
  if (options.isWhole) writeFileSync(page, withSection(existsSync(page) ? readFileSync(page, 'utf8') : '', section(verdicts, options)))
  if (survivors.length > 0) print(`survivors: ${survivors.join(', ')}`)
  print(showCounts(counts))
  return (options.isWhole ? isEnough(counts) : survivors.length === 0) ? 0 : 1
}

// A reader that has seen enough, such as head, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
// What was started and what was copied goes when this process exits, and a signal alone would not let it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
process.exitCode = await main(process.argv.slice(2))
