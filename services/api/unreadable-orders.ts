/**
 * Dead letters of the topics by which people steer. Every process follows these and none owns them, so that what nobody can read there
 * would be passed over with a warning in each one's own log. The members of one group, the API's processes, set it aside once.
 */
import type { EventLog, GroupHandler, Logger, Subscription } from '../../core/ports.ts'
import type { Topic } from '../../core/topics.ts'
import type { Offset } from '../../core/units.ts'
import { committedWithin, type Membership } from '../group-start.ts'

export const steeringTopics = ['controls', 'services'] as const satisfies readonly Topic[]

type Options = { readonly eventLog: EventLog; readonly topicPrefix: string; readonly log: Logger }

/** Resolves when this process is a member for each of the topics. */
export const setUnreadableOrdersAside = async ({ eventLog, topicPrefix, log }: Options): Promise<Subscription> => {
  const members = await Promise.all(
    steeringTopics.map((topic) => {
      const group = `${topicPrefix}-unreadable-${topic}`
      return eventLog.join({ group, topic, handler: handlerOf({ eventLog, group, topic }, log) })
    }),
  )
  return {
    died: Promise.race(members.map((member) => member.died)),
    close: async () => void (await Promise.all(members.map((member) => member.close()))),
  }
}

const handlerOf = (membership: Membership, log: Logger): GroupHandler => ({
  assigned: (partition) => startIn(membership, partition),
  batch: ({ records }) => {
    let next: Offset | null = null
    for (const { offset } of records) next = offset + 1
    return Promise.resolve(next)
  },
  revoked: () => {},
  unreadable: (letters) => letters,
  stopped: (partition, error) => log.error({ topic: membership.topic, partition, err: error }, 'E_ORDERS a record is of a schema that a newer version may know; nothing behind it is set aside until then'),
})

/** From its start where the topic was made again: a member that ended on a commit past the end would take the kill switch with it. */
const startIn = async ({ eventLog, group, topic }: Membership, partition: number): Promise<Offset> => {
  const [committed, bounds] = await Promise.all([eventLog.committed(group, topic), eventLog.bounds(topic)])
  const { start, end } = bounds.find((one) => one.partition === partition) ?? { start: 0, end: 0 }
  return committedWithin(committed.get(partition), end) ?? start
}
