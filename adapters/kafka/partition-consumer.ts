/**
 * What members, followers and range readers have in common: a kafkajs consumer whose partitions are each started at an
 * offset of our choice. kafkajs has no `assign()` and no revoke callback, so the order is: join → pause all → ask where
 * to start → seek → resume; each rebalance stops every partition and starts those that come back.
 */
import type { ConsumerConfig, Kafka } from 'kafkajs'
import type { Topic } from '../../core/topics.ts'
import { asPortError } from './client.ts'
import { ConsumerSession } from './consumer-session.ts'
import type { PartitionWork } from './consumer-session.ts'
import { foreign } from './record-reader.ts'
import { watchSilence } from './silence-watch.ts'
import type { SilenceOptions } from './silence-watch.ts'
import { nothingHeld, stickyAssigners } from './sticky-assigner.ts'

/** How, and how often, it is asked whether the log has gone on without us. */
export type ConsumerWatch = Pick<SilenceOptions, 'ends' | 'lookEveryMs'>

export type ConsumeOptions = {
  readonly kafka: Kafka
  readonly groupId: string
  /** Broker name of each topic. */
  readonly topics: ReadonlyMap<string, Topic>
  readonly work: PartitionWork
  /** Partitions that may be worked on at the same time; 1 gives one call at a time over all of them. */
  readonly concurrency: number
  readonly tuning?: Partial<ConsumerConfig>
  readonly watch: ConsumerWatch
}

export type RunningConsumer = { readonly died: Promise<never>; close(): Promise<void> }

/**
 * `maxWaitTimeInMs` of kafkajs' default 5000 makes a second member wait 3.5 s to join and a disconnect take 4 s; with 100
 * it is 0.67 s and 43 ms. A killed member's partitions move after the session time-out.
 */
const tuning = {
  sessionTimeout: 6_000,
  heartbeatInterval: 1_500,
  rebalanceTimeout: 30_000,
  maxWaitTimeInMs: 100,
  minBytes: 1,
  maxBytesPerPartition: 524_288,
  maxBytes: 4_194_304,
  allowAutoTopicCreation: false,
  retry: { initialRetryTime: 100, maxRetryTime: 2_000, factor: 0.2, multiplier: 2, retries: 10, restartOnFailure: () => Promise.resolve(true) },
} satisfies Partial<ConsumerConfig>

/** Joins the group and resolves when partitions were assigned for the first time. Throws PortError. */
export const consumePartitions = async (options: ConsumeOptions): Promise<RunningConsumer> => {
  let holding = nothingHeld
  // On our own topics nobody writes in transactions; a stranger who does must not hold up what stands behind him.
  const isolation = { readUncommitted: ![...options.topics.values()].some((topic) => foreign.has(topic)) }
  const partitionAssigners = stickyAssigners(() => holding)
  const consumer = options.kafka.consumer({ ...tuning, ...isolation, ...options.tuning, partitionAssigners, groupId: options.groupId })
  const session = new ConsumerSession(options, consumer)
  const { REBALANCING, GROUP_JOIN, CRASH, END_BATCH_PROCESS } = consumer.events
  const joined = new Promise<void>((resolve) => {
    consumer.on(GROUP_JOIN, ({ payload }) => {
      holding = { partitions: [...new Set(Object.values(payload.memberAssignment).flat())], sinceMs: Date.now() }
      session.assign(payload.memberAssignment)
      resolve()
    })
  })
  consumer.on(REBALANCING, () => session.revokeAll())
  consumer.on(END_BATCH_PROCESS, ({ payload }) => {
    if (payload.batchSize === 0) session.passOver(payload, Number(payload.lastOffset))
  })
  consumer.on(CRASH, ({ payload }) => {
    session.revokeAll()
    if (!payload.restart) session.die(asPortError(payload.error, `consumer of group ${options.groupId}`))
  })
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [...options.topics.keys()], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: options.concurrency,
      eachBatch: (payload) => session.eachBatch(payload),
    })
    await Promise.race([joined, session.died])
  } catch (error) {
    await consumer.disconnect().catch(() => undefined)
    throw asPortError(error, `join group ${options.groupId}`)
  }
  const watch = watchSilence(silenceOptions(options, session))
  session.died.catch(() => watch.stop())
  return { died: session.died, close: () => (watch.stop(), session.close()) }
}

/**
 * The public topic is read up to the first open transaction of a stranger, who may take as long as he likes: where its log ends
 * says nothing of us.
 */
const silenceOptions = (options: ConsumeOptions, session: ConsumerSession): SilenceOptions => ({
  ...options.watch,
  standing: () => session.standing().filter(({ topic }) => !foreign.has(topic)),
  onSilent: (error) => session.die(error),
  name: `consumer of group ${options.groupId}`,
})
