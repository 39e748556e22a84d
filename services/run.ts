/**
 * The frame of every process: configuration, logs, metrics, /livez, /readyz, graceful stop, and a non-zero exit when
 * its consumer is dead. A service's main.ts only says what to start inside it.
 */
import { fastify, type FastifyInstance } from 'fastify'
import { createWorldClock } from '../adapters/clock/world-clock.ts'
import { createKafkaEventLog } from '../adapters/kafka/event-log.ts'
import { ensureTopics } from '../adapters/kafka/topics.ts'
import { createLogger } from '../adapters/logging/logger.ts'
import { createMetrics, type Metrics } from '../adapters/prometheus/registry.ts'
import type { EventLog, Logger, WorldClock } from '../core/ports.ts'
import { ConfigError, loadConfig, type CommonConfig, type ConfigShape } from './config.ts'
import { kafkaOptions } from './kafka-options.ts'
import { createLogMeters, meterAppends, type LogMeters } from './log-meters.ts'
import type { z } from 'zod'

export type ServiceContext<C> = {
  readonly config: CommonConfig & C
  readonly log: Logger
  readonly metrics: Metrics
  readonly clock: WorldClock
  readonly http: FastifyInstance
  /** The Kafka log, connected at the first call and closed after the service stopped. */
  eventLog(): Promise<EventLog>
}

export type RunningService = {
  /** May traffic and work be sent here? */
  ready(): boolean
  /** Default: alive while the process answers. */
  live?(): boolean
  /** Rejects when the service can no longer do its work; the process then exits with code 1. */
  readonly died?: Promise<never>
  /** Finishes what is in flight. Bounded by `stopDeadlineMs`. */
  stop(): Promise<void>
}

export type ServiceDefinition<S extends ConfigShape> = {
  readonly name: string
  readonly config: S
  readonly start: (context: ServiceContext<z.output<z.ZodObject<S>>>) => Promise<RunningService>
}

/** Longer than an activity's grace (10 s), shorter than Kubernetes' terminationGracePeriod of 30 s. */
const stopDeadlineMs = 20_000

/** Runs a service until SIGTERM, SIGINT or its death. Sets the exit code; never throws. */
export const runService = async <S extends ConfigShape>(definition: ServiceDefinition<S>): Promise<void> => {
  const config = configOrExit(definition)
  const log = createLogger(definition.name, config.HETEROSCALE_LOG_LEVEL)
  const frame = createFrame(definition.name, config, log)
  try {
    const service = await startInside(definition, frame)
    const reason = await Promise.race([signalled(), deathOf(service)])
    await stopInside(frame, service, reason)
  } catch (error) {
    log.error({ err: error }, 'E_START the process could not start; it exits with code 1')
    process.exit(1)
  }
}

const configOrExit = <S extends ConfigShape>(definition: ServiceDefinition<S>): CommonConfig & z.output<z.ZodObject<S>> => {
  try {
    return loadConfig(definition.config, process.env)
  } catch (error) {
    process.stderr.write(`${error instanceof ConfigError ? error.message : String(error)}\n`)
    process.exit(3)
  }
}

type Frame<C> = { readonly context: ServiceContext<C>; service: RunningService | null; closeLog(): Promise<void> }

const createFrame = <C>(name: string, config: CommonConfig & C, log: Logger): Frame<C> => {
  const metrics = createMetrics(name)
  const http = fastify({ logger: false, bodyLimit: 1024 * 1024, requestTimeout: 15_000 })
  let eventLog: EventLog | null = null
  const frame: Frame<C> = {
    service: null,
    context: {
      config,
      log,
      metrics,
      clock: createWorldClock({
        worldEpochMs: config.HETEROSCALE_WORLD_EPOCH_MS,
        wallEpochMs: config.HETEROSCALE_WALL_EPOCH_MS,
        speed: config.HETEROSCALE_SPEED ?? 1,
      }),
      http,
      eventLog: async () => (eventLog ??= await openEventLog(name, config, { log, meters: createLogMeters(metrics) })),
    },
    closeLog: async () => eventLog?.close(),
  }
  addProbes(http, metrics, frame)
  return frame
}

type LogWatch = { readonly log: Logger; readonly meters: LogMeters }

const openEventLog = async (name: string, config: CommonConfig, { log, meters }: LogWatch): Promise<EventLog> => {
  const options = kafkaOptions(name, config, log)
  if (config.HETEROSCALE_CREATE_TOPICS) {
    const layout = { partitions: config.HETEROSCALE_TOPIC_PARTITIONS, replicationFactor: config.HETEROSCALE_TOPIC_REPLICATION }
    await ensureTopics({ ...options, ...layout })
  }
  return meterAppends(createKafkaEventLog({ ...options, onDeadLetters: (count) => meters.deadLetters.inc(count) }), meters)
}

const addProbes = (http: FastifyInstance, metrics: Metrics, frame: { readonly service: RunningService | null }): void => {
  http.get('/livez', async (_request, reply) => {
    const live = frame.service?.live?.() ?? true
    return reply.code(live ? 200 : 503).send({ live })
  })
  // The process id tells whoever started us that it is not another process that answers on this port.
  http.get('/readyz', async (_request, reply) => {
    const ready = frame.service?.ready() ?? false
    return reply.code(ready ? 200 : 503).send({ ready, pid: process.pid })
  })
  http.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await metrics.expose()
    return reply.header('content-type', contentType).send(text)
  })
}

const startInside = async <S extends ConfigShape>(
  definition: ServiceDefinition<S>,
  frame: Frame<z.output<z.ZodObject<S>>>,
): Promise<RunningService> => {
  const { config, http, log } = frame.context
  const service = await definition.start(frame.context)
  frame.service = service
  const address = await http.listen({ host: config.HETEROSCALE_HTTP_HOST, port: config.HETEROSCALE_HTTP_PORT })
  log.info({ address, speed: config.HETEROSCALE_SPEED ?? 1 }, 'started')
  return service
}

const signalled = (): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal))
  })

const deathOf = (service: RunningService): Promise<string> =>
  new Promise((resolve) => {
    service.died?.catch((error: unknown) => resolve(`died: ${error instanceof Error ? error.message : String(error)}`))
  })

const stopInside = async <C>(frame: Frame<C>, service: RunningService, reason: string): Promise<void> => {
  const { log, http } = frame.context
  const died = reason.startsWith('died')
  log[died ? 'error' : 'info']({ reason }, 'stopping')
  setTimeout(() => process.exit(1), stopDeadlineMs).unref()
  await service.stop()
  await http.close()
  await frame.closeLog()
  log.info({}, 'stopped')
  process.exit(died ? 1 : 0)
}
