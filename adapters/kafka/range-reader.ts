/** EventLog.read: one range of one partition, once, in order. */
import { randomUUID } from 'node:crypto'
import { portError } from '../../core/port-error.ts'
import type { LogRecord, PortError } from '../../core/ports.ts'
import type { Offset } from '../../core/units.ts'
import type { ConnectionParts } from './connection.ts'
import type { Fetched, PartitionRef, PartitionWork } from './consumer-session.ts'
import { consumePartitions } from './partition-consumer.ts'
import { readRecords } from './record-reader.ts'

export type Range = PartitionRef & { readonly from: Offset; readonly to: Offset }

/**
 * Yields the records of [from, to) that are still kept; `to` beyond the present end means the present end. Throws PortError
 * `corrupt` at a record that this version cannot read.
 */
export async function* readRange(parts: ConnectionParts, range: Range): AsyncGenerator<LogRecord> {
  const { start, end } = await parts.boundsOf(range)
  const wanted = { ...range, from: Math.max(range.from, start), to: Math.min(range.to, end) }
  if (wanted.from >= wanted.to) return
  const handover = createHandover()
  const groupId = `${parts.clientId}-reader-${randomUUID()}`
  const running = await consumePartitions({
    kafka: parts.kafka,
    groupId,
    topics: new Map([[parts.nameOf(range.topic), range.topic]]),
    concurrency: 1,
    work: rangeWork(parts, wanted, handover),
    watch: parts.watch,
  })
  running.died.catch((error: PortError) => handover.end(error))
  try {
    yield* handover.records()
  } finally {
    handover.abandon()
    await running.close()
    await parts.deleteGroup(groupId)
  }
}

/** Reads the one partition; the others of the topic start at their end and stop at whatever comes there. */
const rangeWork = (parts: ConnectionParts, range: Range, handover: Handover): PartitionWork => {
  let next = range.from
  return {
    start: async (ref) => (ref.partition === range.partition ? next : (await parts.boundsOf(ref)).end),
    stop: () => {},
    batch: async (fetched: Fetched) => {
      if (fetched.partition !== range.partition) return ended
      const { records, found } = readRecords(fetched, parts.codec, (ref) => parts.nameOf(ref.topic))
      await handover.give(until(range.to, records))
      next = Number(fetched.messages.at(-1)?.offset ?? next - 1) + 1
      if (found.stoppedBy !== null) handover.end(found.stoppedBy)
      else if (next >= range.to) handover.end(null)
      else return { commit: null, proceed: true }
      return ended
    },
  }
}

/** Asks for nothing behind the end: what stands there is nobody's concern, readable or not. */
function* until(end: Offset, records: Iterable<LogRecord>): Generator<LogRecord> {
  for (const record of records) {
    if (record.offset >= end) return
    yield record
    if (record.offset === end - 1) return
  }
}

const ended = { commit: null, proceed: false }

type Handover = ReturnType<typeof createHandover>

/** Passes batches from the consumer to the reader; the consumer waits until a batch was taken. */
const createHandover = () => {
  let batch: { readonly records: Iterable<LogRecord>; taken(): void } | null = null
  let ended: { readonly error: PortError | null } | null = null
  let wake: () => void = () => {}
  const abandonment = portError('unavailable', 'READ_ENDED: the reader has left; nothing more is read')
  return {
    give: (records: Iterable<LogRecord>): Promise<void> =>
      new Promise((resolve) => {
        if (ended !== null) return resolve()
        batch = { records, taken: resolve }
        wake()
      }),
    end: (error: PortError | null): void => {
      ended ??= { error }
      wake()
    },
    /** Frees a consumer that still waits, so that it can be closed. */
    abandon: (): void => {
      ended ??= { error: abandonment }
      batch?.taken()
    },
    async *records(): AsyncGenerator<LogRecord> {
      for (;;) {
        const current: typeof batch = batch
        if (current !== null) {
          yield* current.records
          batch = null
          current.taken()
        } else if (ended !== null) {
          if (ended.error !== null) throw ended.error
          return
        } else await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}
