/** Where a member of a consumer group begins in a partition, and what its commit is worth. */
import type { EventLog } from '../core/ports.ts'
import type { Topic } from '../core/topics.ts'
import type { Offset } from '../core/units.ts'

export type Membership = { readonly eventLog: EventLog; readonly group: string; readonly topic: Topic }

/** At the group's committed offset; at the first record that is kept where it has committed nothing yet. */
export const committedOrStart = async ({ eventLog, group, topic }: Membership, partition: number): Promise<Offset> => {
  const committed = (await eventLog.committed(group, topic)).get(partition)
  if (committed !== undefined) return committed
  return (await eventLog.bounds(topic)).find((bounds) => bounds.partition === partition)?.start ?? 0
}

/** Null without a commit, and for one past the end: it speaks of a topic that was deleted and made again. */
export const committedWithin = (committed: Offset | undefined, end: Offset): Offset | null =>
  committed === undefined || committed > end ? null : committed
