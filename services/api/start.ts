/** Fills the read model from the log and serves it. Ready once all that the log held at the start was read, dead letters aside. */
import type { FastifyInstance } from 'fastify'
import type { EventLog, Follower, Logger, LogRecord, WorldClock } from '../../core/ports.ts'
import { createReadModel } from './read-model.ts'
import { addRoutes } from './routes.ts'
import { setUnreadableOrdersAside } from './unreadable-orders.ts'

export type ApiContext = {
  readonly clock: WorldClock
  readonly log: Logger
  readonly http: FastifyInstance
  eventLog(): Promise<EventLog>
  /** Of the names that this fleet's topics and consumer groups have on the broker. */
  readonly topicPrefix: string
}

/** Adds the routes to `context.http` and follows the log until `stop`. `died` rejects when following ended for good. */
export const startApi = async (context: ApiContext) => {
  const eventLog = await context.eventLog()
  const model = createReadModel({ clock: context.clock, partitions: (await eventLog.bounds('signals')).length })
  const onRecord = (record: LogRecord): void => model.add(record)
  const followers = await Promise.all([
    eventLog.follow({ topics: ['controls', 'services', 'decisions', 'intents', 'rollouts', 'cells'], from: 'start', onRecord }),
    // What stands in `signals` is restated within seconds (instances) or of interest only while new (samples).
    eventLog.follow({ topics: ['signals'], from: 'end', onRecord }),
  ])
  // Whoever floods the gate with rubbish must not keep the kill switch from being ready.
  const letters = await eventLog.follow({ topics: ['dead-letters'], from: 'start', onRecord })
  const all = [...followers, letters]
  // Nobody waits for it: to join a group takes seconds, and the kill switch must not.
  const orders = setUnreadableOrdersAside({ eventLog, topicPrefix: context.topicPrefix, log: context.log })
  const appender = await eventLog.appender()
  await addRoutes(context.http, { model, appender, eventLog, clock: context.clock, log: context.log, topicPrefix: context.topicPrefix })
  const readToTheEnd = async (some: readonly Follower[]): Promise<void> => void (await Promise.all(some.map((follower) => follower.caughtUp())))
  let ready = false
  // A follower that cannot read to the end is dead; `died` says so.
  readToTheEnd(followers).then(() => (ready = true), () => {})
  return {
    model,
    /** Resolves when everything that the log held at the call is in the read model. */
    caughtUp: () => readToTheEnd(all),
    ready: () => ready,
    died: Promise.race([...all.map((follower) => follower.died), orders.then((members) => members.died)]),
    stop: async () => {
      await Promise.all([...all.map((follower) => follower.close()), orders.then((members) => members.close(), () => {})])
      await appender.close()
    },
  }
}
