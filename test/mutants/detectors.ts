/** Who notices a mutant: the simulation seed by seed, then the unit tests of its folder. */
import type { Mutant } from './mutant.ts'
import type { Options } from './options.ts'
import { runNode } from './program.ts'
import { patchOf } from './results.ts'
import { createScratchTree, type ScratchTree } from './scratch-tree.ts'
import { bundleTree, simulate, type FailedSeed, type SeedRange } from './simulation.ts'
import { unitTestsOf } from './unit-tests.ts'
import type { Asked, Catch, Verdict } from './verdict.ts'

/** A tree without any mutant: what fails there catches nothing. Each question is asked once. */
export type Control = {
  readonly bundle: () => Promise<string>
  readonly fails: (seed: number) => Promise<boolean>
  readonly unitTests: (paths: readonly string[]) => Promise<void>
  readonly remove: () => void
}

export const createControl = (root: string, say: (text: string) => void): Control => {
  const tree = createScratchTree(root)
  const once = memo()
  const bundle = (): Promise<string> => once('bundle', () => bundleTree(tree.dir))
  return {
    bundle,
    fails: (seed) =>
      once(`seed ${seed}`, async () => {
        await bundle()
        const { failed, isEndless } = await simulate(tree.dir, { from: seed, count: 1 }, 1)
        if (isEndless) throw new Error(`E_CONTROL seed ${seed}: the simulation does not end without any mutant`)
        for (const { invariant, detail } of failed) say(`seed ${seed} fails without any mutant and catches nothing: ${invariant} ${detail}`)
        return failed.length > 0
      }),
    unitTests: (paths) =>
      once(`tests ${paths.join()}`, async () => {
        const failure = await unitTests(tree.dir, paths)
        if (failure !== null) throw new Error(`E_CONTROL ${paths.join(' ')}: unit tests fail without any mutant: ${failure}`)
      }),
    remove: () => tree.remove(),
  }
}

const memo = () => {
  const known = new Map<string, Promise<unknown>>()
  return <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const answer = (known.get(key) as Promise<T> | undefined) ?? ask()
    known.set(key, answer)
    return answer
  }
}

type Questions = Pick<Options, 'from' | 'most' | 'workers'> & {
  readonly tree: ScratchTree
  readonly control: Control
  readonly state: Pick<Asked, 'commit' | 'date'>
  /** What unit tests said of this mutant before: further seeds do not change it. */
  readonly byUnitTests: Catch | null
}

export const judge = (mutant: Mutant, questions: Questions): Promise<Verdict> =>
  questions.tree.with(mutant, async () => {
    const isSimulated = (await bundleTree(questions.tree.dir)) !== (await questions.control.bundle())
    const simulated = isSimulated ? await askSeeds(questions) : { caught: null, count: 0 }
    const caught = simulated.caught ?? questions.byUnitTests ?? (await caughtByUnitTests(mutant, questions))
    const asked = simulated.count === 0 ? [] : [{ from: questions.from, count: simulated.count, ...questions.state }]
    return { mutant: mutant.name, patch: patchOf(mutant), isSimulated, asked, caught }
  })

type Found = { readonly caught: Catch | null; /** Seeds that were asked. */ readonly count: number }

/** Ever more at once: most bugs show in the first seeds, and one that makes a history endless costs the time of its whole range. */
const rangesOf = ({ from, most }: Pick<Options, 'from' | 'most'>): readonly SeedRange[] => {
  const ends = [...[10, 50, 200, 1000].filter((end) => end < most), most]
  return ends.map((end, index) => ({ from: from + (ends[index - 1] ?? 0), count: end - (ends[index - 1] ?? 0) }))
}

const askSeeds = async (questions: Questions): Promise<Found> => {
  for (const range of rangesOf(questions)) {
    const caught = await firstCatch(range, questions)
    if (caught !== null) return { caught, count: caught.seeds }
  }
  return { caught: null, count: questions.most }
}

type BySeed = Catch & { readonly seeds: number }

/** The simulation stops at a seed that fails; where that one fails without the mutant too, it goes on behind it. */
const firstCatch = async (range: SeedRange, questions: Questions): Promise<BySeed | null> => {
  const { tree, control, workers, from } = questions
  const { failed, isEndless, ended } = await simulate(tree.dir, range, workers)
  for (const one of failed) if (!(await control.fails(one.seed))) return caughtAt(one, from)
  const last = range.from + range.count
  if (isEndless) return { by: 'simulation', seeds: last - from, what: 'endless: a history does not come to its end' }
  const next = Math.max(ended, ...failed.map(({ seed }) => seed)) + 1
  return next < last ? firstCatch({ from: next, count: last - next }, questions) : null
}

const caughtAt = ({ seed, invariant, detail }: FailedSeed, from: number): BySeed => ({ by: 'simulation', seeds: seed - from + 1, what: `${invariant}: ${detail}` })

const caughtByUnitTests = async (mutant: Mutant, { tree, control }: Questions): Promise<Catch | null> => {
  const paths = unitTestsOf(mutant)
  const failure = await unitTests(tree.dir, paths)
  if (failure === null) return null
  await control.unitTests(paths)
  return { by: 'unit tests', seeds: null, what: failure }
}

/** What the first test that failed is called; null when none did. */
const unitTests = async (tree: string, paths: readonly string[]): Promise<string | null> => {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', '--bail', '1', '--passWithNoTests', '--reporter=json', ...paths]
  const { code, stdout } = await runNode(args, { cwd: tree, mostMs: 600_000 })
  if (code === 0) return null
  return code === 'too long' ? 'endless: the tests do not come to their end' : firstFailure(stdout)
}

type Report = { readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[] }[] }

const firstFailure = (stdout: string): string => {
  const line = stdout.split('\n').findLast((text) => text.startsWith('{'))
  const results = line === undefined ? [] : (JSON.parse(line) as Report).testResults.flatMap(({ assertionResults }) => assertionResults)
  return results.find(({ status }) => status === 'failed')?.fullName ?? 'the tests did not load'
}
