/** A dry run as a person reads it before a change: one screen. */
import type { Asked, Moment, Said } from '../core/audit/dry-run-comparison.ts'
import { showCounts } from '../core/roles.ts'
import type { DryRunHistory } from './dry-run-history.ts'
import type { DryRunAnswer } from './dry-run.ts'
import { showCountsOrDash, showDuration, showNumberOf, showTime } from './quantities.ts'
import { shortened } from './shortened.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

/** The newest are the ones a person remembers; all of them stand in `-o json`. */
const SHOWN_MOMENTS = 12
const SHOWN_CHANGES = 20
const SHOWN_REASON = 60

export const describeDryRun = (answer: DryRunAnswer, terminal: Terminal): string =>
  [headline(answer), ...answer.refusals.map((refusal) => `apply would refuse it: ${refusal}`), ...changeLines(answer, terminal), '', ...historyLines(answer, terminal)].join('\n')

const headline = ({ service, outcome, generation, changes }: DryRunAnswer): string => {
  const at = `service/${service} at generation ${generation}`
  switch (outcome) {
    case 'new':
      return `service/${service} is new: apply would record it; if it runs already, its present counts are adopted (dry run, nothing was recorded)`
    case 'unchanged':
      return `${at}: the file says what is in force already (dry run, nothing was recorded)`
    case 'changed':
    case 'refused':
      return `${at}: ${showNumberOf(changes.length, 'field')} ${changes.length === 1 ? 'differs' : 'differ'} (dry run, nothing was recorded)`
  }
}

const changeLines = ({ changes }: DryRunAnswer, terminal: Terminal): readonly string[] => {
  if (changes.length === 0) return []
  const columns = [
    { heading: 'FIELD', cell: ({ path }: DryRunAnswer['changes'][number]) => path },
    { heading: 'IN FORCE', cell: ({ from }: DryRunAnswer['changes'][number]) => shown(from), isProse: true },
    { heading: 'FILE', cell: ({ to }: DryRunAnswer['changes'][number]) => shown(to), isProse: true },
  ]
  const more = changes.length - SHOWN_CHANGES
  return [table(changes.slice(0, SHOWN_CHANGES), columns, terminal), ...(more > 0 ? [`… and ${more} more; -o json has them all`] : [])]
}

const shown = (value: unknown): string => (value === undefined ? '' : shortened(JSON.stringify(value), SHOWN_REASON))

const historyLines = ({ history, noHistory }: DryRunAnswer, terminal: Terminal): readonly string[] => {
  if (history === null) return [`What it would have asked for is not known: ${noHistory}.`]
  return [...windowLines(history), ...momentLines(history, terminal), '', totals(history, terminal)]
}

const windowLines = ({ fromMs, untilMs, evaluations, otherCores }: DryRunHistory): readonly string[] => [
  `Window ${showTime(Math.round(fromMs / 1000) * 1000)} to ${showTime(Math.round(untilMs / 1000) * 1000)}: ${showNumberOf(evaluations, 'evaluation')}. The fleet did what was decided then and`,
  'did not follow the file: each line is what the file would have ordered in that situation, not what would have come of it.',
  ...(otherCores.length === 0 ? [] : [`Another version decided in this window (core ${otherCores.join(', ')}): DECIDED is what this version makes of the same records.`]),
]

const momentLines = ({ moments }: DryRunHistory, terminal: Terminal): readonly string[] => {
  if (moments.length === 0) return ['', 'It would have ordered the same, every time.']
  const columns = [
    { heading: 'TIME', cell: ({ fromMs }: Moment) => showTime(Math.round(fromMs / 1000) * 1000) },
    { heading: 'FOR', cell: ({ fromMs, untilMs }: Moment) => (untilMs === fromMs ? 'once' : showDuration(untilMs - fromMs)) },
    { heading: 'STOOD AT', cell: ({ current }: Moment) => showCountsOrDash(current) },
    { heading: 'DECIDED', cell: ({ decided }: Moment) => orderOf(decided) },
    { heading: 'FILE', cell: ({ candidate }: Moment) => orderOf(candidate) },
    { heading: 'WHY', cell: ({ candidate }: Moment) => shortened(candidate.reason, SHOWN_REASON), isProse: true },
  ]
  const older = moments.length - SHOWN_MOMENTS
  return [
    '',
    `${moments.length === 1 ? 'Once' : `${moments.length} times`} it would have ordered something else:`,
    ...(older > 0 ? [`… ${older} earlier ones; -o json has them all`] : []),
    table(moments.slice(-SHOWN_MOMENTS), columns, terminal),
  ]
}

const orderOf = ({ order, reason }: Said): string => (order === null ? `hold ${reason.split(':')[0]}` : `${order.kind} ${showCounts(order.to)}`)

const totals = ({ decided, candidate }: DryRunHistory, terminal: Terminal): string =>
  table(
    [
      { name: 'in force', ...decided },
      { name: 'file', ...candidate },
    ],
    [
      { heading: 'ASKED BY', cell: ({ name }: Row) => name },
      { heading: 'ORDERS', cell: ({ orders }: Row) => String(orders) },
      { heading: 'PEAK ASK', cell: ({ peak }: Row) => showCountsOrDash(peak) },
      { heading: 'GPU-HOURS ASKED', cell: ({ gpuHours }: Row) => String(Math.round(gpuHours * 10) / 10) },
      { heading: 'NOT KNOWN FOR', cell: ({ unknownMs }: Row) => showDuration(unknownMs) },
    ],
    terminal,
  )

type Row = Asked & { readonly name: string }
