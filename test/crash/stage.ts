/** A fleet of real processes on real servers whose processes can be armed. Everything it starts it stops. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createKafkaEventLog } from '../../adapters/kafka/event-log.ts'
import { ensureTopics } from '../../adapters/kafka/topics.ts'
import { createLogger } from '../../adapters/logging/logger.ts'
import { createApiClient } from '../../cli/api-client.ts'
import type { EventLog, GroupStatus } from '../../core/ports.ts'
import type { RoleCounts } from '../../core/roles.ts'
import { localSubCluster, startFleet } from '../../infra/local/fleet.ts'
import type { Fleet, FleetOptions, FleetWorld } from '../../infra/local/fleet.ts'
import { LauncherError } from '../../infra/local/launcher-error.ts'
import type { ServerHandle } from '../../infra/local/process.ts'
import { newRunDir } from '../../infra/local/run-dir.ts'
import { startStack } from '../../infra/local/stack.ts'
import type { Stack as Servers } from '../../infra/local/stack.ts'
import { until } from '../support/until.ts'
import { createArming } from './arming.ts'
import type { Arming } from './arming.ts'
import type { KnownAbsence } from './away.ts'
import { followHistory } from './history.ts'
import type { History } from './history.ts'
import { manifestOf, scenario, services, speed } from './services.ts'
import type { ServiceName } from './services.ts'

export type Change = { readonly kind: string; readonly time: number; readonly service: string; readonly group: string; readonly key?: string; readonly undoes?: string | null }

export type Stage = {
  readonly servers: Servers
  readonly fleet: Fleet
  readonly world: FleetWorld
  readonly arming: Arming
  readonly eventLog: EventLog
  readonly history: History
  readonly dir: string
  /** Parts of the control plane that were away so far. */
  readonly absences: KnownAbsence[]
  /** A process by its name; `kafka` and `temporal` too. */
  process(name: string): ServerHandle
  /** The emulator's change log. */
  changes(): Promise<readonly Change[]>
  changeText(): Promise<string>
  /** Wall time of a change. */
  wallTime(worldTime: number): number
  /** World time, as everything in the evidence. */
  worldTime(wallTime: number): number
  /** Orders counts by hand. */
  order(service: ServiceName, counts: RoleCounts): Promise<void>
  control(body: object): Promise<void>
  plantFault(fault: object): Promise<void>
  groups(service: ServiceName): Promise<readonly GroupStatus[]>
  stop(): Promise<void>
}

export type StageOptions = {
  readonly onProgress: (line: string) => void
  /** Folder of data and logs; it may hold a file system of its own for the broker's data. */
  readonly dir?: string
  /** Between the services and the broker, such as a proxy; the servers themselves are watched directly. */
  readonly brokersForServices?: (brokers: readonly string[]) => Promise<readonly string[]>
}

/**
 * With its 2 s, a broker on a starved machine misses its own heartbeats and takes itself out of the cluster: three such outages
 * were seen in five minutes, none of them ordered by a case.
 */
const patientBroker = { 'broker.session.timeout.ms': '6000' }

/** Of several of a kind, their kind: `decider-1` is a decider. */
export const roleOf = (process: string): string => process.replace(/-\d+$/, '')
const armedProcesses = ['decider-1', 'decider-2', 'orchestrator', 'registrar', 'collector']

export const openStage = async ({ onProgress, dir = newRunDir(), brokersForServices = async (brokers) => brokers }: StageOptions): Promise<Stage> => {
  const servers = await startStack({ dir, fresh: false, temporalUi: false, onProgress, brokerSettings: patientBroker, onUnusualPorts: true })
  try {
    return await onServers(servers, brokersForServices)
  } catch (failure) {
    await servers.stop()
    throw failure
  }
}

const onServers = async (servers: Servers, brokersForServices: (brokers: readonly string[]) => Promise<readonly string[]>): Promise<Stage> => {
  const { dir, kafkaBrokers } = servers
  await ensureTopics({ brokers: kafkaBrokers, clientId: 'stage' })
  const arming = createArming(join(dir, 'crash'))
  const world = { speed, worldEpochMs: Date.now(), wallEpochMs: Date.now() }
  const fleet = await startPatiently({
    dir,
    kafkaBrokers: await brokersForServices(kafkaBrokers),
    temporalAddress: servers.temporalAddress,
    world,
    envOf: environments(dir, arming),
    onUnusualPorts: true,
  })
  const eventLog = createKafkaEventLog({ brokers: kafkaBrokers, clientId: 'stage', log: createLogger('stage', 'silent') })
  const history = await followHistory(eventLog)
  const stage = { servers, dir, absences: [], arming, world, fleet, eventLog, history, ...handles(servers, fleet), ...operations(fleet, world) }
  await applyServices(fleet)
  return {
    ...stage,
    stop: async () => {
      await history.close()
      await eventLog.close()
      await fleet.stop()
      await servers.stop()
    },
  }
}

/** On a machine that is busy with other things a start may take longer than the launcher waits; the second finds all warm. */
const startPatiently = (options: FleetOptions): Promise<Fleet> =>
  startFleet(options).catch((failure: unknown) => {
    if (!(failure instanceof LauncherError && failure.code === 'PROCESS_NOT_READY')) throw failure
    return startFleet(options)
  })

/** Snapshots every world second, so that each batch with a decision has one to write. */
const environments = (dir: string, arming: Arming): Record<string, Record<string, string>> => {
  const file = join(dir, 'scenario.json')
  mkdirSync(dir, { recursive: true })
  writeFileSync(file, scenario())
  const armed = Object.fromEntries(armedProcesses.map((name) => [name, { ...arming.environment(roleOf(name)), HETEROSCALE_SNAPSHOT_INTERVAL_MS: '1000' }]))
  return { ...armed, emulator: { HETEROSCALE_EMULATOR_SCENARIO: file } }
}

const handles = (servers: Servers, fleet: Fleet) => ({
  process: (name: string): ServerHandle => {
    const found = name === 'kafka' ? servers.kafka : name === 'temporal' ? servers.temporal : fleet.processes[name]
    if (found === undefined) throw new Error(`no process is called ${name}`)
    return found
  },
})

const author = { 'x-heteroscale-author': 'crash-test' }

const operations = (fleet: Fleet, world: FleetWorld) => {
  const api = createApiClient(fleet.apiUrl)
  const ask = async (path: string, init: RequestInit = {}): Promise<string> => {
    const response = await fetch(fleet.emulatorUrl + path, { ...init, signal: AbortSignal.timeout(10_000) })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return response.text()
  }
  const post = (path: string, body: object) => ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const control = async (body: object): Promise<void> => {
    await api.postJson('/controls?waitSeconds=0', body, author)
  }
  const changeText = () => ask('/changes')
  return {
    changeText,
    changes: async () => (await changeText()).split('\n').filter(Boolean).map((line) => JSON.parse(line) as Change),
    wallTime: (worldTime: number) => world.wallEpochMs + (worldTime - world.worldEpochMs) / world.speed,
    worldTime: (wallTime: number) => Math.round(world.worldEpochMs + (wallTime - world.wallEpochMs) * world.speed),
    control,
    order: (service: ServiceName, counts: RoleCounts) =>
      control({ scope: `service/${service}`, control: 'manual-scale', value: 'on', ...counts, forSeconds: 604_800, reason: 'the next case' }),
    plantFault: async (fault: object): Promise<void> => void (await post('/faults', fault)),
    groups: async (service: ServiceName) => {
      const answer = JSON.parse(await ask(`/sub-clusters/${localSubCluster}/groups`)) as { readonly groups: readonly GroupStatus[] }
      return answer.groups.filter((group) => group.service === service)
    },
  }
}

const applyServices = async (fleet: Fleet): Promise<void> => {
  const api = createApiClient(fleet.apiUrl)
  for (const service of services) await until(`${service} is accepted`, async () => isAccepted(await api.post('/services?waitSeconds=10', Buffer.from(manifestOf(service)), author)))
}

const isAccepted = (answer: unknown): boolean => ['accepted', 'unchanged'].includes((answer as { outcome: string }).outcome)
