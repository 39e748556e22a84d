/** Fetched messages to records: what can be read, what is set aside as a dead letter, and where reading must stop. */
import type { KafkaMessage } from 'kafkajs'
import { refusalOf, refusalOfType } from '../../core/events/admission.ts'
import type { DeadLetter, LogEvent } from '../../core/events/event.ts'
import { portError } from '../../core/port-error.ts'
import type { LogRecord, PortError } from '../../core/ports.ts'
import { topics } from '../../core/topics.ts'
import type { Offset } from '../../core/units.ts'
import { UnknownSchema } from './codec.ts'
import type { Codec } from './codec.ts'
import type { Fetched, PartitionRef } from './consumer-session.ts'
import { appendedAtMsOf, keyOf, offsetOf, readValue } from './lazy-records.ts'
import { WireError } from './wire-reader.ts'

/**
 * Topics on which strangers write: there even an unknown schema is a dead letter, where on ours it stops the partition. Their
 * keys are judged by who reads them, who can tell the stranger's name.
 */
export const foreign: ReadonlySet<string> = new Set(['metrics'])

export type Reading = {
  /**
   * The readable ones in order, each decoded when it is asked for: a batch holds thousands, and records that are all held until
   * the last one was handled cost more to collect as garbage than to decode.
   */
  readonly records: Iterable<LogRecord>
  /** What stood among the records that were asked for so far. */
  readonly found: {
    readonly deadLetters: DeadLetter[]
    lastOffset: Offset | null
    /** Set when a record that a newer version may know, or a gap, forbids going on; `records` end before it. */
    stoppedBy: PortError | null
  }
}

/** Reads a batch, once. `nameOf` gives a topic's name on the broker, for messages. */
export const readRecords = (fetched: Fetched, codec: Codec, nameOf: (ref: PartitionRef) => string): Reading => {
  const found: Reading['found'] = { deadLetters: [], lastOffset: null, stoppedBy: gapBefore(fetched, nameOf) }
  const name = nameOf(fetched)
  function* records(): Generator<LogRecord> {
    if (found.stoppedBy !== null) return
    for (const message of fetched.messages) {
      const outcome = readOne(fetched, message, codec)
      if ('event' in outcome) {
        found.lastOffset = outcome.offset
        yield outcome
      } else if (foreign.has(fetched.topic) || outcome.reason !== null) {
        found.deadLetters.push(deadLetterOf(fetched, message, { name, reason: outcome.reason ?? outcome.detail }))
      } else {
        found.stoppedBy = unknownSchema(`${name}/${fetched.partition}/${message.offset}`, outcome.detail)
        return
      }
    }
  }
  return { records: records(), found }
}

type Unreadable = { readonly reason: string | null; readonly detail: string }

const readOne = ({ topic, partition }: PartitionRef, message: KafkaMessage, codec: Codec): LogRecord | Unreadable => {
  const key = keyOf(message)
  const event = decodeOr(codec, message)
  if (event !== null && !('type' in event)) return event
  const refusal = event === null ? null : foreign.has(topic) ? refusalOfType(topic, event) : refusalOf(topic, key, event)
  if (refusal !== null) return { reason: refusal, detail: refusal }
  return { topic, partition, offset: offsetOf(message), key, appendedAtMs: appendedAtMsOf(message), event }
}

/** Null for a tombstone. */
const decodeOr = (codec: Codec, message: KafkaMessage): LogEvent | Unreadable | null => {
  try {
    return readValue(message, codec.decode)
  } catch (error) {
    if (error instanceof UnknownSchema) return { reason: null, detail: error.message }
    if (error instanceof WireError) return { reason: error.message, detail: error.message }
    throw error
  }
}

const deadLetterOf = (ref: PartitionRef, message: KafkaMessage, why: { readonly name: string; readonly reason: string }): DeadLetter => ({
  type: 'DeadLetter',
  topic: why.name,
  partition: ref.partition,
  offset: Number(message.offset),
  key: message.key?.toString('utf8') ?? null,
  reason: why.reason,
  // Half of what a record may hold: base64 grows by a third, and the start of the bytes shows what they were.
  bytes: (message.value ?? Buffer.alloc(0)).subarray(0, 500_000).toString('base64'),
  time: Date.now(),
})

const unknownSchema = (place: string, got: string): PortError =>
  portError('corrupt', `${got}; at ${place}; only registered schemas are allowed here; the partition is stopped until a newer version reads it`)

/**
 * kafkajs answers OFFSET_OUT_OF_RANGE by going elsewhere without an error, so offsets are checked to be dense. Compaction
 * leaves holes by design, and a stranger's transactions leave markers.
 */
const gapBefore = (fetched: Fetched, nameOf: (ref: PartitionRef) => string): PortError | null => {
  const first = Number(fetched.messages[0]?.offset ?? fetched.expected)
  if (first === fetched.expected || topics[fetched.topic].kept === 'compact' || foreign.has(fetched.topic)) return null
  const place = `${nameOf(fetched)}/${fetched.partition}`
  return portError('corrupt', `LOG_GAP ${place}: got offset ${first} after ${fetched.expected - 1}; offsets must be dense; the partition is stopped, nothing was skipped`)
}
