/**
 * Our own processes on this machine, each one supervised, with its own port and log file: the emulator, the API, the
 * collector, two deciders, the orchestrator and the registrar. What runs is the compiled code in dist/.
 */
import { join } from 'node:path'
import { LauncherError } from './launcher-error.ts'
import { nodeArgumentsOf } from './node-arguments.ts'
import { pickPorts, unusual } from './ports.ts'
import { superviseProcess, type ServerHandle } from './process.ts'
import { projectRoot } from './project-root.ts'

/** World time of the fleet: world milliseconds per wall millisecond, from an agreed pair of instants. */
export type FleetWorld = { readonly speed: number; readonly worldEpochMs: number; readonly wallEpochMs: number }

export type FleetOptions = {
  /** Folder of the log files. */
  readonly dir: string
  readonly kafkaBrokers: readonly string[]
  readonly temporalAddress: string
  readonly topicPrefix?: string
  /** Absent: real time. */
  readonly world?: FleetWorld
  /** Environment on top of everything else, for all processes or for one. */
  readonly env?: Readonly<Record<string, string>>
  readonly envOf?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Ports that no other launcher looks for; default false. */
  readonly onUnusualPorts?: boolean
}

/** The name of a process is its service, and a number where there are several. */
export type Fleet = {
  readonly apiUrl: string
  readonly emulatorUrl: string
  /** Base URL of each process's /livez, /readyz and /metrics. */
  readonly urls: Readonly<Record<string, string>>
  readonly processes: Readonly<Record<string, ServerHandle>>
  /** SIGTERM to all; resolves when none is left. The emulator goes last: what is under way still needs it. */
  stop(): Promise<void>
}

/** First port of the fleet; the others follow, each moved when it is taken. */
const firstPort = 9464

const names = ['emulator', 'api', 'collector', 'decider-1', 'decider-2', 'orchestrator', 'registrar'] as const
type ProcessName = (typeof names)[number]

const preferredPorts = Object.fromEntries(names.map((name, index) => [name, firstPort + index])) as Record<ProcessName, number>

/** The cell and the sub-cluster of the emulated world. */
export const localCell = 'cell-a'
export const localSubCluster = 'sub-a'

/**
 * Starts all processes at once and resolves when every one is ready. Stops them all when one cannot start. When another
 * program took a port since it was picked, the start is tried once more on other ports.
 */
export const startFleet = (options: FleetOptions): Promise<Fleet> =>
  startOnce(options).catch((failure: unknown) => {
    if (!isPortTaken(failure)) throw failure
    return startOnce(options)
  })

const isPortTaken = (failure: unknown): boolean =>
  failure instanceof LauncherError && failure.code === 'PROCESS_EXITED' && failure.message.includes('EADDRINUSE')

const startOnce = async (options: FleetOptions): Promise<Fleet> => {
  const ports = await pickPorts(options.onUnusualPorts === true ? unusual(preferredPorts) : preferredPorts)
  const urls = Object.fromEntries(names.map((name) => [name, `http://127.0.0.1:${ports[name]}`])) as Record<ProcessName, string>
  const processes = Object.fromEntries(
    names.map((name) => [name, launch(name, { options, ports, url: urls[name] })]),
  ) as Record<ProcessName, ServerHandle>
  const fleet = { apiUrl: urls.api, emulatorUrl: urls.emulator, urls, processes, stop: () => stopFleet(processes) }
  try {
    await Promise.all(Object.values(processes).map((process) => process.whenReady()))
    return fleet
  } catch (failure) {
    await fleet.stop()
    throw failure
  }
}

type Launch = { readonly options: FleetOptions; readonly ports: Record<ProcessName, number>; readonly url: string }

const launch = (name: ProcessName, { options, ports, url }: Launch): ServerHandle => {
  const service = name.replace(/-\d+$/, '')
  const handle: ServerHandle = superviseProcess({
    name,
    command: process.execPath,
    args: [...nodeArgumentsOf(service), join(projectRoot, 'dist/services', service, 'main.js')],
    cwd: projectRoot,
    env: environmentOf(name, options, ports),
    logFile: join(options.dir, `${name}.log`),
    ports: [ports[name]],
    probe: () => probe(`${url}/readyz`, handle.pid),
    readyTimeoutMs: 60_000,
  })
  return handle
}

const environmentOf = (
  name: ProcessName,
  options: FleetOptions,
  ports: Record<ProcessName, number>,
): Record<string, string> => ({
  KAFKA_BROKERS: options.kafkaBrokers.join(','),
  TEMPORAL_ADDRESS: options.temporalAddress,
  HETEROSCALE_TOPIC_PREFIX: options.topicPrefix ?? 'heteroscale',
  HETEROSCALE_HTTP_PORT: String(ports[name]),
  ...cellEnvironment(`http://127.0.0.1:${ports.emulator}`),
  HETEROSCALE_OWNER_ID: name,
  ...worldEnvironment(options.world),
  ...options.env,
  ...options.envOf?.[name],
})

/** Where the cell and its sub-cluster are; the compose file says the same with another host. */
export const cellEnvironment = (emulatorUrl: string): Record<string, string> => ({
  HETEROSCALE_CELL: localCell,
  HETEROSCALE_CELLS: localCell,
  HETEROSCALE_SUB_CLUSTER: `${localSubCluster}=${emulatorUrl}`,
  HETEROSCALE_SUB_CLUSTERS: `${localSubCluster}=${emulatorUrl}`,
  HETEROSCALE_DCGM_URL: `${emulatorUrl}/nodes/{node}/metrics`,
})

const worldEnvironment = (world: FleetWorld | undefined): Record<string, string> =>
  world === undefined
    ? {}
    : {
        HETEROSCALE_SPEED: String(world.speed),
        HETEROSCALE_WORLD_EPOCH_MS: String(world.worldEpochMs),
        HETEROSCALE_WALL_EPOCH_MS: String(world.wallEpochMs),
      }

/** On a port that two fleets picked, the other's process may answer while ours is still about to fail. */
const probe = async (url: string, pid: number | undefined): Promise<void> => {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`)
  const answer = (await response.json()) as { readonly pid?: number }
  if (answer.pid !== pid) throw new Error(`${url} was answered by process ${answer.pid ?? 'unknown'}, not by ${pid ?? 'one of ours'}`)
}

const stopFleet = async ({ emulator, ...others }: Record<ProcessName, ServerHandle>): Promise<void> => {
  await Promise.all(Object.values(others).map((process) => process.stop()))
  await emulator.stop()
}
