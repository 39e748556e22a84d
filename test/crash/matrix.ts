/** The matrix as a page: what was struck where, whether it went as promised, and how long it took. */
import { cpus } from 'node:os'
import type { Row } from './case.ts'
import { seconds } from './runner.ts'
import type { Check } from './verdict.ts'

export type GroupResult = { readonly title: string; readonly rows: readonly Row[]; readonly checks: readonly Check[] }

const actions: { readonly [action: string]: string } = { SIGKILL: 'kill -9', SIGSTOP: 'paused, resumed late', notice: 'as said' }

/** Markdown. `tookMs`: of the whole run; `load`: processes that wanted a core when it ended. */
export const matrixPage = (groups: readonly GroupResult[], { tookMs, load, date }: { readonly tookMs: number; readonly load: number; readonly date: string }): string =>
  [
    '# Crash points on real servers',
    '',
    '`npm run test:crash` makes this page. Each row is one fault in a fleet of real processes on a real Kafka and a real Temporal: a',
    'module that is loaded before the service stops it at the named point (`test/crash/points.mjs`), the next process or the restarted one',
    'goes on, and what the outside saw is judged. *Next effect*: from the fault to the next thing that the process or its successor',
    'does. *Converged*: until nothing is open, nothing reserved, and what serves is what was ordered.',
    '',
    `Made on ${date}, ${cpus().length} cores with a load of ${load.toFixed(1)} at the end, in ${Math.round(tookMs / 1000)} s.`,
    '',
    ...groups.flatMap(groupLines),
  ].join('\n')

const groupLines = ({ title, rows, checks }: GroupResult): readonly string[] => [
  `## ${title}`,
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

const rowLine = ({ process, step, action, fault, nextEffectMs, convergedMs }: Row): string =>
  `| ${process} | ${step} | ${actions[action] ?? action} | ${fault === null ? 'ok' : `**${cell(fault)}**`} | ${seconds(nextEffectMs)} | ${seconds(convergedMs)} |`

const cell = (text: string): string => text.replaceAll('|', '/').replaceAll('\n', ' ').slice(0, 200)
