/** What a bench leaves behind: where, with what, how, every round, and what came out. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../infra/local/project-root.ts'
import { versions } from '../infra/local/versions.ts'

export type Numbers = { readonly [name: string]: number }

export type Goal = { readonly figure: string; readonly atLeast?: number; readonly atMost?: number; readonly met: boolean }

/** What a bench itself says. */
export type Measured = {
  /** Where one command measures several things: which of them. */
  readonly bench?: string
  /** One sentence: what exactly the figures are. */
  readonly what: string
  readonly parameters: { readonly [name: string]: number | string | boolean }
  readonly rounds: readonly Numbers[]
  /** Medians over the rounds, and what is derived from them. */
  readonly figures: Numbers
  readonly goals: readonly Goal[]
}

export type Result = Omit<Measured, 'bench'> & {
  readonly bench: string
  readonly date: string
  readonly commit: string
  /** Measured while others used the machine: to be repeated on a quiet one. */
  readonly provisional: boolean
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryGiB: number; readonly loadAtStart: number }
  readonly versions: { readonly [program: string]: string }
}

export const resultsFolder = join(projectRoot, 'bench/results')

export const goal = (figures: Numbers, figure: string, limits: { readonly atLeast?: number; readonly atMost?: number }): Goal => {
  const value = figures[figure] ?? Number.NaN
  return { figure, ...limits, met: value >= (limits.atLeast ?? -Infinity) && value <= (limits.atMost ?? Infinity) }
}

export type Surroundings = Omit<Result, keyof Measured | 'bench' | 'provisional'>

/** Taken before the bench begins: its own load is not the machine's. */
export const surroundings = (): Surroundings => ({
  date: new Date().toISOString(),
  commit: commitOf(),
  machine: {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    loadAtStart: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  },
  versions: {
    node: process.versions.node,
    kafka: versions.kafka,
    temporal: versions.temporal,
    kafkajs: packageVersion('kafkajs'),
    avsc: packageVersion('avsc'),
    temporalSdk: packageVersion('@temporalio/worker'),
  },
})

/** The commit, with a plus where files that run differ from it. */
const commitOf = (): string => {
  try {
    const git = (...args: readonly string[]): string => execFileSync('git', [...args], { cwd: projectRoot, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    const changed = git('status', '--porcelain', '--', 'core', 'adapters', 'services', 'workflows', 'cli')
    return `${git('rev-parse', '--short=12', 'HEAD')}${changed === '' ? '' : '+'}`
  } catch {
    return 'unknown'
  }
}

const packageVersion = (name: string): string =>
  (JSON.parse(readFileSync(join(projectRoot, 'node_modules', name, 'package.json'), 'utf8')) as { readonly version: string }).version

/** Writes `<folder>/<bench>.json` and answers with its path. */
export const writeResult = (result: Result, folder = resultsFolder): string => {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${result.bench}.json`)
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`)
  return path
}

/** Rounded to `digits` significant ones: more would claim what was not measured. */
export const significant = (value: number, digits = 4): number => Number(value.toPrecision(digits))
