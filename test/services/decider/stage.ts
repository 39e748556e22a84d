/**
 * A stage for stories about deciders: one memory broker, one clock, services under a load that rises and falls, and a
 * world that carries out each intent at once. Everything runs on promises, so one story has one history.
 */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { createMemoryBroker, type MemoryBroker } from '../../../adapters/memory/event-log.ts'
import { createMetrics } from '../../../adapters/prometheus/registry.ts'
import { canonicalJson } from '../../../core/canonical.ts'
import type { ScaleIntentEmitted } from '../../../core/events/decided.ts'
import type { SignalEvent } from '../../../core/events/event.ts'
import type { Appender, Clock, EventLog, Logger } from '../../../core/ports.ts'
import { roles, type RoleCounts } from '../../../core/roles.ts'
import { validateManifest } from '../../../core/service/validate.ts'
import { startDecider, type Decider } from '../../../services/decider/decider.ts'
import { createDeciderMetrics } from '../../../services/decider/metrics.ts'
import { createManualClock, settled, type ManualClock } from './manual-clock.ts'

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
export type Cast = { readonly coreHash?: string; readonly clock?: Clock; readonly eventLog?: EventLog; readonly group?: string }
export type Actor = Decider & { metric(name: string): Promise<readonly string[]> }

export type Stage = {
  readonly clock: ManualClock
  readonly broker: MemoryBroker
  readonly eventLog: EventLog
  startDecider(ownerId: string, over?: Cast): Promise<Actor>
  configure(service: string): Promise<void>
  remove(service: string): Promise<void>
  /** Lets world time pass second by second: each service is observed, each new intent is carried out. */
  pass(seconds: number): Promise<void>
}

export const openStage = async ({ partitions = 2 } = {}): Promise<Stage> => {
  const clock = createManualClock(start)
  const broker = createMemoryBroker({ now: clock.now, partitions })
  const eventLog = broker.eventLog()
  const world = createWorld(eventLog, await eventLog.appender(), clock)
  return {
    clock,
    broker,
    eventLog,
    configure: (service) => world.configure(service),
    remove: (service) => world.remove(service),
    pass: async (seconds) => {
      for (let second = 0; second < seconds; second++) {
        await world.observe()
        await clock.advance(1000)
        await world.carryOut()
      }
    },
    startDecider: async (ownerId, over = {}) => {
      const metrics = createMetrics('decider')
      const decider = await startDecider({
        eventLog: over.eventLog ?? broker.eventLog(),
        group: over.group ?? group,
        clock: over.clock ?? clock,
        log: silentLog,
        metrics: createDeciderMetrics(metrics),
        coreHash: over.coreHash ?? coreHash,
        ownerId,
        simulated: false,
        tickMs: 1000,
        snapshotIntervalMs: 60_000,
        mintLogId: () => `log-of-${ownerId}`,
      })
      await settled()
      const metric = async (name: string) => (await metrics.expose()).text.split('\n').filter((line) => line.startsWith(name))
      return { ...decider, metric }
    },
  }
}

const example = new URL('../../../docs/examples/chat-70b.yaml', import.meta.url)

const manifestFor = (service: string): string => {
  const content = parse(readFileSync(example, 'utf8')) as { readonly metadata: object }
  const validation = validateManifest({ ...content, metadata: { ...content.metadata, name: service } })
  if (!validation.ok) throw new Error(`the example is refused: ${JSON.stringify(validation.faults)}`)
  return canonicalJson(validation.manifest)
}

type Fleet = { counts: RoleCounts; lastSequence: number }

const createWorld = (eventLog: EventLog, appender: Appender, clock: Clock) => {
  const fleets = new Map<string, Fleet>()
  let intentsRead = 0
  const write = async (events: readonly (SignalEvent & { readonly service: string })[]): Promise<void> => {
    await appender.append(events.map((event) => ({ topic: 'signals', key: event.service, event })))
    await settled()
  }
  const carryOutOne = async (intent: ScaleIntentEmitted): Promise<void> => {
    const fleet = fleets.get(intent.service)
    if (fleet === undefined || intent.sequence <= fleet.lastSequence) return
    fleets.set(intent.service, { counts: intent.target, lastSequence: intent.sequence })
    await write(reportsOf(intent, clock.now()))
  }
  return {
    configure: async (service: string) => {
      fleets.set(service, { counts: { prefill: 2, decode: 4 }, lastSequence: 0 })
      await write([{ type: 'ServiceConfigured', service, generation: 1, manifest: manifestFor(service), author: 'test', time: clock.now() }])
    },
    remove: async (service: string) => {
      fleets.delete(service)
      await write([{ type: 'ServiceRemoved', service, author: 'test', time: clock.now() }])
    },
    observe: async () => {
      for (const [service, fleet] of fleets) await write(observationsOf(service, fleet, clock.now()))
    },
    carryOut: async () => {
      const intents: ScaleIntentEmitted[] = []
      for (const { partition, end } of await eventLog.bounds('intents'))
        for await (const { event } of eventLog.read({ topic: 'intents', partition, from: 0, to: end }))
          if (event?.type === 'ScaleIntentEmitted') intents.push(event)
      if (intents.length === intentsRead) return
      intentsRead = intents.length
      for (const intent of intents) await carryOutOne(intent)
    },
  }
}

/** Demand in tokens per second: two peaks in ten minutes, different per service. */
const demandAt = (service: string, time: number): number => {
  const seconds = (time - start) / 1000 + service.length * 37
  return Math.round(6000 + 5000 * Math.sin((seconds / 300) * 2 * Math.PI))
}

const observationsOf = (service: string, { counts, lastSequence }: Fleet, time: number) => {
  const source = 'collector-1/sub-1'
  const window = { service, source, windowStartMs: time - 1000, windowEndMs: time }
  const tps = { prefill: demandAt(service, time) * 4, decode: demandAt(service, time) }
  return [
    ...roles.flatMap((role) => {
      const sample = { ...window, role, instancesHeard: counts[role], instancesRegistered: counts[role] }
      return [
        { ...sample, type: 'TpsObserved' as const, tps: tps[role] },
        { ...sample, type: 'LatencyObserved' as const, ttftMsP95: 400, tbtMsP95: 20, requests: 100 },
      ]
    }),
    { type: 'CollectorHeartbeat' as const, service, source, time, targetsKnown: 6, targetsScraped: 6 },
    {
      type: 'InstancesObserved' as const,
      service,
      subCluster: 'sub-1',
      complete: true,
      observedAt: time,
      groups: [{ group: `${service}-0`, domain: 'vdc/cluster/sub-1/s2-1', sequence: lastSequence, roles: roles.map((role) => observedRole(role, counts[role])) }],
    },
  ]
}

const observedRole = (role: (typeof roles)[number], count: number) => ({
  role,
  desired: count,
  scheduled: count,
  ready: count,
  registered: count,
  gpuType: role === 'prefill' ? 'H100' : 'H20',
})

const reportsOf = (intent: ScaleIntentEmitted, time: number) => {
  const { service, intentId, sequence, target } = intent
  const fact = { type: 'RolloutReported' as const, service, intentId, sequence, step: null, detail: '', partial: false, time, ...target }
  return [
    { ...fact, group: `${service}-0`, reportId: `${intentId}/placed`, outcome: 'placed' as const },
    { ...fact, group: `${service}-0`, reportId: `${intentId}/committed`, outcome: 'committed' as const },
    { ...fact, group: null, prefill: null, decode: null, reportId: `${intentId}/completed`, outcome: 'completed' as const },
  ]
}
