/** An API on a memory broker, with helpers that write what the other processes would write. */
import { readFileSync } from 'node:fs'
import { fastify } from 'fastify'
import { createMemoryBroker } from '../../../adapters/memory/event-log.ts'
import { directivesFor, foldControl, noControls } from '../../../core/controls/controls.ts'
import type { LogEvent } from '../../../core/events/event.ts'
import type { OutRecord } from '../../../core/ports.ts'
import { evolve } from '../../../core/scaling/evolve.ts'
import type { ServiceState } from '../../../core/scaling/service-state.ts'
import type { Topic } from '../../../core/topics.ts'
import { startApi } from '../../../services/api/start.ts'

/** 2026-01-01T00:00:00Z: world time of every record here starts with it. */
export const start = Date.UTC(2026, 0, 1)

export const exampleText = readFileSync(new URL('../../../docs/examples/chat-70b.yaml', import.meta.url), 'utf8')

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => silent }

export type ApiWorld = Awaited<ReturnType<typeof createApiWorld>>

export const createApiWorld = async () => {
  const broker = createMemoryBroker()
  const eventLog = broker.eventLog()
  const appender = await eventLog.appender()
  const http = fastify({ logger: false })
  const clock = { now: () => start + 100_000, speed: 1, sleep: () => Promise.resolve() }
  const api = await startApi({ clock, log: silent, http, eventLog: () => Promise.resolve(eventLog), topicPrefix: 'heteroscale' })
  await api.caughtUp()
  return {
    broker,
    api,
    http,
    append: (topic: Topic, key: string, ...events: readonly LogEvent[]) =>
      appender.append(events.map((event): OutRecord => ({ topic, key, event }))),
    /** Resolves when the API has folded everything that was appended so far. */
    settled: () => api.caughtUp(),
    /** A decider that takes or refuses each ServiceConfigured, and forgets removed services, by the rules of core. */
    startDecider: () => {
      const states = new Map<string, ServiceState | null>()
      return eventLog.follow({
        topics: ['signals'],
        from: 'start',
        onRecord: async ({ event, offset }) => {
          if (event?.type !== 'ServiceConfigured' && event?.type !== 'ServiceRemoved') return
          const { state, emitted } = evolve(states.get(event.service) ?? null, event, { offset, nowMs: start, announce: true })
          states.set(event.service, state)
          await appender.append(emitted)
        },
      })
    },
    /** A decider that says of each order that it acts on it, for these services. */
    startAnnouncing: (...services: readonly string[]) => {
      let controls = noControls
      return eventLog.follow({
        topics: ['controls'],
        from: 'start',
        onRecord: async ({ event, offset }) => {
          if (event?.type !== 'ControlSet') return
          controls = foldControl(controls, event)
          const announced = services.map((service): OutRecord => ({
            topic: 'signals',
            key: service,
            event: { type: 'ControlChanged', service, controlsEnd: offset + 1, directives: directivesFor(controls, service), time: start },
          }))
          await appender.append(announced)
        },
      })
    },
    close: async (): Promise<void> => {
      await api.stop()
      await http.close()
      await eventLog.close()
    },
  }
}
