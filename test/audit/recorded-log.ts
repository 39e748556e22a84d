/** A log in a file: what stood in the topics, as the broker had it, so that it can be read by any later version. */
import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import { createCodec } from '../../adapters/kafka/codec.ts'
import { partitionOfKey } from '../../core/murmur2.ts'
import { portError } from '../../core/port-error.ts'
import type { EventLog, LogRecord } from '../../core/ports.ts'
import type { Topic } from '../../core/topics.ts'

/** What a replay reads. */
export const recordedTopics = ['signals', 'decisions', 'intents', 'checkpoints'] as const satisfies readonly Topic[]

export type Header = {
  /** Version of Node that decided. */
  readonly node: string
  readonly coreHash: string
  readonly group: string
  /** Offset of `signals` that the deciders had committed, by partition. */
  readonly committed: readonly number[]
}

type Line = readonly [topic: Topic, partition: number, offset: number, key: string | null, appendedAtMs: number, bytes: string | null]

/** First line: the header; then one record a line, its value as it stands on the wire. */
export const writeLog = (file: string, header: Header, records: readonly LogRecord[]): void => {
  const codec = createCodec()
  const lines = records.map(
    ({ topic, partition, offset, key, appendedAtMs, event }): Line => [topic, partition, offset, key, appendedAtMs, event === null ? null : codec.encode(event).toString('base64')],
  )
  writeFileSync(file, gzipSync([header, ...lines].map((line) => JSON.stringify(line)).join('\n'), { level: 9 }))
}

export const readLog = (file: string): { readonly header: Header; readonly eventLog: EventLog } => {
  const [first = '', ...lines] = gunzipSync(readFileSync(file)).toString('utf8').split('\n')
  const header = JSON.parse(first) as Header
  return { header, eventLog: logOf(header, lines.map((line) => JSON.parse(line) as Line)) }
}

const logOf = (header: Header, lines: readonly Line[]): EventLog => {
  const codec = createCodec()
  const partitions = header.committed.length
  const of = (topic: Topic, partition: number): readonly Line[] => lines.filter((line) => line[0] === topic && line[1] === partition)
  const decoded = ([topic, partition, offset, key, appendedAtMs, bytes]: Line): LogRecord => ({
    topic,
    partition,
    offset,
    key,
    appendedAtMs,
    event: bytes === null ? null : codec.decode(Buffer.from(bytes, 'base64')),
  })
  const unable = () => Promise.reject(portError('invalid', 'RECORDED_LOG: it can only be read; nothing was done'))
  return {
    appender: unable,
    join: unable,
    follow: unable,
    read: async function* ({ topic, partition, from, to }) {
      for (const line of of(topic, partition)) if (line[2] >= from && line[2] < to) yield await Promise.resolve(decoded(line))
    },
    bounds: (topic) => Promise.resolve(Array.from({ length: partitions }, (_, partition) => ({ partition, start: 0, end: of(topic, partition).length }))),
    committed: () => Promise.resolve(new Map(header.committed.entries())),
    partitionOf: (_, key) => Promise.resolve(partitionOfKey(key, partitions)),
    close: () => Promise.resolve(),
  }
}
