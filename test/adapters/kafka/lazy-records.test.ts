/** kafkajs leaves a batch as bytes until somebody asks, and says then what it always said. */
import { createRequire } from 'node:module'
import fc from 'fast-check'
import type { IHeaders, RecordBatchEntry } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { appendedAtMsOf, decodeRecordsLazily, keyOf, offsetOf, readValue } from '../../../adapters/kafka/lazy-records.ts'

type Decoder = { readonly offset: number }
type Batch = { readonly firstOffset: unknown; readonly records: readonly (RecordBatchEntry & { readonly isControlRecord: boolean; readonly magicByte: number; readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean } })[] }
type DecodeBatch = (decoder: Decoder) => Promise<Batch>
type Given = { readonly key: Buffer | null; readonly value: Buffer | null; readonly timestampDelta: number; readonly headers: IHeaders }

const load = createRequire(import.meta.url)
const DecoderClass = load('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => Decoder
type Fetched = { readonly messages: readonly object[]; lastOffset(): string; isEmptyDueToFiltering(): boolean }
const FetchedBatch = load('kafkajs/src/consumer/batch.js') as new (topic: string, fetchedOffset: string, data: object) => Fetched
const encodeBatch = load('kafkajs/src/protocol/recordBatch/v0/index.js').RecordBatch as (batch: object) => Promise<{ readonly buffer: Buffer }>
const encodeRecord = load('kafkajs/src/protocol/recordBatch/record/v0/index.js') as (record: object) => object

const path = load.resolve('kafkajs/src/protocol/recordBatch/v0/decoder.js')
const decodeNow = load(path) as DecodeBatch
decodeRecordsLazily()
decodeRecordsLazily()
const decodeLazily = load(path) as DecodeBatch

const firstTimestamp = 1_800_000_000_000
const maxTimestamp = firstTimestamp + 5_000

const batchOf = async (records: readonly Given[], rest: object = {}): Promise<Buffer> => {
  const encoded = records.map((record, offsetDelta) => encodeRecord({ ...record, offsetDelta, timestamp: firstTimestamp + record.timestampDelta, firstTimestamp }))
  const { buffer } = await encodeBatch({ firstOffset: 7_000_000_000, firstTimestamp, maxTimestamp, lastOffsetDelta: records.length - 1, records: encoded, ...rest })
  return buffer
}

const shown = ({ records }: Batch): object[] =>
  records.map(({ offset, timestamp, key, value, headers, attributes, isControlRecord, magicByte, batchContext }) => {
    const { producerId, inTransaction } = batchContext
    return { offset, timestamp, key, value, headers, attributes, isControlRecord, magicByte, producerId, inTransaction }
  })

/** Attributes stand 21 bytes into a batch; the low byte has the flags. */
const flagged = (batch: Buffer, flags: number): Buffer => {
  const copy = Buffer.from(batch)
  copy[22] = flags
  return copy
}

const bothDecode = async (bytes: Buffer): Promise<{ readonly ours: Batch; readonly theirs: Batch }> => {
  const [mine, other] = [new DecoderClass(bytes), new DecoderClass(bytes)]
  const both = { ours: await decodeLazily(mine), theirs: await decodeNow(other) }
  expect(mine.offset).toBe(other.offset)
  return both
}

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))
const headerValue = fc.oneof(fc.string(), fc.array(fc.string(), { minLength: 2, maxLength: 3 }))
const given = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  timestampDelta: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: -(2 ** 40), max: 2 ** 40 })),
  headers: fc.dictionary(fc.string({ minLength: 1 }), headerValue, { maxKeys: 4 }),
}) as fc.Arbitrary<Given>

describe('a batch that is left as bytes', () => {
  it('says what kafkajs says: keys, values, headers, offsets and times, of the producer or of the broker', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(given, { minLength: 1, maxLength: 12 }), fc.constantFrom(0x00, 0x08, 0x10, 0x18), async (records, flags) => {
        const { ours, theirs } = await bothDecode(flagged(await batchOf(records, { producerId: 12 }), flags))
        expect(shown(ours)).toEqual(shown(theirs))
      }),
      { seed: 11, numRuns: 200 },
    )
  })

  it('ends with a marker where compaction took its last records, or all of them, and kafkajs passes over that one', async () => {
    const one = { key: Buffer.from('chat'), value: Buffer.from('1'), timestampDelta: 0, headers: {} }
    for (const kept of [[one], []]) {
      const compacted = await batchOf(kept, { lastOffsetDelta: 4, producerId: 12 })
      const decoder = new DecoderClass(compacted)
      const { records } = await decodeLazily(decoder)
      expect(decoder.offset).toBe(compacted.length)
      expect(records.map(({ offset, isControlRecord }) => [offset, isControlRecord])).toEqual([...kept.map(() => ['7000000000', false]), ['7000000004', true]])
      const batch = new FetchedBatch('signals', '7000000000', { partition: 0, highWatermark: '7000000009', abortedTransactions: [], messages: records })
      expect(batch.messages).toHaveLength(kept.length)
      expect(batch.lastOffset()).toBe('7000000004')
      expect(batch.isEmptyDueToFiltering()).toBe(kept.length === 0)
    }
  })

  it('gives its keys as text', async () => {
    const records = [Buffer.from('chat'), Buffer.from('größe'), null].map((key) => ({ key, value: null, timestampDelta: 0, headers: {} }))
    const { ours, theirs } = await bothDecode(await batchOf(records))
    expect(ours.records.map(keyOf)).toEqual(['chat', 'größe', null])
    expect(theirs.records.map(keyOf)).toEqual(['chat', 'größe', null])
  })

  it('gives its offsets and times as numbers, and its values without a copy', async () => {
    const records = [Buffer.from('said'), Buffer.alloc(0), null].map((value, index) => ({ key: null, value, timestampDelta: index, headers: {} }))
    const { ours, theirs } = await bothDecode(await batchOf(records))
    const told = ({ records: fetched }: Batch): unknown =>
      fetched.map((one) => [offsetOf(one), appendedAtMsOf(one), readValue(one, (bytes, from, to) => bytes.toString('utf8', from, to))])
    expect(told(ours)).toEqual(told(theirs))
    expect(told(ours)).toEqual([[7_000_000_000, firstTimestamp, 'said'], [7_000_000_001, firstTimestamp + 1, ''], [7_000_000_002, firstTimestamp + 2, null]])
  })

  it('makes a value only when it is asked for, out of the bytes of the batch', async () => {
    const batch = await batchOf([{ key: null, value: Buffer.from('said'), timestampDelta: 0, headers: {} }])
    const { ours } = await bothDecode(batch)
    batch.write('read', batch.indexOf('said'))
    expect(String(ours.records[0]?.value)).toBe('read')
    expect(Object.keys(ours.records[0] ?? {})).toEqual(['batchContext'])
  })

  it.each([
    ['is compressed', { compression: 1 }, 0x01],
    ['is a control batch', {}, 0x20],
  ])('is decoded by kafkajs where it %s', async (_, compressed, flags) => {
    const batch = await batchOf([{ key: Buffer.from([0, 0, 0, 0]), value: Buffer.from('said'), timestampDelta: 0, headers: {} }], compressed)
    const { ours, theirs } = await bothDecode(flagged(batch, flags))
    expect(shown(ours)).toEqual(shown(theirs))
    expect(Object.keys(ours.records[0] ?? {})).toContain('value')
  })

  it('ends a fetch where the broker cut it', async () => {
    const batch = await batchOf([{ key: null, value: Buffer.from('said'), timestampDelta: 0, headers: {} }])
    await expect(decodeLazily(new DecoderClass(batch.subarray(0, batch.length - 1)))).rejects.toMatchObject({ name: 'KafkaJSPartialMessageError' })
  })
})
