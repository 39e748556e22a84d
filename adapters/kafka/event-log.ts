/** The EventLog port over Apache Kafka. */
import { partitionOfKey } from '../../core/murmur2.ts'
import type { Appender, EventLog, Subscription } from '../../core/ports.ts'
import { createAppender } from './appender.ts'
import { createConnection } from './connection.ts'
import type { ConnectionOptions, ConnectionParts } from './connection.ts'
import { followTopics } from './follower.ts'
import { joinGroup } from './group-member.ts'
import type { SetAside } from './group-member.ts'
import { readRange } from './range-reader.ts'

export type KafkaEventLogOptions = ConnectionOptions & {
  /** Told how many records were set aside as dead letters. */
  readonly onDeadLetters?: (count: number) => void
}

/**
 * Connects lazily: each appender, member and follower has connections of its own, and `close` closes all of them. The
 * topics must exist (`ensureTopics`).
 */
export const createKafkaEventLog = (options: KafkaEventLogOptions): EventLog => {
  const parts = createConnection(options)
  const open = new Set<{ close(): Promise<void> }>()
  const keep = <Opened extends { close(): Promise<void> }>(opened: Opened): Opened => {
    open.add(opened)
    return { ...opened, close: () => (open.delete(opened) ? opened.close() : Promise.resolve()) }
  }
  const appender = async (): Promise<Appender> =>
    keep(await createAppender(parts))
  const setAside = lettersThrough(parts, appender, options.onDeadLetters)
  return {
    appender,
    join: async (join): Promise<Subscription> => keep(await joinGroup(parts, setAside, join)),
    follow: async (follow) => keep(await followTopics(parts, follow)),
    read: (range) => readRange(parts, range),
    bounds: (topic) => parts.bounds(topic),
    committed: (group, topic) => parts.committed(group, topic),
    partitionOf: async (topic, key) => partitionOfKey(key, await parts.partitionsOf(topic)),
    close: async () => {
      await Promise.allSettled([...open].map((opened) => opened.close()))
      open.clear()
      await parts.close()
    },
  }
}

/** Dead letters share one appender, made when the first is needed. Their key is their origin, so a repeat shows as one. */
const lettersThrough = (parts: ConnectionParts, appender: () => Promise<Appender>, onDeadLetters?: (count: number) => void): SetAside => {
  let shared: Promise<Appender> | null = null
  return async (letters) => {
    if (letters.length === 0) return
    for (const { topic, partition, offset, reason } of letters) parts.log.warn({ topic, partition, offset }, reason)
    shared ??= appender()
    const records = letters.map((event) => ({ topic: 'dead-letters' as const, key: `${event.topic}/${event.partition}/${event.offset}`, event }))
    await (await shared).append(records)
    onDeadLetters?.(letters.length)
  }
}
