/** EventLog.follow: every record of some topics, one at a time, for ever. */
import type { Follower, LogRecord } from '../../../core/ports.ts'
import type { Topic } from '../../../core/topics.ts'
import type { Offset } from '../../../core/units.ts'
import type { SimProcess } from '../process.ts'
import type { Broker } from './broker.ts'
import { fetchMs, untilUp } from './timing.ts'

type FollowOptions = {
  readonly topics: readonly Topic[]
  readonly from: 'start' | 'end'
  readonly onRecord: (record: LogRecord) => void | Promise<void>
}

type Position = { readonly topic: Topic; readonly partition: number; next: Offset; isBusy: boolean }
type Waiting = { readonly ends: readonly Offset[]; resolve(): void }

export const followTopics = (broker: Broker, process: SimProcess, options: FollowOptions): Follower => {
  const following = new Following(broker, process, options)
  following.start()
  return {
    died: following.died,
    caughtUp: () => following.caughtUp(),
    close: () => Promise.resolve(following.stop()),
  }
}

class Following {
  readonly died: Promise<never>
  readonly #broker: Broker
  readonly #process: SimProcess
  readonly #onRecord: FollowOptions['onRecord']
  readonly #positions: readonly Position[]
  #waiting: Waiting[] = []
  #isOver = false
  #reject: (error: unknown) => void = () => undefined

  constructor(broker: Broker, process: SimProcess, { topics, from, onRecord }: FollowOptions) {
    this.#broker = broker
    this.#process = process
    this.#onRecord = onRecord
    this.died = new Promise<never>((_, reject) => (this.#reject = reject))
    this.died.catch(() => undefined)
    this.#positions = topics.flatMap((topic) =>
      Array.from({ length: broker.partitionCount(topic) }, (_, partition) => ({
        topic, partition, next: from === 'start' ? 0 : broker.end(topic, partition), isBusy: false,
      })),
    )
  }

  start(): void {
    for (const position of this.#positions) this.#fetchSoon(position)
  }

  stop(): void {
    this.#isOver = true
  }

  async caughtUp(): Promise<void> {
    const { stage } = this.#broker
    const travel = { there: stage.between(0.3, 2), back: stage.between(0.3, 2) }
    const ends = await this.#process.ask(travel, () => {
      this.#broker.reach('bounds')
      return this.#positions.map(({ topic, partition }) => this.#broker.end(topic, partition))
    })
    if (this.#isReached(ends)) return
    await Promise.race([new Promise<void>((resolve) => this.#waiting.push({ ends, resolve })), this.died])
  }

  #isReached(ends: readonly Offset[]): boolean {
    return this.#positions.every(({ next }, index) => next >= (ends[index] ?? 0))
  }

  #fetchSoon(position: Position): void {
    if (position.isBusy || this.#isOver) return
    position.isBusy = true
    this.#process.later(fetchMs(this.#broker), () => {
      const waitMs = untilUp(this.#broker)
      position.isBusy = false
      if (waitMs > 0) this.#process.later(waitMs, () => this.#fetchSoon(position))
      else this.#handOn(position).catch((error: unknown) => this.#end(error))
    })
  }

  async #handOn(position: Position): Promise<void> {
    position.isBusy = true
    const { topic, partition } = position
    for (;;) {
      const record = this.#broker.records(topic, partition)[position.next]
      if (record === undefined || this.#isOver) break
      const handled = this.#onRecord(record)
      if (handled !== undefined) await handled
      position.next += 1
    }
    position.isBusy = false
    this.#wakeReached()
    if (!this.#isOver) this.#broker.onMore(topic, partition, () => this.#fetchSoon(position))
  }

  #wakeReached(): void {
    if (this.#waiting.length === 0) return
    const reached = this.#waiting.filter(({ ends }) => this.#isReached(ends))
    this.#waiting = this.#waiting.filter((one) => !reached.includes(one))
    for (const { resolve } of reached) resolve()
  }

  #end(error: unknown): void {
    this.#isOver = true
    this.#reject(error)
  }
}
