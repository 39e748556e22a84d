/** A fleet of real processes on real servers, for stories that kill some of them. Everything it starts it stops. */
import { createLogger } from '../../adapters/logging/logger.ts'
import { createKafkaEventLog } from '../../adapters/kafka/event-log.ts'
import { bringUp, type Running } from '../../cli/bring-up.ts'
import { emulatedWorld, type EmulatedWorld } from '../../cli/demo/emulated-world.ts'
import { emptyLedger, enter, type Ledger } from '../../cli/demo/ledger.ts'
import { demoService, demoServiceFile } from '../../cli/demo/play.ts'
import { createApiClient } from '../../cli/api-client.ts'
import type { ClockTicked } from '../../core/events/input.ts'
import type { LogEvent } from '../../core/events/event.ts'
import { readFile } from 'node:fs/promises'

export const speed = 20

export type FleetStory = {
  readonly running: Running
  readonly world: EmulatedWorld
  readonly ledger: Ledger
  readonly events: readonly LogEvent[]
  /** The last tick in the partition of `signals` that holds this service's records. */
  lastTickBeside(service: string): Promise<ClockTicked | undefined>
  /** Applies the example service and starts traffic of `rps` requests per second; again: changes it. */
  traffic(rps: number): Promise<void>
  stop(): Promise<void>
}

export type StoryOptions = {
  /** World time is wall time, for producers that know no other. */
  readonly inRealTime?: boolean
  /** Environment of single processes, by name, besides the emulator's. */
  readonly envOf?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** Own servers in an own folder: workflow ids of one story must not meet those of another. `env` is the emulator's. */
export const beginStory = async (env: Record<string, string> = {}, { inRealTime = false, envOf = {} }: StoryOptions = {}): Promise<FleetStory> => {
  const running = await bringUp({
    ...(inRealTime ? {} : { speed }),
    // Stories kill what listens, and fleets of other runs start meanwhile.
    onUnusualPorts: true,
    envOf: { ...envOf, emulator: { HETEROSCALE_EMULATOR_AUTOSTART: 'false', ...env } },
    onProgress: (line) => console.log(`fleet: ${line}`),
  })
  const eventLog = createKafkaEventLog({ brokers: running.stack.kafkaBrokers, clientId: 'story', topicPrefix: 'heteroscale', log: createLogger('story', 'silent') })
  const ledger = emptyLedger()
  const events: LogEvent[] = []
  const lastTicks = new Map<number, ClockTicked>()
  const follower = await eventLog.follow({
    topics: ['signals', 'decisions', 'intents', 'rollouts', 'services', 'cells'],
    from: 'start',
    onRecord: (record) => {
      enter(ledger, record, Date.now())
      if (record.event !== null) events.push(record.event)
      if (record.event?.type === 'ClockTicked') lastTicks.set(record.partition, record.event)
    },
  })
  // A story whose reader has died waits in vain, and should say why.
  follower.died.catch((error: unknown) => console.error('story: its reader died:', error))
  const world = emulatedWorld(running.fleet.emulatorUrl)
  await createApiClient(running.fleet.apiUrl).post('/services?waitSeconds=30', await readFile(demoServiceFile), { 'x-heteroscale-author': 'story' })
  return {
    running,
    world,
    ledger,
    events,
    lastTickBeside: async (service) => lastTicks.get(await eventLog.partitionOf('signals', service)),
    traffic: async (rps) => steadyTraffic(running.fleet.emulatorUrl, rps),
    stop: async () => {
      await follower.close()
      await eventLog.close()
      await running.stop()
    },
  }
}

const steadyTraffic = async (url: string, rps: number): Promise<void> => {
  const response = await fetch(`${url}/workloads/${demoService}/start`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'synthetic', dayMinutes: 600, baseRps: rps, peakRps: rps }),
  })
  if (!response.ok) throw new Error(`traffic: ${response.status} ${await response.text()}`)
}
