/** The matrix as a page: what was struck where, whether it went as promised, and how long it took. */
import { cpus } from 'node:os'
import type { Row } from './case.ts'
import { seconds } from './runner.ts'
import type { Check } from './verdict.ts'

/** `tookMs`: of the whole group, its fleet's start included; `load`: processes that wanted a core when it ended. */
export type GroupResult = {
  readonly title: string
  readonly rows: readonly Row[]
  readonly checks: readonly Check[]
  readonly date: string
  readonly tookMs: number
  readonly load: number
}

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
    `Figures are of ${cpus().length} cores. The load, which stands beside each group, is the number of processes that wanted one: above`,
    `${cpus().length}, other programs took their share of every figure.`,
    '',
    ...groups.flatMap(groupLines),
  ].join('\n')

const groupLines = ({ title, rows, checks, date, tookMs, load }: GroupResult): readonly string[] => [
  `## ${title}`,
  '',
  `${date}, ${rows.length} points in ${Math.round(tookMs / 1000)} s, load ${load.toFixed(1)}. ${summary(rows)}`,
  '',
  '| process | step | fault | result | next effect | converged |',
  '|---|---|---|---|---|---|',
  ...rows.map(rowLine),
  '',
  'Over the whole history of this fleet:',
  '',
  ...checks.map(({ check, figures, fault }) => `- ${check}: ${fault === null ? 'yes' : `**no**, ${cell(fault)}`} (${figures})`),
  '',
]

const summary = (rows: readonly Row[]): string => {
  const times = rows.filter(({ action, nextEffectMs }) => action === 'SIGKILL' && nextEffectMs !== null).map(({ nextEffectMs }) => nextEffectMs as number)
  if (times.length === 0) return ''
  const sorted = [...times].sort((a, b) => a - b)
  return `Next effect after kill -9: median ${seconds(sorted[Math.floor(sorted.length / 2)] ?? null)}, longest ${seconds(sorted.at(-1) ?? null)}; ${sorted.filter((ms) => ms < 10_000).length} of ${sorted.length} under 10 s.`
}

const rowLine = ({ process, step, action, fault, nextEffectMs, convergedMs }: Row): string =>
  `| ${process} | ${step} | ${actions[action] ?? action} | ${fault === null ? 'ok' : `**${cell(fault)}**`} | ${seconds(nextEffectMs)} | ${seconds(convergedMs)} |`

const cell = (text: string): string => text.replaceAll('|', '/').replaceAll('\n', ' ').slice(0, 200)
