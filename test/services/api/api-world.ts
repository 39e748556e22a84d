/** An API on a memory broker, with helpers that write what the other processes would write. */
import { readFileSync } from 'node:fs'
import { fastify } from 'fastify'
import { createMemoryBroker } from '../../../adapters/memory/event-log.ts'
import { directivesFor, foldControl, noControls } from '../../../core/controls/controls.ts'
import type { LogEvent } from '../../../core/events/event.ts'
import { partitionOfKey } from '../../../core/murmur2.ts'
import type { OutRecord } from '../../../core/ports.ts'
import { evolve } from '../../../core/scaling/evolve.ts'
import type { ServiceState } from '../../../core/scaling/service-state.ts'
import type { Topic } from '../../../core/topics.ts'
import { startApi } from '../../../services/api/start.ts'

/** 2026-01-01T00:00:00Z: world time of every record here starts with it. */
export const start = Date.UTC(2026, 0, 1)

export const exampleText = readFileSync(new URL('../../../docs/examples/chat-70b.yaml', import.meta.url), 'utf8')

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => silent }

/** Of every topic. */
const partitions = 4

export type ApiWorld = Awaited<ReturnType<typeof createApiWorld>>

export const createApiWorld = async () => {
  let now = start + 100_000
  const broker = createMemoryBroker({ now: () => now, partitions })
  const eventLog = broker.eventLog()
  const appender = await eventLog.appender()
  const http = fastify({ logger: false })
  const clock = { now: () => now, at: (wallEpochMs: number) => wallEpochMs, speed: 1, sleep: () => Promise.resolve() }
  const api = await startApi({ clock, log: silent, http, eventLog: () => Promise.resolve(eventLog), topicPrefix: 'heteroscale' })
  await api.caughtUp()
  const tick = async (service: string): Promise<void> => {
    const partition = partitionOfKey(service, partitions)
    const event = { type: 'ClockTicked', logId: 'log-1', epoch: 1, ownerId: 'decider-1', coreHash: 'cccc', decidedThrough: -1, simulated: true, time: now } as const
    await appender.append([{ topic: 'signals', key: null, partition, event }])
  }
  return {
    broker,
    /** Moves the world's clock on, and the broker's with it. */
    pass: (ms: number): void => void (now += ms),
    api,
    http,
    append: (topic: Topic, key: string, ...events: readonly LogEvent[]) =>
      appender.append(events.map((event): OutRecord => ({ topic, key, event }))),
    partitionOf: (service: string): number => partitionOfKey(service, partitions),
    /** A tick on the partition of `signals` that holds the inputs of `service`: somebody decides there. */
    tick,
    /** The tombstone of a service, as a decider writes it. */
    delete: (service: string) => appender.append([{ topic: 'services', key: service, event: null }]),
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
          const { state, emitted } = evolve(states.get(event.service) ?? null, event, { offset, nowMs: start, presentMs: start, announce: true })
          states.set(event.service, state)
          await appender.append(emitted)
        },
      })
    },
    /** A decider that lives and has nothing to say: it ticks beside a service after each order. */
    startTicking: (service: string) => eventLog.follow({ topics: ['controls'], from: 'end', onRecord: () => tick(service) }),
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
