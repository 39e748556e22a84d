/** Who notices a mutant: the simulation with growing numbers of seeds, then the unit tests of its folder. */
import type { Mutant } from './mutant.ts'
import type { Options } from './options.ts'
import { runNode } from './program.ts'
import { createScratchTree, type ScratchTree } from './scratch-tree.ts'
import { bundleHash, simulate, type FailedSeed, type SeedRange, type Simulated } from './simulation.ts'
import { unitTestsOf } from './unit-tests.ts'

export type Catch = {
  readonly by: 'simulation' | 'unit tests'
  /** Seeds until the first one failed, itself included; null where no seed did. */
  readonly seeds: number | null
  readonly what: string
}

/** `isSimulated`: the simulation runs the code that the mutant changes. */
export type Verdict = { readonly mutant: Mutant; readonly caught: Catch | null; readonly isSimulated: boolean }

/** A tree without any mutant: what fails there catches nothing. Each question is asked once. */
export type Control = {
  readonly bundle: () => Promise<string>
  readonly failingSeeds: (range: SeedRange) => Promise<ReadonlySet<number>>
  readonly unitTests: (paths: readonly string[]) => Promise<void>
  readonly remove: () => void
}

export const createControl = (root: string, workers: number, say: (text: string) => void): Control => {
  const tree = createScratchTree(root)
  const once = memo()
  return {
    bundle: () => once('bundle', () => bundleHash(tree.dir)),
    failingSeeds: (range) =>
      once(`seeds ${range.from} ${range.count}`, async () => {
        const { failed, isEndless } = await simulate(tree.dir, range, workers)
        if (isEndless) throw new Error(`E_CONTROL seeds from ${range.from}: the simulation does not end without any mutant`)
        for (const { seed, invariant, detail } of failed) say(`seed ${seed} fails without any mutant and catches nothing: ${invariant} ${detail}`)
        return new Set(failed.map(({ seed }) => seed))
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

type Questions = Pick<Options, 'from' | 'most' | 'workers'> & { readonly tree: ScratchTree; readonly control: Control }

export const judge = (mutant: Mutant, questions: Questions): Promise<Verdict> =>
  questions.tree.with(mutant, async () => {
    const isSimulated = (await bundleHash(questions.tree.dir)) !== (await questions.control.bundle())
    const bySimulation = isSimulated ? await caughtBySimulation(questions) : null
    return { mutant, isSimulated, caught: bySimulation ?? (await caughtByUnitTests(mutant, questions)) }
  })

/** 50 seeds, then as many as make 200 and 1000: most bugs show at once, and a rare one is worth minutes. */
const rangesOf = ({ from, most }: Pick<Options, 'from' | 'most'>): readonly SeedRange[] => {
  const ends = [...[50, 200, 1000].filter((end) => end < most), most]
  return ends.map((end, index) => ({ from: from + (ends[index - 1] ?? 0), count: end - (ends[index - 1] ?? 0) }))
}

const caughtBySimulation = async (questions: Questions): Promise<Catch | null> => {
  for (const range of rangesOf(questions)) {
    const simulated = await simulate(questions.tree.dir, range, questions.workers)
    const found = newIn(simulated, await questions.control.failingSeeds(range))
    if (found !== null) return { by: 'simulation', seeds: found.seed - questions.from + 1, what: `${found.invariant}: ${found.detail}` }
    if (simulated.isEndless) return { by: 'simulation', seeds: range.from - questions.from + range.count, what: 'endless: a history does not come to its end' }
  }
  return null
}

const newIn = ({ failed }: Simulated, known: ReadonlySet<number>): FailedSeed | null => failed.find(({ seed }) => !known.has(seed)) ?? null

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
