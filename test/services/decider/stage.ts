/** A stage for stories about deciders: one memory broker, one clock, one world. All runs on promises: one story, one history. */
import { createMemoryBroker, type MemoryBroker } from '../../../adapters/memory/event-log.ts'
import { createMetrics } from '../../../adapters/prometheus/registry.ts'
import * as ownEngine from '../../../core/audit/engine.ts'
import type { Engine } from '../../../core/audit/engine.ts'
import type { Clock, EventLog, Logger } from '../../../core/ports.ts'
import { startDecider, type Decider } from '../../../services/decider/decider.ts'
import { createDeciderMetrics } from '../../../services/decider/metrics.ts'
import { createManualClock, settled, type ManualClock } from './manual-clock.ts'
import { createWorld, type World } from './world.ts'

export const start = Date.UTC(2026, 0, 1)
export const group = 'heteroscale-decider'
export const coreHash = 'core-a'

export const silentLog: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
}

/** In what a decider differs from the others. */
export type Cast = {
  readonly coreHash?: string
  readonly engine?: Engine
  readonly clock?: Clock
  readonly eventLog?: EventLog
  readonly group?: string
  readonly simulated?: boolean
  readonly log?: Logger
  readonly snapshotIntervalMs?: number
}
export type Actor = Decider & { metric(name: string): Promise<readonly string[]> }

export type Stage = Pick<World, 'configure' | 'remove'> & {
  readonly clock: ManualClock
  readonly broker: MemoryBroker
  readonly eventLog: EventLog
  startDecider(ownerId: string, over?: Cast): Promise<Actor>
  /** Lets world time pass second by second: each service is observed, each new intent is carried out. */
  pass(seconds: number): Promise<void>
}

export const openStage = async ({ partitions = 2 } = {}): Promise<Stage> => {
  const clock = createManualClock(start)
  const broker = createMemoryBroker({ now: clock.now, partitions })
  const eventLog = broker.eventLog()
  const world = await createWorld(eventLog, clock)
  return {
    clock,
    broker,
    eventLog,
    configure: world.configure,
    remove: world.remove,
    pass: async (seconds) => {
      for (let second = 0; second < seconds; second++) {
        await world.observe()
        await clock.advance(1000)
        await world.carryOut()
        await settled()
      }
    },
    startDecider: async (ownerId, over = {}) => {
      const metrics = createMetrics('decider')
      const decider = await startDecider({
        eventLog: over.eventLog ?? broker.eventLog(),
        group: over.group ?? group,
        clock: over.clock ?? clock,
        log: over.log ?? silentLog,
        metrics: createDeciderMetrics(metrics),
        coreHash: over.coreHash ?? coreHash,
        engine: over.engine ?? ownEngine,
        ownerId,
        simulated: over.simulated ?? false,
        tickMs: 1000,
        snapshotIntervalMs: over.snapshotIntervalMs ?? 60_000,
        mintLogId: () => `log-of-${ownerId}`,
      })
      await settled()
      const metric = async (name: string) => (await metrics.expose()).text.split('\n').filter((line) => line.startsWith(name))
      return { ...decider, metric }
    },
  }
}
