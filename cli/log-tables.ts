/** Columns of what operators and producers write: controls, producers, topics. */
import { showCounts } from '../core/roles.ts'
import { showDuration } from './quantities.ts'
import { shortened } from './shortened.ts'
import { table } from './table.ts'
import type { ControlAnswer, ListAnswer, ProducerAnswer, TopicAnswer } from '../services/api/answers.ts'
import type { Terminal } from './terminal.ts'

export const controlTable = ({ now, items }: ListAnswer<ControlAnswer>, terminal: Terminal): string => table(items, [
  { heading: 'SCOPE', cell: (row) => row.scope },
  { heading: 'CONTROL', cell: (row) => row.control },
  { heading: 'VALUE', cell: (row) => row.value, colour: (row) => (row.control === 'manual-scale' ? 'yellow' : 'red') },
  { heading: 'COUNTS', cell: (row) => (row.prefill === null || row.decode === null ? '' : showCounts({ prefill: row.prefill, decode: row.decode })) },
  { heading: 'SINCE', cell: (row) => showDuration(now - row.time) },
  { heading: 'ENDS-IN', cell: (row) => (row.untilMs === null ? '' : showDuration(row.untilMs - now)) },
  { heading: 'AUTHOR', cell: (row) => row.author },
  { heading: 'REASON', cell: (row) => row.reason, isProse: true },
], terminal)

/** Totals are since the gate started; what was refused is told by reason, and in words for the last one. */
export const producerTable = ({ now, items }: ListAnswer<ProducerAnswer>, terminal: Terminal): string => {
  const age = (at: number | null): string => (at === null ? '' : showDuration(now - at))
  const refused = (row: ProducerAnswer): number => row.refused.reduce((sum, { count }) => sum + count, 0)
  return table(items, [
    { heading: 'PRODUCER', cell: (row) => row.producer },
    { heading: 'GATE', cell: (row) => row.gate },
    { heading: 'ACCEPTED', cell: (row) => String(row.accepted) },
    { heading: 'LAST', cell: (row) => age(row.lastAcceptedAt) },
    { heading: 'REFUSED', cell: (row) => String(refused(row)), colour: (row) => (refused(row) > 0 ? 'red' : null) },
    { heading: 'LAST', cell: (row) => age(row.lastRefusalAt) },
    { heading: 'WHY', cell: (row) => row.refused.map(({ reason, count }) => `${reason} ${count}`).join(', ') },
    { heading: 'LAST-REFUSAL', cell: (row) => shortened(row.lastRefusal, 100), isProse: true },
  ], terminal)
}

/** More types than this do not fit beside the rest; `-o json` has all. */
const TYPES_SHOWN = 3

export const topicTable = ({ items }: ListAnswer<TopicAnswer>, terminal: Terminal): string => table(items, [
  { heading: 'TOPIC', cell: (row) => row.name },
  { heading: 'PARTITIONS', cell: (row) => String(row.partitions) },
  { heading: 'RECORDS', cell: (row) => String(row.records) },
  { heading: 'KEPT', cell: (row) => (row.kept === 'compact' ? 'newest of a key' : `${row.kept.days}d`) },
  { heading: 'WRITTEN-BY', cell: (row) => row.writtenBy.join(', ') },
  { heading: 'CARRIES', cell: (row) => listed(row.carries), isProse: true },
], terminal)

const listed = (types: readonly string[]): string => types.length <= TYPES_SHOWN ? types.join(', ') : `${types.slice(0, TYPES_SHOWN).join(', ')} and ${types.length - TYPES_SHOWN} more`
