/** The broker: logs, who waits for more of them, and how well it feels. */
import { refusalOf } from '../../../core/events/admission.ts'
import { partitionOfKey } from '../../../core/murmur2.ts'
import { portError } from '../../../core/port-error.ts'
import type { Appended, LogRecord, OutRecord } from '../../../core/ports.ts'
import { topics, type Topic } from '../../../core/topics.ts'
import type { EpochMs, Offset } from '../../../core/units.ts'
import type { Stage } from '../stage.ts'

/** What ails the broker now; the fault injector sets it. */
export type BrokerHealth = {
  downUntilMs: EpochMs
  /** Appends are refused, reads go on. */
  diskFullUntilMs: EpochMs
  /** Appends take this much longer at most. */
  slowByMs: number
  slowUntilMs: EpochMs
  /** Share of appends whose acknowledgement is lost. */
  lostAnswers: number
  lostAnswersUntilMs: EpochMs
}

/** Records of a topic that was deleted and made again. */
export type FormerTopic = { readonly topic: Topic; readonly deletedAtMs: EpochMs; readonly partitions: readonly (readonly LogRecord[])[] }

export class Broker {
  readonly stage: Stage
  readonly health: BrokerHealth = { downUntilMs: 0, diskFullUntilMs: 0, slowByMs: 0, slowUntilMs: 0, lostAnswers: 0, lostAnswersUntilMs: 0 }
  readonly former: FormerTopic[] = []
  readonly #partitions: number
  readonly #logs = new Map<Topic, LogRecord[][]>()
  readonly #waiting = new Map<Topic, (() => void)[][]>()
  readonly #partitionOfKey = new Map<string, number>()

  constructor(stage: Stage, partitions: number) {
    this.stage = stage
    this.#partitions = partitions
  }

  get isDown(): boolean {
    return this.health.downUntilMs > this.stage.scheduler.nowMs
  }

  partitionCount(topic: Topic): number {
    const { keyedBy } = topics[topic]
    return keyedBy === 'service' || keyedBy === 'cell' ? this.#partitions : 1
  }

  /** Grows in place. */
  records(topic: Topic, partition: number): readonly LogRecord[] {
    return this.#log(topic)[partition] ?? []
  }

  partitionOf(topic: Topic, key: string): number {
    const count = this.partitionCount(topic)
    if (count === 1) return 0
    const known = this.#partitionOfKey.get(key)
    if (known !== undefined) return known
    const partition = partitionOfKey(key, count)
    this.#partitionOfKey.set(key, partition)
    return partition
  }

  end(topic: Topic, partition: number): Offset {
    return this.records(topic, partition).length
  }

  write(records: readonly OutRecord[]): readonly Appended[] {
    return records.map((record) => this.#writeOne(record))
  }

  /** Throws PortError `unavailable` while the broker is down. */
  reach(what: string): void {
    if (this.isDown) throw portError('unavailable', `E_KAFKA ${what}: the broker does not answer; nothing was done`)
  }

  /** Calls back once, at the next record of the partition. */
  onMore(topic: Topic, partition: number, call: () => void): void {
    const perPartition = this.#waiting.get(topic) ?? this.#log(topic).map(() => [])
    this.#waiting.set(topic, perPartition)
    perPartition[partition]?.push(call)
  }

  /** The topic is deleted and made again, empty. */
  recreate(topic: Topic): void {
    this.former.push({ topic, deletedAtMs: this.stage.nowMs, partitions: this.#log(topic) })
    this.#logs.delete(topic)
  }

  #log(topic: Topic): LogRecord[][] {
    const known = this.#logs.get(topic)
    if (known !== undefined) return known
    const log = Array.from({ length: this.partitionCount(topic) }, (): LogRecord[] => [])
    this.#logs.set(topic, log)
    return log
  }

  #writeOne({ topic, key, event, partition }: OutRecord): Appended {
    const refusal = event === null ? null : refusalOf(topic, key, event)
    if (refusal !== null) throw portError('invalid', `${refusal}; nothing was appended`)
    const home = partition ?? (key === null ? 0 : this.partitionOf(topic, key))
    const log = this.#log(topic)[home]
    if (log === undefined) throw portError('not-found', `PARTITION ${topic}/${home}: it does not exist`)
    const offset = log.length
    log.push({ topic, partition: home, offset, key, appendedAtMs: this.stage.nowMs, event })
    this.#wake(topic, home)
    return { topic, partition: home, offset }
  }

  #wake(topic: Topic, partition: number): void {
    const calls = this.#waiting.get(topic)?.[partition]
    if (calls === undefined || calls.length === 0) return
    for (const call of calls.splice(0)) call()
  }
}
