/** EventLog.follow in memory: one loop over all partitions of the topics. */
import type { Follower, LogRecord } from '../../core/ports.ts'
import type { Topic } from '../../core/topics.ts'
import type { Offset } from '../../core/units.ts'
import type { Store } from './log-store.ts'

type FollowOptions = {
  readonly topics: readonly Topic[]
  readonly from: 'start' | 'end'
  readonly onRecord: (record: LogRecord) => void | Promise<void>
}

type Position = { readonly topic: Topic; readonly partition: number; next: Offset }

/** Hands every record of the topics to `onRecord`, one at a time; ends when it throws. */
export const followPartitions = (store: Store, { topics, from, onRecord }: FollowOptions): Follower => {
  const end = ({ topic, partition }: Omit<Position, 'next'>): Offset => store.records(topic, partition).length
  const positions = topics.flatMap((topic) =>
    Array.from({ length: store.partitionCount(topic) }, (_, partition): Position => ({ topic, partition, next: from === 'start' ? 0 : end({ topic, partition }) })),
  )
  const following = createFollowing(store, positions, onRecord)
  const done = following.run()
  return {
    died: following.died,
    caughtUp: () => Promise.race([following.reached(positions.map(end)), following.died]),
    close: async () => {
      following.stop()
      store.wakeAll()
      await done
    },
  }
}

const createFollowing = (store: Store, positions: readonly Position[], onRecord: FollowOptions['onRecord']) => {
  let over = false
  let waiting: { readonly ends: readonly Offset[]; resolve(): void }[] = []
  let reject: (error: unknown) => void = () => {}
  const died = new Promise<never>((_, rejectDied) => (reject = rejectDied))
  died.catch(() => undefined)
  const isReached = (ends: readonly Offset[]): boolean => positions.every(({ next }, index) => next >= (ends[index] ?? 0))

  const handOn = async (position: Position): Promise<void> => {
    const records = store.records(position.topic, position.partition)
    while (!over && position.next < records.length) {
      const record = records[position.next]
      if (record !== undefined) await onRecord(record)
      position.next += 1
    }
  }
  const wakeReached = (): void => {
    const reached = waiting.filter(({ ends }) => isReached(ends))
    waiting = waiting.filter((one) => !reached.includes(one))
    for (const { resolve } of reached) resolve()
  }
  const hasMore = (): boolean => positions.some(({ topic, partition, next }) => next < store.records(topic, partition).length)
  const run = async (): Promise<void> => {
    try {
      while (!over) {
        for (const position of positions) await handOn(position)
        wakeReached()
        if (!over && !hasMore()) await store.changed()
      }
    } catch (error) {
      over = true
      reject(error)
    }
  }
  const reached = (ends: readonly Offset[]): Promise<void> =>
    isReached(ends) ? Promise.resolve() : new Promise((resolve) => waiting.push({ ends, resolve }))
  return { died, run, reached, stop: () => void (over = true) }
}
