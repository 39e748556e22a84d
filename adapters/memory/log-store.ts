/** The records of the memory broker, per topic and partition. */
import { partitionOfKey } from '../../core/murmur2.ts'
import { portError } from '../../core/port-error.ts'
import type { Appended, LogRecord, OutRecord } from '../../core/ports.ts'
import { topics } from '../../core/topics.ts'
import type { Topic } from '../../core/topics.ts'
import type { EpochMs } from '../../core/units.ts'

export type MemoryBrokerOptions = {
  /** Clock of the append time; default the wall clock. */
  readonly now?: () => EpochMs
  /** Of each keyed topic; default 4. */
  readonly partitions?: number
}

export type Store = {
  partitionCount(topic: Topic): number
  /** All records of a partition; grows in place. Throws PortError `not-found`. */
  records(topic: Topic, partition: number): readonly LogRecord[]
  write(records: readonly OutRecord[]): readonly Appended[]
  /** Resolves at the next append to any partition, or at `wakeAll`. */
  changed(): Promise<void>
  wakeAll(): void
}

/** An empty store; partitions appear with their first use. */
export const createStore = ({ now = Date.now, partitions = 4 }: MemoryBrokerOptions): Store => {
  const logs = new Map<Topic, LogRecord[][]>()
  let waiters: (() => void)[] = []
  const wakeAll = (): void => {
    const woken = waiters
    waiters = []
    for (const wake of woken) wake()
  }
  const partitionCount = (topic: Topic): number => {
    const { keyedBy } = topics[topic]
    return keyedBy === 'service' || keyedBy === 'cell' ? partitions : 1
  }
  const partitionsOf = (topic: Topic): LogRecord[][] => {
    const known = logs.get(topic) ?? Array.from({ length: partitionCount(topic) }, () => [])
    logs.set(topic, known)
    return known
  }
  const partitionOfRecord = ({ topic, key, partition }: OutRecord): number =>
    partition ?? (key === null ? 0 : partitionOfKey(key, partitionCount(topic)))
  const recordsOf = (topic: Topic, partition: number): LogRecord[] => {
    const log = partitionsOf(topic)[partition]
    if (log === undefined) throw portError('not-found', `PARTITION ${topic}/${partition}: it does not exist; nothing was done`)
    return log
  }
  const write = (record: OutRecord): Appended => {
    const { topic, key, event } = record
    const partition = partitionOfRecord(record)
    const log = recordsOf(topic, partition)
    log.push({ topic, partition, offset: log.length, key, appendedAtMs: now(), event })
    return { topic, partition, offset: log.length - 1 }
  }
  return {
    partitionCount,
    records: recordsOf,
    changed: () => new Promise<void>((resolve) => waiters.push(resolve)),
    wakeAll,
    write: (records: readonly OutRecord[]): readonly Appended[] => {
      const written = records.map(write)
      wakeAll()
      return written
    },
  }
}
