/** The state of one consumer's partitions through rebalances: which are starting, which are read, and from which offset. */
import kafkajs from 'kafkajs'
import type { Batch, Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs'
import { portError } from '../../core/port-error.ts'
import type { PortError } from '../../core/ports.ts'
import type { Topic } from '../../core/topics.ts'
import type { Offset } from '../../core/units.ts'

export type PartitionRef = { readonly topic: Topic; readonly partition: number }

export type Fetched = PartitionRef & {
  /** In order, none before the offset that `next` promised. */
  readonly messages: readonly KafkaMessage[]
  /** Offset that was expected first; a higher first offset means that records are missing. */
  readonly expected: Offset
  readonly endOffset: Offset
}

export type BatchOutcome = {
  /** Next offset to read, for the group; null commits nothing. */
  readonly commit: Offset | null
  /** False stops this partition: it is kept, and not read any further until the next rebalance. */
  readonly proceed: boolean
}

/** Calls for one partition never overlap; an error of any of them ends the consumer. */
export type PartitionWork = {
  start(ref: PartitionRef): Promise<Offset>
  batch(fetched: Fetched): Promise<BatchOutcome>
  stop(ref: PartitionRef): void
}

type Phase = 'starting' | 'reading' | 'stopped' | 'revoked'
type Slot = {
  readonly brokerName: string
  readonly ref: PartitionRef
  phase: Phase
  next: Offset
  /** A batch is with the work now. */
  isBusy: boolean
  /** End of what kafkajs passed over by itself: markers of transactions, and what one that was aborted had written. */
  passed: Offset
}
type SessionOptions = { readonly work: PartitionWork; readonly topics: ReadonlyMap<string, Topic> }

/** Driven by the events and batches of one kafkajs consumer. */
export class ConsumerSession {
  /** Rejects when the consumer is over for any reason but `close`. */
  readonly died: Promise<never>
  readonly #options: SessionOptions
  readonly #consumer: Consumer
  readonly #slots = new Map<string, Slot>()
  /** Those that were read before the rebalance under way; empty while there is none. */
  #waiting: readonly Slot[] = []
  /** Per partition, the end of the start or batch that was begun last: the next assignment waits for it. */
  readonly #tails = new Map<string, Promise<void>>()
  #over = false
  /** False from a rebalance, or the end of a run, to the next assignment. */
  #isAssigned = false
  #reject: (error: unknown) => void = () => {}

  constructor(options: SessionOptions, consumer: Consumer) {
    this.#options = options
    this.#consumer = consumer
    this.died = new Promise<never>((_, reject) => (this.#reject = reject))
    // Whoever waits on `died` sees the rejection; without this line nobody waiting would end the process.
    this.died.catch(() => undefined)
  }

  /** A new assignment: everything stops, then what came back starts, paused until it knows its offset. */
  assign(assignment: { readonly [brokerName: string]: readonly number[] }): void {
    this.revokeAll()
    this.#isAssigned = true
    this.#waiting = []
    for (const [brokerName, partitions] of Object.entries(assignment)) {
      const topic = this.#options.topics.get(brokerName)
      if (topic === undefined || this.#over) continue
      this.#consumer.pause([{ topic: brokerName, partitions: [...partitions] }])
      for (const partition of partitions) this.#begin({ brokerName, ref: { topic, partition }, phase: 'starting', next: 0, isBusy: false, passed: 0 })
    }
  }

  revokeAll(): void {
    this.#isAssigned = false
    if (this.#slots.size > 0) this.#waiting = [...this.#slots.values()].filter(({ phase }) => phase === 'reading')
    for (const slot of this.#slots.values()) {
      const wasStarted = slot.phase !== 'starting'
      slot.phase = 'revoked'
      if (wasStarted) this.#options.work.stop(slot.ref)
    }
    this.#slots.clear()
  }

  /** Ends the consumer for good. It is not awaited: disconnecting waits for running work, and this may be called from it. */
  die(error: unknown): void {
    if (this.#over) return
    this.#over = true
    this.revokeAll()
    this.#reject(error)
    void this.#consumer.disconnect().catch(() => undefined)
  }

  async eachBatch(payload: EachBatchPayload): Promise<void> {
    const { topic, partition } = payload.batch
    if (this.#over) return
    if (!this.#isAssigned) throw joinAgain(topic, partition)
    const slot = this.#slots.get(`${topic}/${partition}`)
    if (slot?.phase !== 'reading') return
    try {
      const handing = this.#hand(slot, payload)
      this.#tails.set(`${topic}/${partition}`, handing.then(ignore, ignore))
      if (await handing) return
      slot.phase = 'stopped'
      this.#consumer.pause([{ topic, partitions: [partition] }])
    } catch (error) {
      // Rebalances and lost connections are kafkajs' own affair: it joins again. Anything else is the work's failure.
      if (error instanceof Error && error.name.startsWith('KafkaJS')) throw error
      this.die(error)
    }
  }

  /** kafkajs went past a batch in which nothing is to be handed on. */
  passOver({ topic, partition }: { readonly topic: string; readonly partition: number }, lastOffset: Offset): void {
    const slot = this.#slots.get(`${topic}/${partition}`)
    if (slot !== undefined) slot.passed = lastOffset + 1
  }

  /** Where those partitions stand that should be read on: not while they are worked on, started or stopped. */
  standing(): readonly (PartitionRef & { readonly next: Offset })[] {
    const read = [...this.#slots.values()].filter(({ phase }) => phase === 'reading')
    return [...read, ...this.#waiting].filter(({ isBusy }) => !isBusy).map(({ ref, next, passed }) => ({ ...ref, next: Math.max(next, passed) }))
  }

  async close(): Promise<void> {
    this.#over = true
    await this.#consumer.disconnect()
    this.revokeAll()
    await Promise.allSettled(this.#tails.values())
  }

  #begin(slot: Slot): void {
    const key = `${slot.brokerName}/${slot.ref.partition}`
    this.#slots.set(key, slot)
    const before = this.#tails.get(key) ?? Promise.resolve()
    this.#tails.set(key, before.then(() => this.#start(slot)))
  }

  async #start(slot: Slot): Promise<void> {
    const { brokerName, ref } = slot
    if (this.#over || slot.phase !== 'starting') return
    try {
      slot.next = await this.#options.work.start(ref)
      if (isRevoked(slot)) return this.#options.work.stop(ref)
      slot.phase = 'reading'
      this.#consumer.seek({ topic: brokerName, partition: ref.partition, offset: String(slot.next) })
      this.#consumer.resume([{ topic: brokerName, partitions: [ref.partition] }])
    } catch (error) {
      this.die(error)
    }
  }

  /**
   * The position moves before the commit: a commit that fails makes kafkajs fetch the same batch again, and nothing of it
   * may be handed on twice.
   */
  async #hand(slot: Slot, { batch, heartbeat, resolveOffset, commitOffsetsIfNecessary }: EachBatchPayload): Promise<boolean> {
    if (isOfAnotherLog(slot, batch)) throw anotherLog(slot, batch)
    const messages = notBefore(slot.next, batch.messages)
    const fetched = { ...slot.ref, messages, expected: slot.next, endOffset: Number(batch.highWatermark) }
    const outcome = messages.length === 0 ? nothingNew : await whileBeating(heartbeat, () => this.#work(slot, fetched))
    // After a rebalance in the meantime the position and the commit are the next owner's.
    if (isRevoked(slot)) return true
    if (outcome.proceed) {
      slot.next = Number(batch.lastOffset()) + 1
      resolveOffset(batch.lastOffset())
    }
    // Not consumer.commitOffsets: that silently does nothing once a graceful stop has begun.
    if (outcome.commit !== null) await commitOffsetsIfNecessary(offsetsOf(slot, outcome.commit))
    await heartbeat()
    return outcome.proceed
  }

  async #work(slot: Slot, fetched: Fetched): Promise<BatchOutcome> {
    slot.isBusy = true
    try {
      return await this.#options.work.batch(fetched)
    } finally {
      slot.isBusy = false
    }
  }
}

const ignore = (): void => {}

/**
 * kafkajs tells of a rebalance and joins. When that fails it goes on with the assignment of before, tells nobody, and as long as
 * the group still knows it, as one does whose broker has come back, it joins no more: every batch would be dropped here and fetched
 * again. The type of this error is one of those that make it join.
 */
const joinAgain = (topic: string, partition: number): Error =>
  Object.assign(new kafkajs.KafkaJSError(`JOIN_AGAIN ${topic}/${partition}: got a batch after a rebalance that brought no assignment; nothing of it was handed on; it is read again after the next one`), { type: 'REBALANCE_IN_PROGRESS' })

const nothingNew: BatchOutcome = { commit: null, proceed: true }

const offsetsOf = ({ brokerName, ref }: Slot, offset: Offset) => ({
  topics: [{ topic: brokerName, partitions: [{ partition: ref.partition, offset: String(offset) }] }],
})

/** A function, so that the compiler does not conclude from a line before an await what held after it. */
const isRevoked = (slot: Slot): boolean => slot.phase === 'revoked'

/**
 * Where a topic was deleted and made again, kafkajs begins at its start, without an error. All of it would be taken for records
 * that were handed on before, until it is as long as the old one was.
 */
const isOfAnotherLog = ({ next }: Slot, { messages, highWatermark }: Batch): boolean =>
  messages[0] !== undefined && Number(messages[0].offset) < next && Number(highWatermark) < next

const anotherLog = ({ brokerName, ref, next }: Slot, { messages, highWatermark }: Batch): PortError =>
  portError('corrupt', `LOG_SHORTER ${brokerName}/${ref.partition}: got offset ${messages[0]?.offset} after ${next - 1}; the log ends at ${highWatermark}; this is another log, nothing of it was handed on; its reader begins anew`)

const notBefore = (offset: Offset, messages: readonly KafkaMessage[]): readonly KafkaMessage[] => {
  const first = messages[0]
  return first === undefined || Number(first.offset) >= offset ? messages : messages.filter((message) => Number(message.offset) >= offset)
}

/** kafkajs sends heartbeats only between batches; work that takes longer than a session would lose its partition. */
const whileBeating = async <Result>(heartbeat: () => Promise<void>, work: () => Promise<Result>): Promise<Result> => {
  const beat = setInterval(() => void heartbeat().catch(() => undefined), 1_500)
  try {
    return await work()
  } finally {
    clearInterval(beat)
  }
}
