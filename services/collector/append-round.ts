/** Appends a round's records. One that the log refuses costs the records of its own service, never those of the others. */
import { groupBy } from '../../core/group-by.ts'
import { isPortError } from '../../core/port-error.ts'
import type { Appender, Logger, OutRecord } from '../../core/ports.ts'
import type { CollectorMetrics } from './meters.ts'

export type RoundSink = { readonly appender: Appender; readonly log: Logger; readonly meters: CollectorMetrics }

/** Number of records that the log acknowledged. Never throws: what is lost is missing, never zero. */
export const appendRound = async (sink: RoundSink, records: readonly OutRecord[]): Promise<number> => {
  try {
    return await append(sink, records)
  } catch (error) {
    if (isLogAway(error)) return lose(sink, records, error)
    return appendApart(sink, records)
  }
}

/** The same records by service, and by cell: the log takes all of a call or nothing. */
const appendApart = async (sink: RoundSink, records: readonly OutRecord[]): Promise<number> => {
  const calls = [...groupBy(records, ({ topic, key }) => `${topic} ${key}`).values()].map((own) =>
    append(sink, own).catch((error: unknown) => lose(sink, own, error)),
  )
  return (await Promise.all(calls)).reduce((sum, count) => sum + count, 0)
}

const append = async ({ appender, meters }: RoundSink, records: readonly OutRecord[]): Promise<number> => {
  await appender.append(records)
  meters.published.inc(records.length)
  return records.length
}

/** A log that does not answer is not asked again for each service: each call would wait for the same timeout. */
const isLogAway = (error: unknown): boolean => isPortError(error, 'unavailable') || isPortError(error, 'timeout')

const lose = ({ log }: RoundSink, records: readonly OutRecord[], error: unknown): number => {
  const lost = { err: error, records: records.length, keys: [...new Set(records.map(({ key }) => key))] }
  log.error(lost, 'E_APPEND these records are lost: their samples are missing, never zero; next round as usual')
  return 0
}
