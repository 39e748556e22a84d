/** Bounds of one topic, while the partitions of the others are counted for the first time. */
import { randomUUID } from 'node:crypto'
import { describe, expect, inject, it } from 'vitest'
import { createKafkaEventLog } from '../../../adapters/kafka/event-log.ts'
import { ensureTopics } from '../../../adapters/kafka/topics.ts'
import { topicNames } from '../../../core/topics.ts'

/** Each has its own admin, which knows no topic yet: the first or second failed before the questions took turns. */
const connections = 10

describe('bounds of a topic, asked for while the others are counted', () => {
  it('come, whichever answer the broker gives first', async () => {
    const kafka = { brokers: inject('kafkaBrokers'), clientId: 'bounds-test', topicPrefix: `bounds-${randomUUID().slice(0, 8)}` }
    await ensureTopics(kafka)
    for (let connection = 0; connection < connections; connection++) {
      const log = createKafkaEventLog(kafka)
      let counted = 0
      const counting = topicNames.filter((topic) => topic !== 'intents').reduce<Promise<unknown>>(
        (before, topic) => before.then(() => log.partitionOf(topic, 'chat-70b')).then(() => (counted += 1)),
        Promise.resolve(),
      )
      while (counted < topicNames.length - 1) expect((await log.bounds('intents')).length).toBeGreaterThan(0)
      await counting
      await log.close()
    }
  })
})
