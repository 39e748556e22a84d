/** Starts real Kafka and real Temporal for the demo, for `up` and for tests, or points at servers that exist already. */
import { join } from 'node:path'
import { existingServer } from './existing-server.ts'
import { installServers } from './install.ts'
import type { InstalledServers } from './install.ts'
import { launchKafka } from './kafka.ts'
import { LauncherError } from './launcher-error.ts'
import { pickPorts, unusual } from './ports.ts'
import type { ServerHandle } from './process.ts'
import { claimRunDir, newRunDir, releaseRunDir } from './run-dir.ts'
import { launchTemporal } from './temporal.ts'
import { usualPorts } from './versions.ts'

/** What to start. */
export interface StackOptions {
  /** Folder of data and logs; default a new one below `.heteroscale/run/`. */
  readonly dir?: string
  /** Default true. */
  readonly kafka?: boolean
  /** Default true. */
  readonly temporal?: boolean
  /** Temporal's web page for people; default false. */
  readonly temporalUi?: boolean
  readonly onProgress?: (line: string) => void
  /** Settings of the broker that differ from those of infra/kafka/settings.ts. */
  readonly brokerSettings?: Readonly<Record<string, string>>
  /** True (default) begins without data; false continues what `dir` holds. */
  readonly fresh?: boolean
  /** Ports that no other launcher looks for; default false. */
  readonly onUnusualPorts?: boolean
}

/** Running servers. A server that was not asked for has an empty address and a handle that cannot be used. */
export interface Stack {
  readonly kafkaBrokers: string[]
  readonly temporalAddress: string
  readonly temporalUiUrl?: string
  readonly dir: string
  readonly kafka: ServerHandle
  readonly temporal: ServerHandle
  /** `installMs`: checking and installing; `healthyMs`: from then until both answered. */
  readonly timings: { readonly installMs: number; readonly healthyMs: number }
  /** Stops what was started here; resolves when no process is left. */
  stop(): Promise<void>
}

/**
 * Installs if needed, starts, and resolves when both servers answer. With KAFKA_BROKERS or TEMPORAL_ADDRESS in the
 * environment nothing is started for that server. Throws LauncherError, after stopping what it had started. The servers
 * also end when this process ends, in whatever way.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const wanted = { kafka: true, temporal: true, temporalUi: false, fresh: true, onProgress: () => {}, brokerSettings: {}, onUnusualPorts: false, ...options }
  const existing = existingAddresses(process.env)
  const installed = await installServers({
    kafka: wanted.kafka && existing.kafka === undefined,
    temporal: wanted.temporal && existing.temporal === undefined,
    onProgress: wanted.onProgress,
  })
  const dir = wanted.dir ?? newRunDir()
  claimRunDir(dir, wanted.fresh)
  const startedAt = Date.now()
  const { temporalUi: withUi, brokerSettings, onUnusualPorts } = wanted
  const servers = await startBoth({ installed, existing, dir, withUi, brokerSettings, onUnusualPorts }).catch((failure: unknown) => {
    releaseRunDir(dir)
    throw failure
  })
  const timings = { installMs: installed.installMs, healthyMs: Date.now() - startedAt }
  wanted.onProgress(`healthy in ${(timings.healthyMs / 1000).toFixed(1)} s; logs are in ${dir}`)
  return { ...asStack(servers), dir, timings, stop: () => stopAll(servers, dir) }
}

interface Server {
  readonly handle: ServerHandle
  /** Empty for a server that was not asked for. */
  readonly address: string
  readonly uiUrl?: string
}

type Servers = { readonly kafka: Server; readonly temporal: Server }
type Existing = { readonly kafka: string | undefined; readonly temporal: string | undefined }

function asStack({ kafka, temporal }: Servers) {
  return {
    kafkaBrokers: kafka.address.split(',').filter((broker) => broker !== ''),
    temporalAddress: temporal.address,
    ...(temporal.uiUrl === undefined ? {} : { temporalUiUrl: temporal.uiUrl }),
    kafka: kafka.handle,
    temporal: temporal.handle,
  }
}

async function stopAll({ kafka, temporal }: Servers, dir: string): Promise<void> {
  await Promise.all([kafka.handle.stop(), temporal.handle.stop()])
  releaseRunDir(dir)
}

/** Addresses of servers that the environment names; an empty variable counts as absent. */
export function existingAddresses(env: NodeJS.ProcessEnv): Existing {
  return { kafka: env.KAFKA_BROKERS || undefined, temporal: env.TEMPORAL_ADDRESS || undefined }
}

interface Launch {
  readonly installed: InstalledServers
  readonly existing: Existing
  readonly dir: string
  readonly withUi: boolean
  readonly brokerSettings: Readonly<Record<string, string>>
  readonly onUnusualPorts: boolean
}

/** Both at once; when one fails the other is stopped before the failure is told. */
async function startBoth(launch: Launch): Promise<Servers> {
  const starting = [startKafka(launch), startTemporal(launch)] as const
  try {
    const [kafka, temporal] = await Promise.all(starting)
    return { kafka, temporal }
  } catch (failure) {
    const settled = await Promise.allSettled(starting)
    await Promise.all(settled.map(async (start) => start.status === 'fulfilled' && start.value.handle.stop()))
    throw failure
  }
}

async function startKafka({ installed, existing, dir, brokerSettings: settings, onUnusualPorts }: Launch): Promise<Server> {
  const programs = installed.kafka
  if (programs === undefined) return { handle: existingServer('kafka', existing.kafka), address: existing.kafka ?? '' }
  const usual = { port: usualPorts.kafka, controllerPort: usualPorts.kafkaController }
  return onFreePorts(onUnusualPorts ? unusual(usual) : usual, async (ports) => {
    const handle = await launchKafka({ ...programs, ...ports, settings, dir: join(dir, 'kafka') })
    return { handle, address: `127.0.0.1:${ports.port}` }
  })
}

async function startTemporal({ installed, existing, dir, withUi, onUnusualPorts }: Launch): Promise<Server> {
  const programs = installed.temporal
  if (programs === undefined) return { handle: existingServer('temporal', existing.temporal), address: existing.temporal ?? '' }
  const usual = { port: usualPorts.temporal, uiPort: usualPorts.temporalUi }
  return onFreePorts(onUnusualPorts ? unusual(usual) : usual, (ports) => {
    const uiPort = withUi ? ports.uiPort : undefined
    const handle = launchTemporal({ ...programs, dir: join(dir, 'temporal'), port: ports.port, uiPort })
    const address = `127.0.0.1:${ports.port}`
    return Promise.resolve(withUi ? { handle, address, uiUrl: `http://127.0.0.1:${ports.uiPort}` } : { handle, address })
  })
}

/** Tries again on other ports when the server ends at once: somebody may have taken a port since it was picked. */
async function onFreePorts<Name extends string>(
  preferred: Record<Name, number>,
  start: (ports: Record<Name, number>) => Promise<Server>,
): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    const started = await start(await pickPorts(preferred))
    try {
      await started.handle.whenReady()
      return started
    } catch (failure) {
      await started.handle.stop()
      const endedAtOnce = failure instanceof LauncherError && failure.code === 'PROCESS_EXITED'
      if (!endedAtOnce || attempt === 3) throw failure
    }
  }
}
