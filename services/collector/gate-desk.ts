/** The gate's judgement with its memory: who writes how much, which samples were seen, which dead letters are worth keeping. */
import type { DeadLetter } from '../../core/events/event.ts'
import type { RefusalReason } from '../../core/events/producer.ts'
import type { LogRecord } from '../../core/ports.ts'
import { isWellFormedSource, judge, type GateRules, type Observation, type Refusal } from '../../core/signals/gate.ts'
import { fullBucket, take, type BucketLimits } from '../../core/signals/token-bucket.ts'
import type { EpochMs } from '../../core/units.ts'
import { unreadable, type Producers } from './producers.ts'
import { createRecentSamples } from './recent-samples.ts'
import { createSpeakers } from './speakers.ts'

export type GateDesk = {
  /** The record when it may go on to `signals`, or why not; what is refused is counted. */
  admit(record: LogRecord): Observation | Refusal
  /** What was admitted and could not be written: it will be read, and is to be admitted, again. */
  forget(events: readonly Observation[]): void
  /** Counts what nobody can read and gives back what is to be kept of it. */
  unreadable(letters: readonly DeadLetter[]): readonly DeadLetter[]
}

export type GateDeskOptions = {
  readonly rules: GateRules
  readonly producers: Producers
  readonly now: () => EpochMs
  /** Told of each refusal. */
  readonly onRefused: (reason: RefusalReason) => void
}

/** Ten dead letters a second, a hundred at once, over all partitions: enough to see what is wrong, too few to fill a disk. */
const letterLimits: BucketLimits = { perSecond: 10, burst: 100 }
/** Of a dead letter of `metrics` so much base64 is kept; a sound record takes some 120 bytes. */
const letterBytes = 4_096

export const createGateDesk = ({ rules, producers, now, onRefused }: GateDeskOptions): GateDesk => {
  const seen = createRecentSamples()
  const speakers = createSpeakers()
  let letterBucket = fullBucket(letterLimits, now())

  const refuse = (producer: string, refusal: Refusal): Refusal => {
    producers.refused(producer, refusal, now())
    onRefused(refusal.reason)
    return refusal
  }

  const restrained = (event: Observation): Refusal | null => {
    const { source, service } = event
    if (seen.has(event)) return { reason: 'REPEATED', detail: `${event.type} of ${service}/${event.role} for the window that ends at ${event.windowEndMs} came before` }
    if (!producers.mayWrite(source, now())) return { reason: 'TOO_MANY_PRODUCERS', detail: `${source} came when as many producers wrote as the gate counts` }
    if (!speakers.admit(service, source, now())) {
      return { reason: 'TOO_MANY_PRODUCERS', detail: `${service} has as many producers as may speak of one service; ${source} is not one of them` }
    }
    if (producers.charge(source, now())) return null
    return { reason: 'RATE_LIMITED', detail: `${source} writes more than a producer may; what exceeds it is dropped` }
  }

  const keepLetter = (): boolean => {
    const bucket = take(letterBucket, letterLimits, now())
    letterBucket = bucket ?? letterBucket
    return bucket !== null
  }

  return {
    admit: ({ event, key }) => {
      if (!isObservation(event)) return refuse(unreadable, { reason: 'BAD_BYTES', detail: `key ${key ?? 'null'}: no value; a measurement is not taken back` })
      if (!isWellFormedSource(event.source)) return refuse(unreadable, judge(event, key, { rules, nowMs: now() }) ?? badSource)
      const refusal = judge(event, key, { rules, nowMs: now() }) ?? restrained(event)
      if (refusal !== null) return refuse(event.source, refusal)
      seen.add(event)
      return event
    },
    forget: (events) => events.forEach((event) => seen.remove(event)),
    unreadable: (letters) => {
      for (const letter of letters) refuse(unreadable, { reason: reasonOf(letter), detail: `${letter.topic}/${letter.partition}/${letter.offset}: ${letter.reason}` })
      return letters.filter(keepLetter).map((letter) => ({ ...letter, bytes: letter.bytes.slice(0, letterBytes) }))
    },
  }
}

const badSource: Refusal = { reason: 'NOT_ALLOWED', detail: 'a malformed source' }

const isObservation = (event: LogRecord['event']): event is Observation =>
  event?.type === 'TpsObserved' || event?.type === 'LatencyObserved' || event?.type === 'CacheObserved' || event?.type === 'HardwareObserved'

/** By the code in front of the reader's reason. A known record that `metrics` does not carry has the wrong schema for it. */
const reasonOf = ({ reason }: DeadLetter): RefusalReason =>
  reason.startsWith('E_EVENT_SCHEMA') || reason.startsWith('E_EVENT_TOPIC') ? 'UNKNOWN_SCHEMA' : 'BAD_BYTES'
