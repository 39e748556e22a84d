/** Asks the simulation and its checker about a tree. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runNode } from './program.ts'

export type SeedRange = { readonly from: number; readonly count: number }

/** A seed that failed. `invariant` is the first that was violated, or says that the product threw. */
export type FailedSeed = { readonly seed: number; readonly invariant: string; readonly detail: string }

/** What failed, lowest seed first; the last seed that ended; whether the range did not come to its end in time. */
export type Simulated = { readonly failed: readonly FailedSeed[]; readonly ended: number; readonly isEndless: boolean }

type Violation = { readonly invariant: string; readonly detail: string; readonly atMs: number }
type Sums = { readonly histories: number; readonly failed: readonly { readonly seed: number; readonly violations: readonly Violation[] }[] }

const bundle = 'node_modules/.cache/mutants/main.mjs'

/** A large history takes some 1.5 CPU-seconds on a busy machine: this is twenty times as long, and a minute to begin. */
const mostMsOf = ({ count }: SeedRange, workers: number): number => 60_000 + (30_000 * count) / workers

/**
 * Runs the module that `bundleTree` wrote, up to the first seed that fails. Throws when the simulation could not be run at all. Endless is what
 * does not end twice: once, the machine may have been held up.
 */
export const simulate = async (tree: string, range: SeedRange, workers: number): Promise<Simulated> => {
  const once = await simulateOnce(tree, range, workers)
  return once.isEndless && once.failed.length === 0 ? simulateOnce(tree, range, workers) : once
}

const simulateOnce = async (tree: string, range: SeedRange, workers: number): Promise<Simulated> => {
  const args = ['--enable-source-maps', bundle, '--seeds', String(range.count), '--from', String(range.from), '--workers', String(workers), '--until-failure', '--json']
  const { code, stdout, stderr } = await runNode(args, { cwd: tree, mostMs: mostMsOf(range, workers) })
  if (code === 'too long') return { failed: failuresSaid(stderr), ended: 0, isEndless: true }
  const sums = sumsOf(stdout)
  if (sums !== null) return { failed: sums.failed.map(firstOf).sort((a, b) => a.seed - b.seed), ended: range.from + sums.histories - 1, isEndless: false }
  const failed = [...thrown(stderr), ...failuresSaid(stderr)].sort((a, b) => a.seed - b.seed)
  if (failed.length > 0) return { failed, ended: 0, isEndless: false }
  throw new Error(`E_SIMULATION ${bundle}: it ended with ${code} and no sums: ${stderr.slice(-2_000)}`)
}

const sumsOf = (stdout: string): Sums | null => {
  const line = stdout.split('\n').findLast((text) => text.startsWith('{'))
  return line === undefined ? null : (JSON.parse(line) as Sums)
}

const firstOf = ({ seed, violations }: Sums['failed'][number]): FailedSeed => {
  const [first] = [...violations].sort((a, b) => a.atMs - b.atMs)
  return { seed, invariant: first?.invariant ?? 'unknown', detail: first?.detail ?? '' }
}

/** What is said of each seed as it fails: `seed 7  08:21:03.120 S5 chat: …`. */
const failuresSaid = (stderr: string): readonly FailedSeed[] =>
  [...stderr.matchAll(/^seed (\d+) {2}\S+ (\S+) .*?: (.*)$/gm)].map(([, seed, invariant, detail]) => ({ seed: Number(seed), invariant: invariant ?? '', detail: detail ?? '' }))

/** A worker in which the product threw: `seed 7: Error: …`. */
const thrown = (stderr: string): readonly FailedSeed[] =>
  [...stderr.matchAll(/^seed (\d+): (.*)$/gm)].map(([, seed, detail]) => ({ seed: Number(seed), invariant: 'threw', detail: detail ?? '' }))

type Bundler = { bundleSimulation(options: { root: string; entry: string; outfile: string }): Promise<void> }

/** Makes the simulation of a tree one module, and answers with its hash: where that is the same with a mutant, no seed can tell. */
export const bundleTree = async (tree: string): Promise<string> => {
  const { bundleSimulation } = (await import(pathToFileURL(join(tree, 'infra/simulation/bundle.mjs')).href)) as Bundler
  const outfile = join(tree, bundle)
  await bundleSimulation({ root: tree, entry: 'infra/simulation/main.ts', outfile })
  // A schema's folder and the map hold the path of the tree.
  const code = readFileSync(outfile, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '').replaceAll(tree, '')
  return createHash('sha256').update(code).digest('hex')
}
