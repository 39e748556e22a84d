/** EventLog.join: a member of a consumer group that owns some partitions of one topic. */
import type { DeadLetter } from '../../core/events/event.ts'
import type { GroupHandler, Subscription } from '../../core/ports.ts'
import type { Topic } from '../../core/topics.ts'
import type { Offset } from '../../core/units.ts'
import type { ConnectionParts } from './connection.ts'
import type { Fetched, PartitionRef, PartitionWork } from './consumer-session.ts'
import { consumePartitions } from './partition-consumer.ts'
import { readRecords } from './record-reader.ts'

export type JoinOptions = { readonly group: string; readonly topic: Topic; readonly handler: GroupHandler }

/** Sets unreadable records aside; resolves when they are acknowledged. */
export type SetAside = (letters: readonly DeadLetter[]) => Promise<void>

/** Several partitions may be worked on at once, so that one that restores does not hold up the others. */
const partitionsAtOnce = 16

/** Resolves when the member has joined. A handler that throws ends the member: `died` rejects with its error. */
export const joinGroup = (parts: ConnectionParts, setAside: SetAside, options: JoinOptions): Promise<Subscription> =>
  consumePartitions({
    kafka: parts.kafka,
    groupId: options.group,
    topics: new Map([[parts.nameOf(options.topic), options.topic]]),
    concurrency: partitionsAtOnce,
    work: memberWork(parts, setAside, options),
    watch: parts.watch,
    ...(parts.consumerTuning === undefined ? {} : { tuning: parts.consumerTuning }),
  })

const memberWork = (parts: ConnectionParts, setAside: SetAside, { handler, topic }: JoinOptions): PartitionWork => ({
  start: async (ref) => withinLog(parts, ref, await handler.assigned(ref.partition)),
  stop: (ref) => handler.revoked(ref.partition),
  batch: async (fetched) => {
    const { records, found } = readRecords(fetched, parts.codec, (ref) => parts.nameOf(ref.topic))
    const handled = await handler.batch({ topic, partition: fetched.partition, records, endOffset: fetched.endOffset })
    const { deadLetters, lastOffset, stoppedBy } = found
    if (deadLetters.length > 0) await setAside(handler.unreadable?.(deadLetters) ?? deadLetters)
    const commit = handler.unreadable === undefined ? handled : behindAll(fetched, lastOffset, handled)
    if (stoppedBy === null) return { commit, proceed: true }
    parts.log.error({ topic: parts.nameOf(topic), partition: fetched.partition, code: stoppedBy.code }, stoppedBy.message)
    handler.stopped?.(fetched.partition, stoppedBy)
    return { commit, proceed: false }
  },
})

/**
 * The offset behind the unreadable ones too, once everything readable before them was handled: a partition that holds nothing
 * but garbage would otherwise be read again from its start after every rebalance.
 */
const behindAll = ({ messages }: Fetched, lastReadable: Offset | null, handled: Offset | null): Offset | null => {
  if (lastReadable !== null && (handled === null || handled <= lastReadable)) return handled
  return Number(messages.at(-1)?.offset ?? -1) + 1
}

/**
 * The offset to start from, moved to the first one kept when retention has removed it. One past the end means another
 * log under the same name, which the broker would answer by silently starting over.
 */
const withinLog = async (parts: ConnectionParts, ref: PartitionRef, wanted: Offset): Promise<Offset> => {
  const { start, end } = await parts.boundsOf(ref)
  if (wanted > end) throw parts.pastTheEnd(ref, wanted, end)
  if (wanted >= start) return wanted
  if (wanted > 0) parts.log.warn({ ...ref, wanted, start }, 'records were removed by retention before they were read')
  return start
}
