/** The part of `explain` after the decision: intent, placement, rollouts, reservations, instances. */
import { showCounts } from '../core/roles.ts'
import type { ExplainAnswer, RolloutAnswer, StepAnswer } from '../services/api/answers.ts'
import type { Section } from './explanation-section.ts'
import { titled, wrapped } from './explanation-section.ts'
import { intentColour, rolloutColour } from './get-tables.ts'
import { showDuration, showNumberOf, showOffset } from './quantities.ts'
import type { Colour } from './table.ts'
import { paint, table } from './table.ts'
import type { Terminal } from './terminal.ts'

/** Times are relative to `start`, the time of the decision. */
export const effectSections = (answer: ExplainAnswer, start: number, terminal: Terminal): readonly Section[] => [
  intentLines(answer, start, terminal),
  placementLines(answer, start, terminal),
  ...answer.rollouts.map((rollout) => rolloutLines(rollout, start, terminal)),
  reservationLines(answer, start),
  groupLines(answer, terminal),
]

const intentLines = ({ intent }: ExplainAnswer, start: number, terminal: Terminal): Section => {
  if (intent === null) return []
  const { record, state, detail, endedAt } = intent
  const took = endedAt === null ? '' : ` at ${showOffset(endedAt - start)}`
  return [
    `Intent ${record.intentId}: ${paint(state, intentColour(state), terminal)}${took}`,
    `  bring ${record.service} to ${showCounts(record.target)}, P/D between ${record.band.lo} and ${record.band.hi}, expires at ${showOffset(record.expiresAt - start)}`,
    ...(detail === '' ? [] : wrapped(detail)),
  ]
}

const placementLines = ({ placement }: ExplainAnswer, start: number, terminal: Terminal): Section => {
  if (placement === null) return []
  const title = `Placed in ${placement.cell} at ${showOffset(placement.time - start)}`
  const refusal = placement.refusal === null ? [] : wrapped(`not placed: ${placement.refusal}`)
  const groups = titled(title, placement.groups, (rows) => table(rows, [
    { heading: 'GROUP', cell: (row) => `${row.group}${row.isNew ? ' (new)' : ''}` },
    { heading: 'DOMAIN', cell: (row) => row.domain },
    { heading: 'FROM', cell: (row) => showCounts(row.from) },
    { heading: 'TO', cell: (row) => showCounts(row.to) },
    { heading: 'RESERVED', cell: (row) => reservedText(row) },
  ], terminal))
  return [...(groups.length > 0 ? groups : [title]), ...refusal]
}

type PlacedRow = NonNullable<ExplainAnswer['placement']>['groups'][number]

const reservedText = (row: PlacedRow): string => {
  const gpus = row.reserved.reduce((sum, reservation) => sum + reservation.gpus, 0)
  const nodes = new Set(row.reserved.map((reservation) => reservation.node))
  return gpus === 0 ? '' : `${showNumberOf(gpus, 'GPU')} on ${showNumberOf(nodes.size, 'node')} (${row.gpuTypes.prefill}/${row.gpuTypes.decode})`
}

const rolloutLines = (rollout: RolloutAnswer, start: number, terminal: Terminal): Section => {
  const end = rollout.endedAt === null ? '' : ` at ${showOffset(rollout.endedAt - start)}, after ${showDuration(rollout.endedAt - rollout.startedAt)}`
  const colours: { readonly [outcome in StepAnswer['outcome']]: Colour } = {
    'step-done': 'green',
    'step-failed': 'red',
    'step-undone': 'yellow',
    repaired: 'yellow', halted: 'yellow', resumed: 'green',
    stuck: 'red',
  }
  const notable = rollout.steps.filter(({ outcome }) => outcome !== 'step-done')
  const rows = titled('', notable, (steps) => table(steps, [
    { heading: 'WHEN', cell: (row) => showOffset(row.time - start) },
    { heading: 'STEP', cell: (row) => row.step },
    { heading: 'OUTCOME', cell: (row) => row.outcome.replace('step-', ''), colour: (row) => colours[row.outcome] },
    { heading: 'DETAIL', cell: (row) => row.detail, isProse: true },
  ], terminal))
  return [
    `Rollout of group ${rollout.group}: ${paint(rollout.state, rolloutColour(rollout.state), terminal)}${end}`,
    ...(rollout.detail === '' ? [] : wrapped(rollout.detail, { most: 2 })),
    ...doneLines(rollout.steps, start),
    ...rows.slice(1),
    ...(rollout.state === 'stuck' ? repairLines(rollout.id) : []),
  ]
}

/** What went well needs no table: `done: grow +0.6s → ready/decode +40s`. */
const doneLines = (steps: readonly StepAnswer[], start: number): Section => {
  const done = steps.filter(({ outcome }) => outcome === 'step-done').map(({ step, time }) => `${step} ${showOffset(time - start)}`)
  return done.length === 0 ? [] : wrapped(`done: ${done.join(' → ')}`)
}

/** STUCK ends only by an operator's word; until then the capacity is reserved and the group is left alone. */
const repairLines = (workflowId: string): Section => [
  '  STUCK: see DETAIL, repair what is in the way of the undo, then type:',
  `    heteroscale repair '${workflowId}'`,
]

const reservationLines = ({ reservations, placement }: ExplainAnswer, start: number): Section => {
  const held = (placement?.groups ?? []).filter((group) => !reservations.some((released) => released.group === group.group))
  return [
    ...reservations.map(({ group, outcome, time }) => `Reservation of ${group}: released at ${showOffset(time - start)} (${outcome})`),
    ...held.map(({ group }) => `Reservation of ${group}: still held`),
  ]
}

const groupLines = ({ groups, now }: ExplainAnswer, terminal: Terminal): Section => {
  const perRole = groups.flatMap((group) => [group.roles.prefill, group.roles.decode].flatMap((role) => (role === null ? [] : [{ group, role }])))
  return titled('Instances now', perRole, (rows) => table(rows, [
    { heading: 'GROUP', cell: (row) => row.group.group },
    { heading: 'ROLE', cell: (row) => row.role.role },
    { heading: 'DESIRED', cell: (row) => String(row.role.desired) },
    { heading: 'READY', cell: (row) => String(row.role.ready) },
    { heading: 'REGISTERED', cell: (row) => String(row.role.registered) },
    { heading: 'GPU', cell: (row) => row.role.gpuType },
    { heading: 'SEEN', cell: (row) => `${showDuration(now - row.group.observedAt)} ago` },
  ], terminal))
}
