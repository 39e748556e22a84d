/** Finds the log that a replay reads, and says in time when there is none. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createKafkaEventLog, type KafkaEventLogOptions } from '../adapters/kafka/event-log.ts'
import { isPortError } from '../core/port-error.ts'
import type { EventLog } from '../core/ports.ts'
import { CliError, exitCodes } from './exit-codes.ts'
import { fleetConfig, quietKafka, type FleetConfig } from './fleet-config.ts'
import type { Terminal } from './terminal.ts'

/** A broker that was killed is back within 8 s. */
const patienceMs = 10_000
const pauseMs = 2_000

export type OpenedLog = Pick<FleetConfig, 'up'> & { readonly eventLog: EventLog; readonly group: string }

/** The log, once it has answered. Throws CliError `unavailable` when it does not in time; says meanwhile what it waits for. */
export const openLog = async (terminal: Terminal, waitMs = patienceMs, verb: 'replay' | 'verify' = 'replay'): Promise<OpenedLog> => {
  const { config, up } = fleetConfig(terminal)
  const options = quietKafka(verb, config)
  await answers(terminal, options, { waitMs, verb })
  return { eventLog: createKafkaEventLog(options), group: `${config.HETEROSCALE_TOPIC_PREFIX}-decider`, up }
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
