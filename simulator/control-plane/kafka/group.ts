/**
 * A consumer group: each partition has one owner that the group knows of. A member that is paused past its session still
 * believes in its partitions when it wakes up, and may finish the batch that it was in: a zombie.
 */
import { portError } from '../../../core/port-error.ts'
import type { GroupHandler, LogRecord, RecordBatch, Subscription } from '../../../core/ports.ts'
import type { Topic } from '../../../core/topics.ts'
import type { Offset } from '../../../core/units.ts'
import type { SimProcess } from '../process.ts'
import type { Ticket } from '../scheduler.ts'
import type { Stage } from '../stage.ts'
import type { Broker } from './broker.ts'
import { fetchMs, untilUp } from './timing.ts'

export type GroupOptions = {
  readonly topic: Topic
  /** A planted bug for the tests of the simulation: the offset is committed before the batch is handled. */
  readonly commitsFirst: boolean
  readonly onCommit: (partition: number, offset: Offset) => void
}

/** As adapters/kafka/partition-consumer.ts sets them. */
const sessionMs = 6_000
const rebalanceTimeoutMs = 30_000
const mostRecords = 500

type Reading = { readonly partition: number; readonly member: Member; readonly generation: number; stop: boolean; isStarted: boolean; isOver: boolean; ended: Promise<void>; wake(): void }
/** Records of this log are decoded already. */
type FetchedBatch = RecordBatch & { readonly records: readonly LogRecord[] }

type Member = { readonly process: SimProcess; readonly handler: GroupHandler; reject(error: unknown): void; joined(): void; readings: readonly Reading[] }

const isIdle = ({ readings }: Member): boolean => readings.every(({ isOver }) => isOver)

/** A function, so that the compiler does not conclude from a line before an await what held after it. */
const isStopped = (reading: Reading): boolean => reading.stop

export class Group {
  readonly committed = new Map<number, Offset>()
  readonly #broker: Broker
  readonly #stage: Stage
  readonly #options: GroupOptions
  #members: readonly Member[] = []
  #generation = 0
  #dealing: Ticket | null = null

  constructor(broker: Broker, options: GroupOptions) {
    this.#broker = broker
    this.#stage = broker.stage
    this.#options = options
  }

  get size(): number {
    return this.#members.length
  }

  join(process: SimProcess, handler: GroupHandler): Promise<Subscription> {
    return new Promise((resolve) => {
      let reject: Member['reject'] = () => undefined
      const died = new Promise<never>((_, rejectDied) => (reject = rejectDied))
      died.catch(() => undefined)
      const close = async (): Promise<void> => this.#leave(member)
      const joined = (): void => void process.later(this.#stage.between(1, 5), () => resolve({ died, close }))
      const member: Member = { process, handler, reject, joined, readings: [] }
      process.onDeath(() => this.#watchSession(member))
      process.onPause((resumesAtMs) => this.#watchPause(member, resumesAtMs))
      this.#enter(member)
    })
  }

  /** Everybody is asked to come again, as after a hiccup of the coordinator. */
  rebalance(): void {
    if (this.#dealing !== null) return
    this.#dealing = this.#stage.scheduler.after(this.#stage.between(50, 1_500), () => {
      this.#dealing = null
      if (this.#broker.isDown) this.rebalance()
      else void this.#deal()
    })
  }

  /** The commits are gone; only a group without members can be deleted. */
  forget(): void {
    this.committed.clear()
  }

  #enter(member: Member): void {
    this.#members = [...this.#members.filter((one) => one !== member), member]
    this.rebalance()
  }

  async #leave(member: Member): Promise<void> {
    if (!this.#members.includes(member)) return
    this.#members = this.#members.filter((one) => one !== member)
    this.#stopReadings(member)
    await Promise.all(member.readings.map(({ ended }) => ended))
    this.rebalance()
  }

  #watchSession(member: Member): void {
    this.#stage.scheduler.after(sessionMs, () => this.#expel(member))
  }

  #watchPause(member: Member, resumesAtMs: number): void {
    const isLate = resumesAtMs - this.#stage.scheduler.nowMs > sessionMs
    if (!isLate) return
    this.#watchSession(member)
    member.process.later(resumesAtMs - this.#stage.scheduler.nowMs + this.#stage.between(200, 3_000), () => this.#comeBack(member))
  }

  /** Its first heartbeat after the pause tells the member that the group went on without it. */
  #comeBack(member: Member): void {
    if (this.#members.includes(member)) return
    this.#stage.hit('pause:zombie')
    this.#stopReadings(member)
    this.#enter(member)
  }

  #expel(member: Member): void {
    if (!this.#members.includes(member)) return
    if (member.process.alive && !member.process.isPaused) return
    this.#members = this.#members.filter((one) => one !== member)
    this.rebalance()
  }

  #stopReadings({ readings }: Member): void {
    for (const reading of readings) this.#stop(reading)
  }

  /** As the adapter: the handler is told at once, also while it works on a batch; that batch commits nothing any more. */
  #stop(reading: Reading): void {
    if (reading.stop) return
    reading.stop = true
    reading.wake()
    if (reading.isStarted) reading.member.handler.revoked(reading.partition)
  }

  async #deal(): Promise<void> {
    const generation = ++this.#generation
    const present = this.#members.filter(({ process }) => process.alive && !process.isPaused)
    for (const member of present) this.#stopReadings(member)
    const handlersDone = Promise.all(present.flatMap(({ readings }) => readings.map(({ ended }) => ended)))
    await Promise.race([handlersDone, this.#after(rebalanceTimeoutMs)])
    if (generation !== this.#generation) return
    const able = present.filter((member) => member.process.alive && this.#members.includes(member) && isIdle(member))
    for (const late of present) if (late.process.alive && !isIdle(late)) this.#waitFor(late)
    for (const member of able) member.readings = []
    const first = Math.floor(this.#stage.random.next() * Math.max(1, able.length))
    for (let partition = 0; partition < this.#broker.partitionCount(this.#options.topic); partition += 1) {
      const member = able[(partition + first) % Math.max(1, able.length)]
      if (member !== undefined) this.#start(member, partition, generation)
    }
    for (const member of able) member.joined()
  }

  /** A member whose batch outlasts the rebalance is left out; it finishes the batch, and comes again. */
  #waitFor(member: Member): void {
    this.#members = this.#members.filter((one) => one !== member)
    this.#stage.hit('slow-batch:zombie')
    void Promise.all(member.readings.map(({ ended }) => ended)).then(() => this.#enter(member))
  }

  #after(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#stage.scheduler.after(delayMs, resolve))
  }

  #start(member: Member, partition: number, generation: number): void {
    let end = (): void => undefined
    const ended = new Promise<void>((resolve) => (end = resolve))
    const reading: Reading = { partition, member, generation, stop: false, isStarted: false, isOver: false, ended, wake: () => undefined }
    member.readings = [...member.readings, reading]
    member.process.later(this.#stage.between(1, 10), () => void this.#read(reading).then(() => {
      reading.isOver = true
      end()
    }))
  }

  async #read(reading: Reading): Promise<void> {
    const { member, partition } = reading
    try {
      if (reading.stop) return
      let next = this.#withinLog(partition, await member.handler.assigned(partition))
      reading.isStarted = true
      if (reading.stop) return member.handler.revoked(partition)
      while (!reading.stop) {
        const batch = await this.#fetch(reading, next)
        if (batch === null) break
        if (this.#options.commitsFirst) await this.#commit(reading, batch.records[0] === undefined ? next : next + batch.records.length)
        const commit = await member.handler.batch(batch)
        if (commit !== null && !isStopped(reading)) await this.#commit(reading, commit)
        next += batch.records.length
      }
    } catch (error) {
      this.#members = this.#members.filter((one) => one !== member)
      this.#stopReadings(member)
      member.reject(error)
      this.rebalance()
    }
  }

  #withinLog(partition: number, wanted: Offset): Offset {
    const end = this.#broker.end(this.#options.topic, partition)
    if (wanted <= end) return Math.max(0, wanted)
    throw portError('corrupt', `LOG_SHORTER ${this.#options.topic}/${partition}: asked for offset ${wanted}; the log ends at ${end}; nothing was read`)
  }

  /** Null when the reading is to stop. */
  #fetch(reading: Reading, next: Offset): Promise<FetchedBatch | null> {
    const { topic } = this.#options
    const { member, partition } = reading
    return new Promise((resolve) => {
      const look = (): void => {
        if (reading.stop) return resolve(null)
        const waitMs = untilUp(this.#broker)
        if (waitMs > 0) return void member.process.later(waitMs, look)
        const log = this.#broker.records(topic, partition)
        if (next >= log.length) return this.#broker.onMore(topic, partition, soon)
        reading.wake = () => undefined
        resolve({ topic, partition, records: log.slice(next, next + this.#batchSize()), endOffset: log.length })
      }
      const soon = (): void => void member.process.later(fetchMs(this.#broker), look)
      reading.wake = () => void member.process.later(0, () => resolve(null))
      soon()
    })
  }

  /** A batch may be cut anywhere. */
  #batchSize(): number {
    return this.#stage.chance(0.8) ? mostRecords : 1 + Math.floor(this.#stage.random.next() * 8)
  }

  /** A commit of a former generation is refused; one that meets an outage is lost. */
  async #commit(reading: Reading, offset: Offset): Promise<void> {
    const travel = { there: 0, back: this.#stage.between(0.6, 4) }
    const isTaken = await reading.member.process.ask(travel, () => {
      if (this.#broker.isDown) return true
      if (reading.generation !== this.#generation) return false
      this.committed.set(reading.partition, offset)
      this.#options.onCommit(reading.partition, offset)
      return true
    }, 'commit')
    if (!isTaken) this.#stop(reading)
  }
}
