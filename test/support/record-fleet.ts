/** Takes down what the outside world saw of a real fleet: the topics as bytes, and the change log of its sub-clusters. */
import { randomUUID } from 'node:crypto'
import { Kafka, logLevel, type Admin } from 'kafkajs'
import { topicNames, type ChangeLine, type Evidence, type EvidenceRecord, type NemesisLine, type Run, type TopicName } from '../checker/evidence.ts'

export type FleetRecording = {
  readonly brokers: readonly string[]
  readonly topicPrefix?: string
  /** Change logs as the emulators serve them (GET /changes): JSON lines, each with its `subCluster`. */
  readonly changeLogs: readonly string[]
  readonly run: Omit<Run, 'fromMs' | 'toMs' | 'services' | 'healedAtMs'> & { readonly healedAtMs?: number }
  readonly nemesis?: readonly NemesisLine[]
}

/** Reads what the topics hold at the call, to their ends. The fleet may run on; what it appends later is left out. */
export const recordFleet = async ({ brokers, topicPrefix = 'heteroscale', changeLogs, run, nemesis = [] }: FleetRecording): Promise<Evidence> => {
  const kafka = new Kafka({ clientId: 'evidence', brokers: [...brokers], logLevel: logLevel.NOTHING })
  const topics = await readTopics(kafka, topicPrefix)
  const lines = changeLogs.flatMap((log) => log.split('\n').filter(Boolean).map((line) => JSON.parse(line) as ChangeLine))
  const times = lines.map(({ time }) => time)
  const fromMs = times.reduce((least, time) => Math.min(least, time), Infinity)
  const toMs = times.reduce((most, time) => Math.max(most, time), -Infinity)
  return {
    run: { fromMs, toMs, healedAtMs: fromMs, services: servicesIn(topics.signals ?? []), ...run },
    topics,
    subClusters: Object.fromEntries([...new Set(lines.map(({ subCluster }) => subCluster ?? ''))].map((name) => [name, lines.filter((line) => line.subCluster === name)])),
    nemesis,
  }
}

/** Keys of records of `signals` are services; ticks have none. */
const servicesIn = (signals: readonly EvidenceRecord[]): readonly string[] =>
  [...new Set(signals.flatMap(({ key }) => (key === null ? [] : [key])))].sort()

type Ends = Map<string, number>

const readTopics = async (kafka: Kafka, prefix: string): Promise<Evidence['topics']> => {
  const names = new Map<string, TopicName>(topicNames.map((topic) => [`${prefix}.${topic}.v1`, topic]))
  const admin = kafka.admin()
  await admin.connect()
  try {
    const present = (await admin.listTopics()).filter((topic) => names.has(topic))
    const found = await readToEnds(kafka, await endsOf(admin, present))
    return Object.fromEntries([...found].map(([name, records]) => [names.get(name), records.sort(inLogOrder)]))
  } finally {
    await admin.disconnect()
  }
}

const inLogOrder = (a: EvidenceRecord, b: EvidenceRecord): number => a.partition - b.partition || a.offset - b.offset

/** One past the last record, of every partition that holds any. */
const endsOf = async (admin: Admin, topics: readonly string[]): Promise<Ends> => {
  const ends: Ends = new Map()
  for (const topic of topics)
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic))
      if (Number(high) > Number(low)) ends.set(`${topic}/${partition}`, Number(high))
  return ends
}

const readToEnds = async (kafka: Kafka, ends: Ends): Promise<Map<string, EvidenceRecord[]>> => {
  const found = new Map<string, EvidenceRecord[]>()
  if (ends.size === 0) return found
  const open = new Map(ends)
  const consumer = kafka.consumer({ groupId: `evidence-${randomUUID()}` })
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [...new Set([...ends.keys()].map((place) => place.slice(0, place.lastIndexOf('/'))))], fromBeginning: true })
    await new Promise<void>((done, failed) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => failed(payload.error))
      const eachBatch = async ({ batch }: { batch: { topic: string; partition: number; messages: readonly RawMessage[] } }): Promise<void> => {
        keep(found, batch, ends)
        const place = `${batch.topic}/${batch.partition}`
        const last = Number(batch.messages.at(-1)?.offset ?? -1)
        if (last + 1 >= (open.get(place) ?? Infinity)) open.delete(place)
        if (open.size === 0) done()
        return Promise.resolve()
      }
      void consumer.run({ autoCommit: false, eachBatch }).catch(failed)
    })
  } finally {
    await consumer.disconnect()
  }
  return found
}

type RawMessage = { readonly offset: string; readonly timestamp: string; readonly key: Buffer | null; readonly value: Buffer | null }

const keep = (found: Map<string, EvidenceRecord[]>, batch: { topic: string; partition: number; messages: readonly RawMessage[] }, ends: Ends): void => {
  const { topic, partition, messages } = batch
  const kept = found.get(topic) ?? []
  found.set(topic, kept)
  const end = ends.get(`${topic}/${partition}`) ?? 0
  for (const { offset, timestamp, key, value } of messages) {
    if (Number(offset) >= end) continue
    kept.push({ partition, offset: Number(offset), timestampMs: Number(timestamp), key: key === null ? null : key.toString('utf8'), value })
  }
}
