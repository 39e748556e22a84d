/** Columns of the tables of `get`. */
import { showCounts } from '../core/roles.ts'
import type {
  DecisionAnswer,
  GroupAnswer,
  IntentState,
  ListAnswer,
  RolloutAnswer,
  RolloutState,
  ServiceAnswer,
  SignalNow,
} from '../services/api/answers.ts'
import { showCountsOrDash, showDuration, showNumber, showKnownCounts } from './quantities.ts'
import { showSignal } from './signal-now.ts'
import type { Colour, Column } from './table.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

export const serviceTable = ({ now, items }: ListAnswer<ServiceAnswer>, terminal: Terminal): string => {
  const columns: readonly Column<ServiceAnswer>[] = [
    { heading: 'NAME', cell: (row) => row.name },
    { heading: 'CELL', cell: (row) => row.manifest?.spec.cell ?? '' },
    { heading: 'GEN', cell: (row) => String(row.generation) },
    { heading: 'ACCEPTED', cell: (row) => (row.accepted ? 'yes' : 'no'), colour: (row) => (row.accepted ? 'green' : 'red') },
    { heading: 'TARGET', cell: (row) => showCountsOrDash(row.target) },
    { heading: 'DESIRED', cell: (row) => showCountsOrDash(row.observed?.desired) },
    { heading: 'READY', cell: (row) => showCountsOrDash(row.observed?.ready) },
    { heading: 'REGISTERED', cell: (row) => showCountsOrDash(row.observed?.registered) },
    { heading: 'DECODE-TPS', cell: (row) => showSignal(row, 'decodeTps', now) },
    { heading: 'TTFT-P95', cell: (row) => withUnit(showSignal(row, 'ttftMsP95', now), 'ms') },
    { heading: 'TBT-P95', cell: (row) => withUnit(showSignal(row, 'tbtMsP95', now), 'ms') },
    { heading: 'LAST', cell: (row) => row.lastDecision?.kind ?? '' },
    { heading: 'AGE', cell: (row) => (row.lastDecision === null ? '' : showDuration(now - row.lastDecision.time)) },
  ]
  return table(items, columns, terminal)
}

const withUnit = (value: string, unit: string): string => (/\d$/.test(value) ? `${value}${unit}` : value)

export const groupTable = ({ now, items }: ListAnswer<GroupAnswer>, terminal: Terminal): string => table(items, groupColumns(now), terminal)

/** Where the service stands above the table: a column less, and the line fits more screens. */
export const groupTableOfOne = ({ now, items }: Pick<ListAnswer<GroupAnswer>, 'now' | 'items'>, terminal: Terminal): string =>
  table(items, groupColumns(now).filter(({ heading }) => heading !== 'SERVICE'), terminal)

const groupColumns = (now: number): readonly Column<GroupAnswer>[] => {
  const stage = (row: GroupAnswer, name: 'desired' | 'ready' | 'registered'): string =>
    showCounts({ prefill: row.roles.prefill?.[name] ?? 0, decode: row.roles.decode?.[name] ?? 0 })
  return [
    { heading: 'GROUP', cell: (row) => row.group },
    { heading: 'SERVICE', cell: (row) => row.service },
    { heading: 'SUB-CLUSTER', cell: (row) => row.subCluster },
    { heading: 'DOMAIN', cell: (row) => row.domain },
    { heading: 'DESIRED', cell: (row) => stage(row, 'desired') },
    { heading: 'READY', cell: (row) => stage(row, 'ready') },
    { heading: 'REGISTERED', cell: (row) => stage(row, 'registered') },
    { heading: 'GPUS', cell: (row) => [row.roles.prefill?.gpuType, row.roles.decode?.gpuType].filter(Boolean).join('/') },
    { heading: 'SEQ', cell: (row) => String(row.sequence) },
    { heading: 'ROLLOUT', cell: (row) => row.rollout ?? '', colour: (row) => (row.rollout === null ? null : rolloutColour(row.rollout)) },
    { heading: 'SEEN', cell: (row) => showDuration(now - row.observedAt) },
  ]
}

/** `at`: the time from which the age of a window is told. */
export const signalTable = (rows: readonly SignalNow[], at: number, terminal: Terminal): string =>
  table(rows, [
    { heading: 'SIGNAL', cell: (row) => row.signal },
    { heading: 'VALUE', cell: (row) => `${showNumber(row.value)}${row.signal.endsWith('Tps') ? ' tokens/s' : 'ms'}` },
    { heading: 'AGE', cell: (row) => showDuration(at - row.windowEndMs) },
  ], terminal)

export const decisionTable = ({ now, items }: ListAnswer<DecisionAnswer>, terminal: Terminal): string => {
  const columns: readonly Column<DecisionAnswer>[] = [
    { heading: 'ID', cell: (row) => row.id },
    { heading: 'AGE', cell: (row) => showDuration(now - row.time) },
    { heading: 'KIND', cell: (row) => row.kind },
    { heading: 'FROM', cell: (row) => showKnownCounts(row.from) },
    { heading: 'TO', cell: (row) => showKnownCounts(row.to) },
    { heading: 'OUTCOME', cell: (row) => row.outcome ?? '', colour: (row) => (row.outcome === null ? null : intentColour(row.outcome)) },
    { heading: 'REASON', cell: (row) => row.reason, isProse: true },
  ]
  return table(items, columns, terminal)
}

export const rolloutTable = ({ now, items }: ListAnswer<RolloutAnswer>, terminal: Terminal): string => {
  const columns: readonly Column<RolloutAnswer>[] = [
    { heading: 'GROUP', cell: (row) => row.group },
    { heading: 'INTENT', cell: (row) => row.intentId },
    { heading: 'SEQ', cell: (row) => String(row.sequence) },
    { heading: 'TARGET', cell: (row) => showCountsOrDash(row.target) },
    { heading: 'STATE', cell: (row) => row.state, colour: (row) => rolloutColour(row.state) },
    { heading: 'LAST-STEP', cell: (row) => row.steps.at(-1)?.step ?? '' },
    { heading: 'AGE', cell: (row) => showDuration(now - row.startedAt) },
    { heading: 'TOOK', cell: (row) => (row.endedAt === null ? '' : showDuration(row.endedAt - row.startedAt)) },
    { heading: 'DETAIL', cell: (row) => row.detail, isProse: true },
  ]
  return table(items, columns, terminal)
}

export const rolloutColour = (state: RolloutState): Colour =>
  ({ committed: 'green', placed: 'yellow', running: 'yellow', halted: 'red', undoing: 'yellow', 'rolled-back': 'red', stuck: 'red' } as const)[state]

export const intentColour = (state: IntentState): Colour | null =>
  ({ completed: 'green', partial: 'yellow', refused: 'red', expired: 'red', superseded: null, emitted: null, 'rolling-out': null } as const)[state]
