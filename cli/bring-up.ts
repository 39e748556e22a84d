/** Servers, topics and the fleet, in the order in which they need each other. `up` and `demo` both begin here. */
import { ensureTopics } from '../adapters/kafka/topics.ts'
import { startFleet, type Fleet, type FleetWorld } from '../infra/local/fleet.ts'
import { startStack, type Stack } from '../infra/local/stack.ts'
import { localKafka } from './local-kafka.ts'

export type BringUpOptions = {
  /** World milliseconds per wall millisecond; absent for real time. */
  readonly speed?: number
  /** World time at the moment when the servers are healthy; only with `speed`. */
  readonly worldStart?: number
  /** Environment of single processes, by name. */
  readonly envOf?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Servers and fleet on ports that no other launcher looks for; default false. */
  readonly onUnusualPorts?: boolean
  readonly onProgress: (line: string) => void
}

export type Running = {
  readonly stack: Stack
  readonly fleet: Fleet
  readonly world: FleetWorld | undefined
  readonly topicPrefix: string | undefined
  /** Wall time when everything was installed. */
  readonly installedAt: number
  /** Wall time when the fleet was ready. */
  readonly healthyAt: number
  stop(): Promise<void>
}

/** Resolves when every process is ready; stops what it started when one cannot. */
export const bringUp = async (options: BringUpOptions): Promise<Running> => {
  const beganAt = Date.now()
  const { onUnusualPorts = false } = options
  const stack = await startStack({ temporalUi: true, onUnusualPorts, onProgress: options.onProgress })
  try {
    const kafka = localKafka('cli', stack.kafkaBrokers)
    await ensureTopics(kafka)
    options.onProgress('starting emulator, api, collector, two deciders, orchestrator and registrar')
    const world = worldOf(options)
    const fleet = await startFleet({
      dir: stack.dir,
      kafkaBrokers: stack.kafkaBrokers,
      temporalAddress: stack.temporalAddress,
      onUnusualPorts,
      ...(kafka.topicPrefix === undefined ? {} : { topicPrefix: kafka.topicPrefix }),
      ...(world === undefined ? {} : { world }),
      ...(options.envOf === undefined ? {} : { envOf: options.envOf }),
    })
    return { stack, fleet, world, topicPrefix: kafka.topicPrefix, installedAt: beganAt + stack.timings.installMs, healthyAt: Date.now(), stop: () => stopAll(fleet, stack) }
  } catch (failure) {
    await stack.stop()
    throw failure
  }
}

const worldOf = ({ speed, worldStart }: BringUpOptions): FleetWorld | undefined =>
  speed === undefined ? undefined : { speed, worldEpochMs: worldStart ?? Date.now(), wallEpochMs: Date.now() }

const stopAll = async (fleet: Fleet, stack: Stack): Promise<void> => {
  await fleet.stop()
  await stack.stop()
}
