/** Records what the outside world saw of a run, as bytes: the topics from the broker, the change log, and what the test did. */
import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createKafka } from '../../adapters/kafka/client.ts'
import { brokerTopic, topicNames } from '../../core/topics.ts'
import type { Topic } from '../../core/topics.ts'
import { until } from '../support/until.ts'
import { localSubCluster } from '../../infra/local/fleet.ts'
import { services, speed } from './services.ts'
import type { Stage } from './stage.ts'

export type RawRecord = { readonly partition: number; readonly offset: number; readonly timestampMs: number; readonly key: string | null; readonly value: Buffer | null }
export type Nemesis = { readonly fault: string; readonly target: string; readonly fromMs: number; readonly toMs: number; readonly hits: number }

export type Recorded = { readonly topics: ReadonlyMap<Topic, readonly RawRecord[]>; readonly changes: string; readonly nemesis: readonly Nemesis[] }

/** Reads every topic to its present end. */
export const readTopics = async (brokers: readonly string[]): Promise<ReadonlyMap<Topic, readonly RawRecord[]>> => {
  const kafka = createKafka({ brokers, clientId: 'evidence' })
  const { ends, nameOf } = await endsOf(kafka)
  const records = new Map<Topic, RawRecord[]>(topicNames.map((topic) => [topic, []]))
  const consumer = kafka.consumer({ groupId: `evidence-${randomUUID()}`, maxWaitTimeInMs: 100 })
  // Of a batch that compaction has emptied nothing is handed on; only this tells that it was passed.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { topic, partition, batchSize, lastOffset } }) => {
    if (batchSize === 0) ends.pass(`${topic}/${partition}`, Number(lastOffset))
  })
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [...nameOf.keys()], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        const topic = nameOf.get(batch.topic) as Topic
        for (const { offset, timestamp, key, value } of batch.messages) {
          records.get(topic)?.push({ partition: batch.partition, offset: Number(offset), timestampMs: Number(timestamp), key: key?.toString() ?? null, value })
        }
        ends.pass(`${batch.topic}/${batch.partition}`, Number(batch.lastOffset()))
      },
    })
    await until(() => `all topics are read; left: ${ends.left().join(', ')}`, () => ends.left().length === 0, 300_000)
  } finally {
    await consumer.disconnect()
  }
  return new Map([...records].map(([topic, all]) => [topic, all.sort((a, b) => a.partition - b.partition || a.offset - b.offset)]))
}

const endsOf = async (kafka: ReturnType<typeof createKafka>) => {
  const admin = kafka.admin()
  await admin.connect()
  const nameOf = new Map(topicNames.map((topic) => [brokerTopic(topic), topic]))
  const ends = new Map<string, number>()
  const passed = new Map<string, number>()
  for (const name of nameOf.keys())
    for (const { partition, low, high } of await admin.fetchTopicOffsets(name)) if (Number(high) > Number(low)) ends.set(`${name}/${partition}`, Number(high))
  await admin.disconnect()
  return {
    nameOf,
    ends: {
      pass: (key: string, last: number): void => {
        passed.set(key, last + 1)
        if (last + 1 >= (ends.get(key) ?? 0)) ends.delete(key)
      },
      left: () => [...ends].map(([key, end]) => `${key} at ${passed.get(key) ?? 0} of ${end}`),
    },
  }
}

/** World time for the fleet to come to rest after the last fault, and to stay there: 5 s of the wall's. The checker asks for liveness then. */
const convergeMs = 5_000 * speed

/**
 * Writes a folder as the checker reads it, once the fleet has had its time after the last fault. Times of `run.json` and of the nemesis are
 * world time.
 */
export const writeEvidence = async (stage: Stage, dir: string, nemesis: readonly Nemesis[]): Promise<Recorded> => {
  await until('the fleet had its time to come to rest', () => stage.worldTime(Date.now()) > healedAt(stage, nemesis) + convergeMs)
  const topics = await readTopics(stage.servers.kafkaBrokers)
  const changes = await stage.changeText()
  for (const folder of ['topics', 'sub-clusters']) mkdirSync(join(dir, folder), { recursive: true })
  for (const [topic, records] of topics) writeFileSync(join(dir, 'topics', `${topic}.ndjson`), records.map(lineOf).join(''))
  writeFileSync(join(dir, 'sub-clusters', `${localSubCluster}.ndjson`), changes)
  writeFileSync(join(dir, 'nemesis.ndjson'), nemesis.map((one) => `${JSON.stringify(one)}\n`).join(''))
  writeFileSync(join(dir, 'run.json'), JSON.stringify(runOf(stage, nemesis)))
  return { topics, changes, nemesis }
}

const lineOf = ({ value, ...record }: RawRecord): string => `${JSON.stringify({ ...record, value: value?.toString('base64') ?? null })}\n`

const healedAt = ({ world }: Stage, nemesis: readonly Nemesis[]): number => Math.max(world.worldEpochMs, ...nemesis.map(({ toMs }) => toMs))

const runOf = (stage: Stage, nemesis: readonly Nemesis[]) => ({
  seed: null,
  simulated: true,
  tickMs: 1000,
  latenessMs: 2000,
  speed,
  fromMs: stage.world.worldEpochMs,
  wallFromMs: stage.world.wallEpochMs,
  toMs: stage.worldTime(Date.now()),
  healedAtMs: healedAt(stage, nemesis),
  services,
  convergeMs,
})
