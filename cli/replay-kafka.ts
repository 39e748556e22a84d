/** Finds the log that a replay reads, and says in time when there is none. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createKafkaEventLog, type KafkaEventLogOptions } from '../adapters/kafka/event-log.ts'
import { createLogger } from '../adapters/logging/logger.ts'
import { isPortError } from '../core/port-error.ts'
import type { EventLog } from '../core/ports.ts'
import { ConfigError, loadConfig, type CommonConfig } from '../services/config.ts'
import { kafkaOptions } from '../services/kafka-options.ts'
import { CliError, exitCodes } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'
import { readUpState } from './up-state.ts'

/** A broker that was killed is back within 8 s. */
const patienceMs = 10_000
const pauseMs = 2_000

/** The log, once it has answered. Throws CliError `unavailable` when it does not in time; says meanwhile what it waits for. */
export const openLog = async (terminal: Terminal, waitMs = patienceMs, verb: 'replay' | 'verify' = 'replay'): Promise<{ readonly eventLog: EventLog; readonly group: string }> => {
  const config = configFor(terminal)
  const options = kafkaOptions(verb, config, createLogger(verb, 'silent'))
  await answers(terminal, options, { waitMs, verb })
  return { eventLog: createKafkaEventLog(options), group: `${config.HETEROSCALE_TOPIC_PREFIX}-decider` }
}

type Asking = { readonly waitMs: number; readonly verb: keyof typeof done }
const done = { replay: 'replayed', verify: 'verified' } as const

/** One quick question at a time: a client for long work tries for 20 s before it says anything. */
const answers = async (terminal: Terminal, options: KafkaEventLogOptions, { waitMs, verb }: Asking): Promise<void> => {
  const deadline = Date.now() + waitMs
  const where = options.brokers.join(',')
  for (;;) {
    const why = await whyNoAnswer(options)
    if (why === null) return
    if (Date.now() + pauseMs > deadline) throw new CliError(exitCodes.unavailable, unreachable(where, { why, waitMs, verb }))
    terminal.warn(`${verb}: Kafka at ${where} does not answer yet; trying again for ${Math.ceil((deadline - Date.now()) / 1000)} s`)
    await sleep(pauseMs)
  }
}

const whyNoAnswer = async (options: KafkaEventLogOptions): Promise<string | null> => {
  const eventLog = createKafkaEventLog({ ...options, connectionRetries: 0 })
  try {
    await eventLog.bounds('signals')
    return null
  } catch (error) {
    if (isPortError(error, 'unavailable') || isPortError(error, 'timeout')) return error.cause instanceof Error ? error.cause.message : error.message
    throw error
  } finally {
    await eventLog.close()
  }
}

const unreachable = (where: string, { why, waitMs, verb }: Asking & { readonly why: string }): string =>
  `KAFKA_UNAVAILABLE ${verb}: got no answer from ${where} within ${waitMs / 1000} s (${why}); allowed: a broker that answers; ` +
  `nothing was ${done[verb]}: check KAFKA_BROKERS, or start the fleet with \`heteroscale up\``

const configFor = ({ env }: Terminal): CommonConfig => {
  const up = env['KAFKA_BROKERS'] === undefined ? readUpState() : null
  try {
    return loadConfig({}, up === null ? env : { ...env, KAFKA_BROKERS: up.kafkaBrokers.join(',') })
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(exitCodes.badConfiguration, error.message)
    throw error
  }
}
