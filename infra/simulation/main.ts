/** The simulation's command line: many seeds in sums, one seed as a story, or the fewest faults that fail. */
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { storyOf, type StoryLine } from '../../simulator/control-plane/timeline.ts'
import type { Counted } from './checker.ts'
import { judge } from './judge.ts'
import { readOptions, showChoice, usage, type HistoryChoice, type Options } from './options.ts'
import { judgeAll, workForParent } from './pool.ts'
import { shrink } from './shrink.ts'
import { addSummary, missingOf, noSums, showFailure, showJudges, showSums, showTime } from './sums.ts'

const print = (text: string): void => void process.stdout.write(`${text}\n`)
/** On one line where somebody looks. */
const showProgress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}`)
}

/** Ten thousand histories take a quarter of an hour: a log hears each minute that they go on. */
const minuteByMinute = (log: (text: string) => void): ((seconds: number, text: string) => void) => {
  let minutes = 0
  return (seconds, text) => {
    if (process.stderr.isTTY || seconds < (minutes + 1) * 60) return
    minutes = Math.floor(seconds / 60)
    log(`[${minutes} min] ${text}\n`)
  }
}

const runMany = async ({ seeds, history, workers, isJson, untilFailure }: Options): Promise<number> => {
  const began = performance.now()
  const seconds = (): number => (performance.now() - began) / 1000
  let sums = noSums
  const outside = new Map<number, Counted>()
  const tellLog = minuteByMinute((text) => process.stderr.write(text))
  await judgeAll({
    program: fileURLToPath(import.meta.url),
    workers: workers ?? availableParallelism(),
    seeds,
    choice: history,
    onSummary: (summary) => {
      sums = addSummary(sums, summary)
      if (summary.outside !== null) outside.set(summary.seed, summary.outside)
      for (const line of summary.violations.length === 0 || sums.failed.length > mostTold ? [] : showFailure(summary)) process.stderr.write(`${line}\n`)
      const progress = `${sums.histories} of ${seeds.length}, ${(sums.histories / seconds()).toFixed(1)} a second, ${sums.failed.length} failed `
      showProgress(progress)
      tellLog(seconds(), progress)
      return !untilFailure || sums.failed.length === 0
    },
  })
  showProgress('\r')
  const missing = missingOf(outside)
  print(isJson ? JSON.stringify({ ...sums, missing, seconds: seconds() }) : `${showSums(sums, seconds())}\n${showJudges(outside)}`)
  if (sums.failed.length > 0) print(replayHint(sums.failed[0]?.seed ?? 0, history))
  return sums.failed.length === 0 && (seeds.length < seedsToCount || missing.length === 0) ? 0 : 1
}

/** Failing seeds of which the violations are printed; the others are named at the end. */
const mostTold = 10

/** Fewer histories cannot be expected to meet every fault and every veto. */
const seedsToCount = 500

const replayHint = (seed: number, history: HistoryChoice): string => `again: npm run simulate -- --seed ${seed}${showChoice(history)}; its fewest faults: npm run simulate -- --seed ${seed}${showChoice(history)} --shrink`

const tellOne = async ({ seeds: [seed = 0], history, service }: Options): Promise<number> => {
  const told: StoryLine[] = []
  const { history: run, summary } = await judge(seed, history, (line) => told.push(line))
  print(`planned faults: ${run.faults.map(({ kind }, index) => `${index} ${kind}`).join(', ')}`)
  for (const { atMs, who, what } of storyOf(run, told)) {
    if (service === null || who === service || who === 'nemesis' || what.includes(service)) print(`${showTime(atMs)} ${who}: ${what}`)
  }
  for (const { invariant, service: whose, detail, atMs } of summary.violations) print(`VIOLATION ${showTime(atMs)} ${invariant} ${whose}: ${detail}`)
  print(`seed ${seed}: ${summary.violations.length} violations, ${summary.records} records, ${summary.steps} steps`)
  return summary.violations.length === 0 ? 0 : 1
}

const shrinkOne = async ({ seeds: [seed = 0], history }: Options): Promise<number> => {
  const shrunk = await shrink(seed, history, (keep) => showProgress(`with ${keep.join()} `))
  if (shrunk === null) {
    print(`seed ${seed} does not fail`)
    return 0
  }
  print(`seed ${seed} still fails with ${shrunk.keep.length} of its ${shrunk.planned} faults: ${shrunk.kinds.join(', ') || 'none'}`)
  print(`npm run simulate -- --seed ${seed}${showChoice({ ...history, keep: shrunk.keep })}`)
  return 1
}

const main = async (argv: readonly string[]): Promise<number> => {
  if (argv[0] === '--worker') {
    workForParent()
    return 0
  }
  let options: ReturnType<typeof readOptions>
  try {
    options = readOptions(argv)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}; --help says more\n`)
    return 2
  }
  if (options === 'help') {
    print(usage)
    return 0
  }
  if (options.isShrunk) return shrinkOne(options)
  return options.isTold ? tellOne(options) : runMany(options)
}

process.exitCode = await main(process.argv.slice(2))
