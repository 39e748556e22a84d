/**
 * The EventLog port in memory. One broker serves any number of logs, as a Kafka cluster serves processes. It uses promises
 * and no timers, so one order of calls gives one history; a simulator can rely on that.
 */
import { refusalOf } from '../../core/events/admission.ts'
import { partitionOfKey } from '../../core/murmur2.ts'
import { portError } from '../../core/port-error.ts'
import type { Appended, Appender, EventLog, LogRecord, OutRecord } from '../../core/ports.ts'
import type { Topic } from '../../core/topics.ts'
import type { Offset } from '../../core/units.ts'
import { followPartitions } from './follower.ts'
import { createGroup } from './group.ts'
import type { Group } from './group.ts'
import { createStore } from './log-store.ts'
import type { MemoryBrokerOptions, Store } from './log-store.ts'

export type PlannedFailure = {
  readonly error: Error
  /** `after`: the records are in the log although the caller was told otherwise. Default `before`. */
  readonly when?: 'before' | 'after'
}

export type MemoryBroker = {
  /** A log as one process sees it; closing it leaves the broker's records. */
  eventLog(): EventLog
  /** The next append, of any appender, fails. Calls add up. */
  failNext(failure: PlannedFailure): void
}

/** A broker that keeps every record for ever: nothing expires and nothing is compacted. */
export const createMemoryBroker = (options: MemoryBrokerOptions = {}): MemoryBroker => {
  const store = createStore(options)
  const groups = new Map<string, Group>()
  const failures: PlannedFailure[] = []
  const groupOf = (group: string, topic: Topic): Group => {
    const key = `${group}/${topic}`
    const known = groups.get(key) ?? createGroup(store, topic)
    groups.set(key, known)
    return known
  }
  return {
    failNext: (failure) => void failures.push(failure),
    eventLog: () => createLog({ store, groupOf, nextFailure: () => failures.shift() }),
  }
}

type LogParts = {
  readonly store: Store
  readonly groupOf: (group: string, topic: Topic) => Group
  readonly nextFailure: () => PlannedFailure | undefined
}

const createLog = ({ store, groupOf, nextFailure }: LogParts): EventLog => {
  const open = new Set<{ close(): Promise<void> }>()
  const keep = <Opened extends { close(): Promise<void> }>(opened: Opened): Opened => {
    open.add(opened)
    return opened
  }
  const boundsOf = (topic: Topic) =>
    Array.from({ length: store.partitionCount(topic) }, (_, partition) => ({ partition, start: 0, end: store.records(topic, partition).length }))
  return {
    appender: () => Promise.resolve(keep(createMemoryAppender(store, nextFailure))),
    join: async ({ group, topic, handler }) => keep(await groupOf(group, topic).join(handler)),
    follow: (options) => Promise.resolve(keep(followPartitions(store, options))),
    read: (range) => readKept(store.records(range.topic, range.partition), range),
    bounds: (topic) => Promise.resolve(boundsOf(topic)),
    committed: (group, topic) => Promise.resolve(new Map(groupOf(group, topic).committed)),
    partitionOf: (topic, key) => Promise.resolve(partitionOfKey(key, store.partitionCount(topic))),
    close: async () => {
      await Promise.all([...open].map((opened) => opened.close()))
      open.clear()
    },
  }
}

async function* readKept(records: readonly LogRecord[], range: { readonly from: Offset; readonly to: Offset }): AsyncGenerator<LogRecord> {
  for (const record of records.slice(Math.max(0, range.from), Math.max(0, range.to))) yield await Promise.resolve(record)
}

/** Calls take effect one after another, in the order in which they were made. */
const createMemoryAppender = (store: LogParts['store'], nextFailure: LogParts['nextFailure']): Appender => {
  let turn: Promise<unknown> = Promise.resolve()
  let closed = false
  const appendNow = (records: readonly OutRecord[]): readonly Appended[] => {
    for (const { topic, key, event } of records) {
      const refusal = event === null ? null : refusalOf(topic, key, event)
      if (refusal !== null) throw portError('invalid', `${refusal}; nothing was appended`)
    }
    const failure = nextFailure()
    if (failure !== undefined && failure.when !== 'after') throw failure.error
    const written = store.write(records)
    if (failure !== undefined) throw failure.error
    return written
  }
  return {
    append: (records) => {
      if (closed) return Promise.reject(portError('unavailable', 'APPENDER_CLOSED: append after close; nothing was appended'))
      const mine = turn.then(() => appendNow(records))
      turn = mine.catch(() => undefined)
      return mine
    },
    close: async () => {
      closed = true
      await turn
    },
  }
}
