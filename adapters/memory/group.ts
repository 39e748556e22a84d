/** Consumer groups in memory: each partition has one owner, and every join or leave stops all members and deals anew. */
import { portError } from '../../core/port-error.ts'
import type { GroupHandler, LogRecord, Subscription } from '../../core/ports.ts'
import type { Topic } from '../../core/topics.ts'
import type { Offset } from '../../core/units.ts'
import type { Store } from './log-store.ts'

export type Group = {
  readonly committed: Map<number, Offset>
  join(handler: GroupHandler): Promise<Subscription>
}

/** As many records as one batch of the real adapter would roughly hold. */
const batchSize = 500

type Member = { readonly handler: GroupHandler; reject(error: unknown): void }
type Reading = { readonly partition: number; readonly member: Member; stop: boolean; ended: Promise<void> }

/** One group on one topic. A handler must not join or close from inside its own calls: it would wait for itself. */
export const createGroup = (store: Store, topic: Topic): Group => new MemoryGroup(store, topic)

class MemoryGroup implements Group {
  readonly committed = new Map<number, Offset>()
  readonly #store: Store
  readonly #topic: Topic
  #members: readonly Member[] = []
  #readings: readonly Reading[] = []
  /** Joins and leaves take effect one after another. */
  #turn: Promise<void> = Promise.resolve()

  constructor(store: Store, topic: Topic) {
    this.#store = store
    this.#topic = topic
  }

  async join(handler: GroupHandler): Promise<Subscription> {
    let reject: (error: unknown) => void = () => {}
    const died = new Promise<never>((_, rejectDied) => (reject = rejectDied))
    died.catch(() => undefined)
    const member: Member = { handler, reject }
    await this.#change((members) => [...members, member])
    return { died, close: () => this.#change((members) => members.filter((one) => one !== member)) }
  }

  #change(edit: (members: readonly Member[]) => readonly Member[]): Promise<void> {
    this.#turn = this.#turn.then(() => this.#deal(edit(this.#members)))
    return this.#turn
  }

  /** Handlers that run finish first, as they do when Kafka rebalances. */
  async #deal(members: readonly Member[]): Promise<void> {
    for (const reading of this.#readings) reading.stop = true
    this.#store.wakeAll()
    await Promise.all(this.#readings.map(({ ended }) => ended))
    this.#members = members
    this.#readings = partitionNumbers(this.#store, this.#topic).flatMap((partition) => {
      const member = members[partition % Math.max(1, members.length)]
      return member === undefined ? [] : [this.#start(partition, member)]
    })
  }

  #start(partition: number, member: Member): Reading {
    const reading: Reading = { partition, member, stop: false, ended: Promise.resolve() }
    reading.ended = this.#read(reading)
    return reading
  }

  async #read(reading: Reading): Promise<void> {
    const { member, partition } = reading
    try {
      let next = this.#withinLog(partition, await member.handler.assigned(partition))
      while (!reading.stop) {
        const log = this.#store.records(this.#topic, partition)
        if (next >= log.length) await this.#store.changed()
        else next = await this.#handOn(reading, log, next)
      }
    } catch (error) {
      this.#expel(member, error)
    }
    member.handler.revoked(partition)
  }

  #withinLog(partition: number, wanted: Offset): Offset {
    const end = this.#store.records(this.#topic, partition).length
    if (wanted <= end) return Math.max(0, wanted)
    throw portError('corrupt', `LOG_SHORTER ${this.#topic}/${partition}: asked for offset ${wanted}; the log ends at ${end}; this is another log, nothing was read`)
  }

  async #handOn({ member, partition }: Reading, log: readonly LogRecord[], next: Offset): Promise<Offset> {
    const records = log.slice(next, next + batchSize)
    const commit = await member.handler.batch({ topic: this.#topic, partition, records, endOffset: log.length })
    if (commit !== null) this.committed.set(partition, commit)
    return next + records.length
  }

  /** A handler that throws ends its member; the others take over its partitions. */
  #expel(member: Member, error: unknown): void {
    member.reject(error)
    void this.#change((members) => members.filter((one) => one !== member))
  }
}

const partitionNumbers = (store: Store, topic: Topic): readonly number[] =>
  Array.from({ length: store.partitionCount(topic) }, (_, partition) => partition)
