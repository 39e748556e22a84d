/**
 * Events to bytes and back: Confluent wire format, that is a 0 byte, the schema id as four bytes big-endian, then Avro.
 */
import avro from 'avsc'
import type { EventType, LogEvent } from '../../core/events/event.ts'
import { portError } from '../../core/port-error.ts'
import { measurementDecoders } from './measurement-decoders.ts'
import { loadRegistry } from './registry.ts'
import type { RegisteredSchema } from './registry.ts'
import { parseSchema } from './schema.ts'
import type { RecordNode } from './schema.ts'
import { compileDecoder } from './wire-decoder.ts'
import { cursorOver, WireError } from './wire-reader.ts'
import type { Cursor } from './wire-reader.ts'

/** Version of each record's schema that this code writes, and that its types describe. A missing event does not compile. */
export const writtenVersions = {
  TpsObserved: 1,
  LatencyObserved: 1,
  HardwareObserved: 1,
  CacheObserved: 1,
  CollectorHeartbeat: 1,
  InstancesObserved: 1,
  ClockTicked: 1,
  ServiceConfigured: 1,
  ServiceRemoved: 1,
  RolloutReported: 1,
  ScaleDecided: 2,
  ScaleHeld: 2,
  ScaleIntentEmitted: 1,
  RolloutPlaced: 1,
  RolloutStepDone: 1,
  RolloutCommitted: 1,
  RolloutRolledBack: 1,
  RolloutStuck: 1,
  IntentCompleted: 1,
  IntentRefused: 1,
  IntentExpired: 1,
  IntentSuperseded: 1,
  ServiceAccepted: 1,
  SnapshotTaken: 2,
  InventoryObserved: 1,
  PlacementDecided: 2,
  ReservationReleased: 1,
  ControlSet: 1,
  ControlChanged: 1,
  ProducerReported: 1,
  DeadLetter: 1,
} as const satisfies { readonly [type in EventType]: number }

export const recordNamespace = 'io.heteroscale'

/** A record's value may be this long. Brokers refuse a batch above `max.message.bytes`, which topics.ts sets to twice this. */
export const maxEventBytes = 1_000_000

/** The schema id is not in our registry; a newer version of this program may know it. */
export class UnknownSchema extends Error {
  readonly id: number
  constructor(id: number) {
    super(`E_EVENT_SCHEMA id ${id}: not in the registry of this version; a newer version may know it`)
    this.name = 'UnknownSchema'
    this.id = id
  }
}

export type Codec = {
  /** Throws PortError `invalid` when the event does not fit its schema or is too long. */
  encode(event: LogEvent): Buffer
  /** Of the bytes [from, to), or of all. Throws UnknownSchema, or WireError when the id is known and the bytes are bad. */
  decode(bytes: Buffer, from?: number, to?: number): LogEvent
}

type Decoder = (cursor: Cursor) => LogEvent
type Encoder = { readonly id: number; readonly type: avro.Type }

/** Builds encoders and decoders for a registry; a decoder exists for each id, an encoder for each written version. */
export const createCodec = (registry: readonly RegisteredSchema[] = loadRegistry()): Codec => {
  const decoders = compileDecoders(registry)
  const encode = createEncoder(registry)
  const decode: Codec['decode'] = (bytes, from, to) => decodeFramed(cursorOver(bytes, from, to), decoders)
  return {
    decode,
    encode: (event) => {
      const bytes = encode(event)
      verify(event, () => decode(bytes))
      return bytes
    },
  }
}

/** Writes without reading back what it wrote: for events that a log has taken already. */
export const createEncoder = (registry: readonly RegisteredSchema[]): Codec['encode'] => {
  const encoders = compileEncoders(registry)
  return (event) => encodeFramed(event, encoders.get(event.type))
}

const typeOf = (entry: RegisteredSchema): string => entry.record.slice(recordNamespace.length + 1)

const isWritten = (entry: RegisteredSchema): boolean => writtenVersions[typeOf(entry) as EventType] === entry.version

const compileEncoders = (registry: readonly RegisteredSchema[]): ReadonlyMap<string, Encoder> =>
  new Map(registry.filter(isWritten).map((entry) => [typeOf(entry), { id: entry.id, type: avro.Type.forSchema(entry.json as avro.Schema) }]))

const compileDecoders = (registry: readonly RegisteredSchema[]): ReadonlyMap<number, Decoder> => {
  const readers = new Map<string, RecordNode>(registry.filter(isWritten).map((entry) => [entry.record, parseSchema(entry.json)]))
  return new Map(registry.map((entry) => [entry.id, compileEvent(entry, readers.get(entry.record))]))
}

const compileEvent = (entry: RegisteredSchema, reader: RecordNode | undefined): Decoder => {
  const writtenOut = measurementDecoders.get(entry.sha256)
  if (writtenOut !== undefined && isWritten(entry)) return writtenOut
  const writer = parseSchema(entry.json)
  const type = typeOf(entry)
  const decode = compileDecoder(writer, reader ?? writer)
  return (cursor) => decode(cursor, { type }) as unknown as LogEvent
}

const frameBytes = 5

const decodeFramed = (cursor: Cursor, decoders: ReadonlyMap<number, Decoder>): LogEvent => {
  const { bytes, at, end } = cursor
  const length = end - at
  if (length < frameBytes) throw new WireError('E_EVENT_SHORT', `${length} bytes; the frame alone takes ${frameBytes}`)
  if (length > maxEventBytes) throw new WireError('E_EVENT_LIMIT', `${length} bytes; allowed are ${maxEventBytes}`)
  if (bytes[at] !== 0) throw new WireError('E_EVENT_MAGIC', `first byte ${bytes[at]}; allowed is 0 (Confluent wire format)`)
  const id = bytes.readUInt32BE(at + 1)
  const decode = decoders.get(id)
  if (decode === undefined) throw new UnknownSchema(id)
  cursor.at += frameBytes
  const event = decode(cursor)
  if (cursor.at !== end) throw new WireError('E_EVENT_TRAILING', `${end - cursor.at} bytes after the value`)
  return event
}

/** Encoding into one buffer that is kept is six times as fast as `toBuffer` (3.4 against 0.59 million records per second). */
let scratch = Buffer.allocUnsafe(64 * 1024)

const encodeFramed = (event: LogEvent, encoder: Encoder | undefined): Buffer => {
  if (encoder === undefined) throw invalid(event, 'no schema of this type and version is registered')
  const end = encodeAt5(event, encoder.type)
  scratch[0] = 0
  scratch.writeUInt32BE(encoder.id, 1)
  return Buffer.from(scratch.subarray(0, end))
}

/** A negative result of avsc says how many bytes were missing. */
const encodeAt5 = (event: LogEvent, type: avro.Type): number => {
  try {
    const end = type.encode(event, scratch, 5)
    if (end >= 0) return end
    if (scratch.length - end > maxEventBytes) throw new Error(`${scratch.length - end} bytes; allowed are ${maxEventBytes}`)
    scratch = Buffer.allocUnsafe(maxEventBytes)
    return type.encode(event, scratch, 5)
  } catch (error) {
    throw invalid(event, error instanceof Error ? error.message : String(error))
  }
}

/** What is written must be readable: the decoder refuses NaN, unsafe integers and sizes that Avro itself would take. */
const verify = (event: LogEvent, read: () => LogEvent): void => {
  try {
    read()
  } catch (error) {
    throw invalid(event, error instanceof Error ? error.message : String(error))
  }
}

const invalid = (event: LogEvent, got: string): Error =>
  portError('invalid', `EVENT_INVALID ${event.type}: ${got}; the event must fit its schema; it was not appended`)
