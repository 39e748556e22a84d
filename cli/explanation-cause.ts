/** The part of `explain` before the decision: evidence, what was asked for, what limited it. */
import { showCounts } from '../core/roles.ts'
import type { EpochMs } from '../core/units.ts'
import type { ExplainAnswer } from '../services/api/answers.ts'
import type { Section } from './explanation-section.ts'
import { titled, wrapped } from './explanation-section.ts'
import { neededToAct } from './needed.ts'
import { showDuration, showKnownCounts, showNumber, showShare, showTime } from './quantities.ts'
import type { Colour } from './table.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

type Decision = NonNullable<ExplainAnswer['decision']>

/** From the decision to what limited it; a hold has no limits of its own. `at`: the time that was asked about, which a hold may have begun long before. */
export const causeSections = (decision: Decision | null, terminal: Terminal, at: EpochMs | null = null): readonly Section[] =>
  decision === null
    ? [['Decision: not in memory of the API; the topic `decisions` keeps it']]
    : [decisionLines(decision), evidenceLines(decision, terminal, at), askLines(decision, terminal), limitLines(decision, terminal)]

const decisionLines = (decision: Decision): Section => {
  const at = `${showTime(decision.time)} (world time)`
  if (decision.type === 'ScaleHeld')
    return [
      `Hold ${decision.decisionId} of ${decision.service} at ${at}`,
      ...wrapped(`stays at ${showKnownCounts(decision.current)}: ${decision.reason}`),
      ...wrapped(decision.detail),
      ...neededLines(decision),
    ]
  return [
    `Decision ${decision.decisionId} of ${decision.service}, sequence ${decision.sequence}, at ${at}`,
    `  ${decision.kind}: ${showCounts(decision.from)} → ${showCounts(decision.to)}`,
    ...wrapped(`because ${decision.reason}`),
  ]
}

const neededLines = (decision: Decision): Section => {
  const needed = neededToAct(decision)
  return needed === null ? [] : wrapped(`needed: ${needed}`)
}

const evidenceLines = (decision: Decision, terminal: Terminal, at: EpochMs | null): Section => {
  const { type, evidence, time } = decision
  const isOlder = type === 'ScaleHeld' && at !== null && at - time >= 1_000
  const title = isOlder ? `Evidence as of ${showTime(time)}, when this reason began` : 'Evidence'
  const colours: { readonly [state: string]: Colour } = { fresh: 'green', idle: 'green', stale: 'yellow', missing: 'red', failed: 'red' }
  return titled(title, evidence, (rows) => table(rows, [
    { heading: 'SIGNAL', cell: (row) => row.signal },
    { heading: 'STATE', cell: (row) => row.state, colour: (row) => colours[row.state] ?? null },
    { heading: 'VALUE', cell: (row) => showNumber(row.value) },
    { heading: 'AGE', cell: (row) => (row.ageMs === null ? '' : showDuration(row.ageMs)) },
    { heading: 'COVERAGE', cell: (row) => showShare(row.coverage) },
    { heading: 'RISING', cell: (row) => (row.rising ? 'yes' : 'no') },
  ], terminal))
}

const askLines = ({ asks }: Decision, terminal: Terminal): Section =>
  titled('Asked for', asks, (rows) => table(rows, [
    { heading: 'POLICY', cell: (row) => row.policy },
    { heading: 'DIRECTION', cell: (row) => row.direction },
    { heading: 'TARGET', cell: (row) => showCounts(row.target) },
    { heading: 'REASON', cell: (row) => row.reason, isProse: true },
  ], terminal))

const limitLines = (decision: Decision, terminal: Terminal): Section =>
  decision.type === 'ScaleHeld'
    ? []
    : titled('Limited by', decision.limits, (rows) => table(rows, [
        { heading: 'LIMIT', cell: (row) => row.limit },
        { heading: 'FROM', cell: (row) => showCounts(row.before) },
        { heading: 'TO', cell: (row) => showCounts(row.after) },
        { heading: 'DETAIL', cell: (row) => row.detail, isProse: true },
      ], terminal))

/** What the decision rests on, to decide it again. */
export const footLines = ({ inputs, policyHash, coreHash }: Decision): Section => [
  `Decided on signals/${inputs.partition} up to offset ${inputs.lastInputOffset}, at the tick of offset ${inputs.tickOffset};`,
  `  policy ${policyHash.slice(0, 12)}, core ${coreHash}. \`heteroscale replay\` decides it again.`,
]
