/**
 * Lets kafkajs leave a fetched batch as the bytes that it is. It makes three buffers, two texts and the headers of each record as soon
 * as a fetch arrives, some 900 bytes of objects; thousands of records then wait for their turn, outlive the young generation, and
 * are copied twice by the garbage collector before anybody reads them. Here a waiting record is eight numbers that say where its parts
 * stand, and a part is made when it is asked for. What is compressed or a control batch kafkajs decodes as it always did.
 *
 * And lets it pass over what compaction has emptied. kafkajs knows how far it has read by the records that it gets. Of a batch without any,
 * which the broker keeps as the last one of its producer, it learns nothing, and asks for the same place for ever; where only the last
 * records of a batch are gone, it steps through their offsets with a request for each. Such a batch ends with a marker here.
 */
import { createRequire } from 'node:module'
import type { IHeaders, KafkaMessage, RecordBatchEntry } from 'kafkajs'
import { textAt } from './known-texts.ts'

type Decoder = { readonly buffer: Buffer; offset: number; forward(bytes: number): void; readVarIntArray(reader: unknown): readonly Header[] }
type DecoderClass = new (buffer: Buffer) => Decoder
type Header = { readonly key: string; readonly value: Buffer }
/** kafkajs takes nothing else out of a batch. */
type Batch = { readonly records: readonly KafkaMessage[] }
type DecodeBatch = (decoder: Decoder) => Promise<Batch>

const load = createRequire(import.meta.url)
const batchDecoder = load.resolve('kafkajs/src/protocol/recordBatch/v0/decoder.js')
let isCured = false

/** Idempotent. To be called before the first fetch of the process: kafkajs loads what decodes batches with that one. */
export const decodeRecordsLazily = (): void => {
  if (isCured) return
  isCured = true
  const decodeNow = load(batchDecoder) as DecodeBatch
  const cached = load.cache[batchDecoder] as NodeJS.Module
  cached.exports = async (decoder: Decoder) => (isPlain(decoder) ? decodeLazily(decoder) : decodeNow(decoder))
}

// Where the fields of a record batch of version 2 stand, in bytes from its start (kafka.apache.org/documentation, "Record Batch").
const lengthAt = 8
const behindLength = 12
const attributesAt = 21
const lastOffsetDeltaAt = 23
const firstTimestampAt = 27
const maxTimestampAt = 35
const producerIdAt = 43
const countAt = 57
const recordsAt = 61

const compressionMask = 0x07
const logAppendTimeMask = 0x08
const transactionalMask = 0x10
const controlMask = 0x20

/** Whole, uncompressed, and of data. */
const isPlain = ({ buffer, offset }: Decoder): boolean =>
  buffer.length >= offset + recordsAt &&
  buffer.length >= offset + behindLength + buffer.readInt32BE(offset + lengthAt) &&
  (buffer.readInt16BE(offset + attributesAt) & (compressionMask | controlMask)) === 0

/** What the records of a batch share; `producerId` and `inTransaction` are what kafkajs leaves aborted transactions out by. */
type BatchContext = {
  readonly bytes: Buffer
  readonly firstOffset: number
  readonly firstTimestamp: number
  /** Of all records alike, where the broker sets it; null where each has its own. */
  readonly appendedAtMs: number | null
  readonly producerId: string
  readonly inTransaction: boolean
}

const decodeLazily = (decoder: Decoder): Batch => {
  const { buffer, offset } = decoder
  const context = contextOf(buffer, offset)
  const read = recordsOf(context, { at: offset + recordsAt, count: buffer.readInt32BE(offset + countAt) })
  const last = context.firstOffset + buffer.readInt32BE(offset + lastOffsetDeltaAt)
  const records = read.at(-1)?.offsetNumber === last ? read : [...read, new EndOfBatch(context, last)]
  decoder.forward(behindLength + buffer.readInt32BE(offset + lengthAt))
  return { records }
}

const contextOf = (bytes: Buffer, at: number): BatchContext => {
  const attributes = bytes.readInt16BE(at + attributesAt)
  return {
    bytes,
    firstOffset: Number(bytes.readBigInt64BE(at)),
    firstTimestamp: Number(bytes.readBigInt64BE(at + firstTimestampAt)),
    appendedAtMs: (attributes & logAppendTimeMask) === 0 ? null : Number(bytes.readBigInt64BE(at + maxTimestampAt)),
    producerId: String(bytes.readBigInt64BE(at + producerIdAt)),
    inTransaction: (attributes & transactionalMask) !== 0,
  }
}

const recordsOf = (context: BatchContext, { at, count }: { readonly at: number; readonly count: number }): LazyMessage[] => {
  const cursor = { bytes: context.bytes, at }
  const records: LazyMessage[] = []
  for (let index = 0; index < count; index++) {
    const end = readVarint(cursor) + cursor.at
    records.push(new LazyMessage(context, cursor))
    cursor.at = end
  }
  return records
}

type Cursor = { readonly bytes: Buffer; at: number }

/** Zigzag. As a float, because a time may be more than 32 bits behind the first one of its batch. */
const readVarint = (cursor: Cursor): number => {
  const { bytes } = cursor
  let byte = bytes[cursor.at++] as number
  if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
  let value = byte & 0x7f
  for (let scale = 128; byte >= 0x80; scale *= 128) {
    byte = bytes[cursor.at++] as number
    value += (byte & 0x7f) * scale
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

/** The key of a fetched record as UTF-8 text. */
export const keyOf = (message: KafkaMessage): string | null => {
  if (message instanceof LazyMessage) return message.keyText
  return message.key === null ? null : textAt(message.key, 0, message.key.length)
}

/** What `read` makes of the bytes [from, to) of the value, without a buffer in between; null when there is no value. */
export const readValue = <Value>(message: KafkaMessage, read: (bytes: Buffer, from: number, to: number) => Value): Value | null => {
  if (message instanceof LazyMessage) return message.readValue(read)
  return message.value === null ? null : read(message.value, 0, message.value.length)
}

export const offsetOf = (message: KafkaMessage): number => (message instanceof LazyMessage ? message.offsetNumber : Number(message.offset))

/** Epoch milliseconds; the broker's own time where the topic is set so, as all of ours are. */
export const appendedAtMsOf = (message: KafkaMessage): number => (message instanceof LazyMessage ? message.timestampMs : Number(message.timestamp))

/** One record: the numbers are places in the batch's bytes; a length of -1 is null. */
class LazyMessage implements RecordBatchEntry {
  readonly batchContext: BatchContext
  readonly #timestampDelta: number
  readonly #offsetDelta: number
  readonly #keyAt: number
  readonly #keyLength: number
  readonly #valueAt: number
  readonly #valueLength: number

  constructor(batchContext: BatchContext, cursor: Cursor) {
    this.batchContext = batchContext
    cursor.at += 1 // attributes, of which Kafka uses none
    this.#timestampDelta = readVarint(cursor)
    this.#offsetDelta = readVarint(cursor)
    this.#keyLength = readVarint(cursor)
    this.#keyAt = cursor.at
    cursor.at += Math.max(0, this.#keyLength)
    this.#valueLength = readVarint(cursor)
    this.#valueAt = cursor.at
  }

  get attributes(): number {
    return 0
  }

  get isControlRecord(): boolean {
    return false
  }

  get magicByte(): number {
    return 2
  }

  get offset(): string {
    return String(this.offsetNumber)
  }

  get offsetNumber(): number {
    return this.batchContext.firstOffset + this.#offsetDelta
  }

  get timestamp(): string {
    return String(this.timestampMs)
  }

  get timestampMs(): number {
    const { appendedAtMs, firstTimestamp } = this.batchContext
    return appendedAtMs ?? firstTimestamp + this.#timestampDelta
  }

  /** The key as UTF-8 text, without a buffer in between. */
  get keyText(): string | null {
    return this.#keyLength < 0 ? null : textAt(this.batchContext.bytes, this.#keyAt, this.#keyAt + this.#keyLength)
  }

  get key(): Buffer | null {
    return this.#keyLength < 0 ? null : this.batchContext.bytes.subarray(this.#keyAt, this.#keyAt + this.#keyLength)
  }

  readValue<Value>(read: (bytes: Buffer, from: number, to: number) => Value): Value | null {
    return this.#valueLength < 0 ? null : read(this.batchContext.bytes, this.#valueAt, this.#valueAt + this.#valueLength)
  }

  get value(): Buffer | null {
    return this.readValue((bytes, from, to) => bytes.subarray(from, to))
  }

  /** Made anew at each call. A header that stands several times is a list. */
  get headers(): IHeaders {
    const decoder = decoderAt(this.batchContext.bytes, this.#valueAt + Math.max(0, this.#valueLength))
    const headers: IHeaders = {}
    for (const { key, value } of decoder.readVarIntArray(load('kafkajs/src/protocol/recordBatch/header/v0/decoder.js'))) {
      const before = headers[key]
      headers[key] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before as Buffer, value]
    }
    return headers
  }
}

/** Where a batch ends whose last record is gone. kafkajs hands no control record on, and goes on behind it. */
class EndOfBatch implements RecordBatchEntry {
  readonly batchContext: BatchContext
  readonly offset: string
  readonly timestamp: string
  readonly isControlRecord = true
  readonly magicByte = 2
  readonly attributes = 0
  readonly headers = {}
  readonly key = null
  readonly value = null

  constructor(batchContext: BatchContext, offset: number) {
    this.batchContext = batchContext
    this.offset = String(offset)
    this.timestamp = String(batchContext.appendedAtMs ?? batchContext.firstTimestamp)
  }
}

const decoderAt = (bytes: Buffer, offset: number): Decoder => {
  const decoderClass = load('kafkajs/src/protocol/decoder.js') as DecoderClass
  return Object.assign(new decoderClass(bytes), { offset })
}
