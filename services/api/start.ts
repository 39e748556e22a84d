/** Fills the read model from the log and serves it. Ready once everything that the log held at the start was read. */
import type { FastifyInstance } from 'fastify'
import type { Clock, EventLog, Logger } from '../../core/ports.ts'
import { createReadModel } from './read-model.ts'
import { addRoutes } from './routes.ts'

export type ApiContext = {
  readonly clock: Clock
  readonly log: Logger
  readonly http: FastifyInstance
  eventLog(): Promise<EventLog>
}

/** Adds the routes to `context.http` and follows the log until `stop`. `died` rejects when following ended for good. */
export const startApi = async (context: ApiContext) => {
  const model = createReadModel()
  const eventLog = await context.eventLog()
  const followers = await Promise.all([
    eventLog.follow({
      topics: ['services', 'decisions', 'intents', 'rollouts', 'cells'],
      from: 'start',
      onRecord: (record) => model.add(record),
    }),
    // What stands in `signals` is restated within seconds (instances) or of interest only while new (samples).
    eventLog.follow({ topics: ['signals'], from: 'end', onRecord: (record) => model.add(record) }),
  ])
  const appender = await eventLog.appender()
  await addRoutes(context.http, { model, appender, clock: context.clock, log: context.log })
  /** Resolves when everything that the log held at the call is in the read model. */
  const caughtUp = async (): Promise<void> => void (await Promise.all(followers.map((follower) => follower.caughtUp())))
  let ready = false
  // A follower that cannot read to the end is dead; `died` says so.
  caughtUp().then(() => (ready = true), () => {})
  return {
    model,
    caughtUp,
    ready: () => ready,
    died: Promise.race(followers.map((follower) => follower.died)),
    stop: async () => {
      await Promise.all(followers.map((follower) => follower.close()))
      await appender.close()
    },
  }
}
