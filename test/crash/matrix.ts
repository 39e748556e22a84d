/** The matrix as a page: what was struck where, whether it went as promised, and how long it took. */
import { cpus } from 'node:os'
import type { Row } from './case.ts'
import { seconds } from './runner.ts'
import type { Check } from './verdict.ts'

/** Cases that ran on one fleet, and what its whole history says. `load`: the most processes that wanted a core, as a mean of a minute. */
export type Part = {
  readonly rows: readonly Row[]
  readonly checks: readonly Check[]
  readonly date: string
  /** The fleet's start included. */
  readonly tookMs: number
  readonly load?: number
  /** Of parts that were measured before the highest was kept. */
  readonly loadAtEnd?: number
}

/** Every case that was run, in as many parts as it took. */
export type GroupResult = { readonly title: string; readonly parts: readonly Part[] }

const actions: { readonly [action: string]: string } = { SIGKILL: 'kill -9', SIGSTOP: 'paused, resumed late', notice: 'as said' }

/** Markdown. */
export const matrixPage = (groups: readonly GroupResult[]): string =>
  [
    '# Crash points on real servers',
    '',
    '`npm run test:crash` makes this page. Each row is one fault in a fleet of real processes on a real Kafka and a real Temporal: a',
    'module that is loaded before the service stops it at the named point (`test/crash/points.mjs`), the restarted process or another',
    'one goes on, and what the outside saw is judged. *Next effect*: from the fault to the next thing that the process or its',
    'successor does. *Converged*: until nothing is open, nothing reserved, and what serves is what was ordered. Where the fault is a',
    'pause, convergence includes the 14 s that the process is held.',
    '',
    `Figures are of ${cpus().length} cores. The load, which stands beside each part, is the number of processes that wanted one, our own`,
    `included (2 to 4 by themselves, while one of them starts): far above, other programs took their share of every figure.`,
    '',
    ...groups.flatMap(groupLines),
  ].join('\n')

const groupLines = ({ title, parts }: GroupResult): readonly string[] => {
  const rows = parts.flatMap((part) => part.rows)
  return [
    `## ${title}`,
    '',
    [...parts.map(partLine), summary(rows)].filter((line) => line !== '').join(' '),
    '',
    '| process | step | fault | result | next effect | converged |',
    '|---|---|---|---|---|---|',
    ...rows.map(rowLine),
    '',
    parts.length === 1 ? 'Over the whole history of this fleet:' : `Over the whole histories of these ${parts.length} fleets:`,
    '',
    ...checkLines(parts),
    '',
  ]
}

const partLine = ({ date, rows, tookMs, load, loadAtEnd }: Part): string =>
  `${date}, ${rows.length} points in ${Math.round(tookMs / 1000)} s, load ${load === undefined ? `${loadAtEnd?.toFixed(1)} at its end` : `up to ${load.toFixed(1)}`}.`

/** A line for each check, with the figures of every fleet; one of which does not hold in one fleet does not hold. */
const checkLines = (parts: readonly Part[]): readonly string[] => {
  const all = parts.flatMap(({ checks }) => checks)
  return [...new Set(all.map(({ check }) => check))].map((check) => {
    const found = all.filter((one) => one.check === check)
    const figures = found.map((one) => one.figures).join('; ')
    if (found.every(({ isAsked }) => isAsked === false)) return `- ${check}: not asked (${figures})`
    const faults = found.flatMap(({ fault }) => (fault === null ? [] : [cell(fault)]))
    return `- ${check}: ${faults.length === 0 ? 'yes' : `**no**, ${faults.join('; ')}`} (${figures})`
  })
}

const summary = (rows: readonly Row[]): string => {
  const times = rows.filter(({ action, nextEffectMs }) => action === 'SIGKILL' && nextEffectMs !== null).map(({ nextEffectMs }) => nextEffectMs as number)
  if (times.length === 0) return ''
  const sorted = [...times].sort((a, b) => a - b)
  return `Next effect after kill -9: median ${seconds(sorted[Math.floor(sorted.length / 2)] ?? null)}, longest ${seconds(sorted.at(-1) ?? null)}; ${sorted.filter((ms) => ms < 10_000).length} of ${sorted.length} under 10 s.`
}

const rowLine = ({ process, step, action, fault, nextEffectMs, convergedMs }: Row): string =>
  `| ${process} | ${step} | ${actions[action] ?? action} | ${fault === null ? 'ok' : `**${cell(fault)}**`} | ${seconds(nextEffectMs)} | ${seconds(convergedMs)} |`

const cell = (text: string): string => text.replaceAll('|', '/').replaceAll('\n', ' ').slice(0, 200)
