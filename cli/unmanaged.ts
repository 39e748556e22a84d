/** What deleted services left behind, below the table of those that are managed. */
import { showCounts } from '../core/roles.ts'
import type { ServiceListAnswer } from '../services/api/answers.ts'
import { showDuration } from './quantities.ts'
import { clean, paint } from './table.ts'
import type { Terminal } from './terminal.ts'

/** One line each. */
export const unmanagedLines = ({ now, unmanaged }: Pick<ServiceListAnswer, 'now' | 'unmanaged'>, terminal: Terminal): readonly string[] =>
  unmanaged.map(({ name, deletedAt, counts }) => {
    const left = counts === null ? 'left as it was' : `left at ${showCounts(counts)}`
    return paint(clean(`unmanaged: ${name}, deleted ${showDuration(now - deletedAt)} ago, ${left}`), 'yellow', terminal)
  })
