/** Writes what the fold emitted and waits until it is acknowledged. */
import type { Appender, OutRecord } from '../../core/ports.ts'
import type { Emitted } from '../../core/scaling/partition.ts'

/** A decision with its argument is some 16 KB, a snapshot 14 KB; 40 of them stay below the broker's limit of 1 MB a batch. */
const RECORDS_PER_APPEND = 40

export const toOutRecords = (emitted: readonly Emitted[]): readonly OutRecord[] =>
  emitted.map(({ topic, key, event }) => ({ topic, key, event }))

/** Resolves when all are acknowledged, in order. After a failure the whole list is to be appended again. */
export const appendAll = async (appender: Appender, records: readonly OutRecord[]): Promise<void> => {
  for (let start = 0; start < records.length; start += RECORDS_PER_APPEND)
    await appender.append(records.slice(start, start + RECORDS_PER_APPEND))
}
