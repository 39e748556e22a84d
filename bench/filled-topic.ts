/** A `signals` topic that is filled before anything is measured, on a real broker. */
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import { createKafka } from '../adapters/kafka/client.ts'
import { createKafkaEventLog } from '../adapters/kafka/event-log.ts'
import { ensureTopics } from '../adapters/kafka/topics.ts'
import type { OutRecord } from '../core/ports.ts'
import { brokerTopic } from '../core/topics.ts'
import type { Offset } from '../core/units.ts'
import { compiledCore } from './compiled-core.ts'
import { createWorld, tickMs, type WorldCounts } from './world/world.ts'

export type FillOptions = {
  readonly brokers: readonly string[]
  readonly services: number
  readonly minutes: number
  readonly dayMinutes: number
  /** Whose core claims the topic; default: this checkout's. */
  readonly root?: string
  readonly onProgress: (line: string) => void
}

export type FilledTopic = {
  readonly brokers: readonly string[]
  readonly prefix: string
  readonly counts: WorldCounts
  /** End of each partition of `signals`. */
  readonly ends: ReadonlyMap<number, Offset>
  readonly worldEndMs: number
  readonly admin: Admin
  close(): Promise<void>
}

const partitions = 4

/** Creates the topics of a new prefix and fills `signals` with what `minutes` of `services` leave there. */
export const fillTopic = async (options: FillOptions): Promise<FilledTopic> => {
  const prefix = `bench-${randomBytes(4).toString('hex')}`
  const kafka = { brokers: options.brokers, clientId: 'bench', topicPrefix: prefix }
  await ensureTopics({ ...kafka, partitions })
  const world = createWorld({ services: options.services, dayMinutes: options.dayMinutes, partitions, ...(await compiledCore(options.root)) })
  const eventLog = createKafkaEventLog(kafka)
  const appender = await eventLog.appender()
  const seconds = Math.round((options.minutes * 60_000) / tickMs)
  for (let second = 1; second <= seconds; second++) {
    await appender.append(world.second().map((record): OutRecord => ({ topic: 'signals', ...record })))
    if (second % 60 === 0) options.onProgress(`filled ${second} of ${seconds} s: ${world.counts.records} records, ${world.counts.decisions} decisions`)
  }
  const ends = new Map((await eventLog.bounds('signals')).map(({ partition, end }) => [partition, end]))
  await eventLog.close()
  const admin = createKafka(kafka).admin()
  await admin.connect()
  return { brokers: options.brokers, prefix, counts: world.counts, ends, worldEndMs: world.now(), admin, close: () => dropTopics(admin, prefix) }
}

const dropTopics = async (admin: Admin, prefix: string): Promise<void> => {
  const topics = (await admin.listTopics()).filter((name) => name.startsWith(`${prefix}.`))
  await admin.deleteTopics({ topics })
  await admin.disconnect()
}

const pollMs = 20

/** Resolves when the group has committed everything that was filled in. */
export const untilCommitted = async (topic: FilledTopic, groupId: string): Promise<void> => {
  const name = brokerTopic('signals', topic.prefix)
  for (;;) {
    const [answer] = await topic.admin.fetchOffsets({ groupId, topics: [name] })
    const committed = new Map(answer?.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
    if ([...topic.ends].every(([partition, end]) => (committed.get(partition) ?? 0) >= end)) return
    await delay(pollMs)
  }
}

/** Forgets what a decider left behind that would spare the next one its work: commits and snapshots. */
export const forgetDecider = async (topic: FilledTopic): Promise<void> => {
  await topic.admin.deleteGroups([`${topic.prefix}-decider`])
  const snapshots = brokerTopic('snapshots', topic.prefix)
  await topic.admin.deleteTopics({ topics: [snapshots] })
  while ((await topic.admin.listTopics()).includes(snapshots)) await delay(pollMs)
  await ensureTopics({ brokers: topic.brokers, clientId: 'bench', topicPrefix: topic.prefix })
}
