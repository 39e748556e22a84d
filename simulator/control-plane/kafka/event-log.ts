/** The EventLog port as one process sees the broker. */
import type { EventLog, LogRecord } from '../../../core/ports.ts'
import type { Topic } from '../../../core/topics.ts'
import type { SimProcess } from '../process.ts'
import { createAppender } from './appender.ts'
import type { Broker } from './broker.ts'
import { followTopics } from './follower.ts'
import type { Group } from './group.ts'
import { untilUp } from './timing.ts'

/** The adapter's questions are repeated for so long (adapters/kafka/patience.ts). */
const patienceMs = 15_000

export type GroupOf = (group: string, topic: Topic) => Group

export const createEventLog = (broker: Broker, groupOf: GroupOf, process: SimProcess): EventLog => {
  const { stage } = broker
  const ask = async <T>(what: string, answer: () => T): Promise<T> => {
    const waitMs = untilUp(broker)
    if (waitMs > 0) await process.clock.sleep(Math.min(waitMs, patienceMs * stage.between(0.8, 1.2)))
    return process.ask({ there: 0, back: stage.between(0.6, 4) }, () => {
      broker.reach(what)
      return answer()
    })
  }
  return {
    appender: () => Promise.resolve(createAppender(broker, process)),
    join: ({ group, topic, handler }) => groupOf(group, topic).join(process, handler),
    follow: (options) => Promise.resolve(followTopics(broker, process, options)),
    read: async function* ({ topic, partition, from, to }): AsyncGenerator<LogRecord> {
      const records = await ask('read', () => broker.records(topic, partition).slice(Math.max(0, from), Math.max(0, to)))
      yield* records
    },
    bounds: (topic) =>
      ask('bounds', () => Array.from({ length: broker.partitionCount(topic) }, (_, partition) => ({ partition, start: 0, end: broker.end(topic, partition) }))),
    committed: (group, topic) => ask('committed', () => new Map(groupOf(group, topic).committed)),
    partitionOf: (topic, key) => Promise.resolve(broker.partitionOf(topic, key)),
    close: () => Promise.resolve(),
  }
}
