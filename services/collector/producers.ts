/** Who writes to `metrics`: totals of each producer, and how much it may still write. Bounded, whatever strangers do. */
import { refusalReasons, type ProducerReported, type RefusalReason } from '../../core/events/producer.ts'
import type { Refusal } from '../../core/signals/gate.ts'
import { fullBucket, take, type Bucket, type BucketLimits } from '../../core/signals/token-bucket.ts'
import type { DurationMs, EpochMs } from '../../core/units.ts'

export type Producers = {
  /** False when a producer that never had a record accepted may not begin now: as many as are counted write already. */
  mayWrite(producer: string, nowMs: EpochMs): boolean
  /** Takes a token of the producer; false when it has none. */
  charge(producer: string, nowMs: EpochMs): boolean
  accepted(producer: string, nowMs: EpochMs): void
  refused(producer: string, refusal: Refusal, nowMs: EpochMs): void
  /** Totals that changed since the last call. */
  changed(gate: string, nowMs: EpochMs): readonly ProducerReported[]
}

/** Bytes that name no source. */
export const unreadable = '(unreadable)'

/** Each takes some 500 bytes here and a line in `heteroscale get producers`. */
const mostWriters = 1_000
/** Names of which no record was ever accepted; anyone can make up names, so the oldest makes room at once. */
const mostStrangers = 200
/** A producer that was silent for so long makes room for another; its totals then begin anew. */
const forgetAfterMs: DurationMs = 600_000
/** When nobody could be forgotten, it is not tried again for so long: a search per refused record would be a way to stop us. */
const searchAgainMs: DurationMs = 1_000

/** Characters of a refusal's text in a report. */
const mostRefusalText = 300

type Tally = {
  bucket: Bucket
  accepted: number
  readonly refused: Map<RefusalReason, number>
  lastRefusal: string
  lastRefusalAt: EpochMs | null
  lastAcceptedAt: EpochMs | null
  lastSeenAt: EpochMs
  isChanged: boolean
}

/** Totals since the process started, or since a producer was forgotten. */
export const createProducers = (limits: BucketLimits, most = mostWriters): Producers => {
  const writers = new Map<string, Tally>()
  const strangers = new Map<string, Tally>()
  let searchedAt = -Infinity

  const tallyOf = (producer: string, nowMs: EpochMs): Tally => {
    const tally = writers.get(producer) ?? strangers.get(producer) ?? addStranger(producer, nowMs)
    tally.lastSeenAt = nowMs
    return tally
  }

  const addStranger = (producer: string, nowMs: EpochMs): Tally => {
    const tally = newTally(limits, nowMs)
    strangers.set(producer, tally)
    if (strangers.size > mostStrangers) forgetOldest()
    return tally
  }

  const forgetOldest = (): void => {
    for (const name of strangers.keys()) {
      if (name !== unreadable) return void strangers.delete(name)
    }
  }

  const makeRoom = (nowMs: EpochMs): boolean => {
    if (nowMs - searchedAt < searchAgainMs) return false
    const leaving = [...writers].find(([, { lastSeenAt }]) => nowMs - lastSeenAt > forgetAfterMs)
    if (leaving === undefined) searchedAt = nowMs
    return leaving !== undefined && writers.delete(leaving[0])
  }

  return {
    mayWrite: (producer, nowMs) => writers.has(producer) || writers.size < most || makeRoom(nowMs),
    charge: (producer, nowMs) => {
      const tally = tallyOf(producer, nowMs)
      const bucket = take(tally.bucket, limits, nowMs)
      if (bucket !== null) tally.bucket = bucket
      return bucket !== null
    },
    accepted: (producer, nowMs) => {
      const tally = tallyOf(producer, nowMs)
      Object.assign(tally, { accepted: tally.accepted + 1, lastAcceptedAt: nowMs, isChanged: true })
      strangers.delete(producer)
      writers.set(producer, tally)
    },
    refused: (producer, { reason, detail }, nowMs) => {
      const tally = tallyOf(producer, nowMs)
      tally.refused.set(reason, (tally.refused.get(reason) ?? 0) + 1)
      Object.assign(tally, { lastRefusal: `${reason} ${detail}`.slice(0, mostRefusalText), lastRefusalAt: nowMs, isChanged: true })
    },
    changed: (gate, nowMs) => [...writers, ...strangers].flatMap(([producer, tally]) => news({ gate, producer, time: nowMs }, tally)),
  }
}

const newTally = (limits: BucketLimits, nowMs: EpochMs): Tally => ({
  bucket: fullBucket(limits, nowMs),
  accepted: 0,
  refused: new Map(),
  lastRefusal: '',
  lastRefusalAt: null,
  lastAcceptedAt: null,
  lastSeenAt: nowMs,
  isChanged: false,
})

/** The report of a tally that changed since its last one. */
const news = (who: Pick<ProducerReported, 'gate' | 'producer' | 'time'>, tally: Tally): readonly ProducerReported[] => {
  if (!tally.isChanged) return []
  tally.isChanged = false
  return [reportOf(who, tally)]
}

const reportOf = (who: Pick<ProducerReported, 'gate' | 'producer' | 'time'>, tally: Tally): ProducerReported => ({
  type: 'ProducerReported',
  gate: who.gate,
  producer: who.producer,
  accepted: tally.accepted,
  refused: refusalReasons
    .flatMap((reason) => ({ reason, count: tally.refused.get(reason) ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => (a.reason < b.reason ? -1 : 1)),
  lastRefusal: tally.lastRefusal,
  lastRefusalAt: tally.lastRefusalAt,
  lastAcceptedAt: tally.lastAcceptedAt,
  time: who.time,
})
