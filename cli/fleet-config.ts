/**
 * Where a verb finds Kafka and Temporal when it talks to them without the API, held once: a flag, else the environment or the
 * file of HETEROSCALE_CONFIG, else the fleet of `heteroscale up`, with its topic prefix and its world time.
 */
import type { KafkaEventLogOptions } from '../adapters/kafka/event-log.ts'
import { createLogger } from '../adapters/logging/logger.ts'
import type { FleetWorld } from '../infra/local/fleet.ts'
import { ConfigError, isGiven, loadConfig, type CommonConfig, type Environment } from '../services/config.ts'
import { kafkaOptions } from '../services/kafka-options.ts'
import { CliError, exitCodes } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'
import { readUpState, type UpState } from './up-state.ts'

export type FleetConfig = {
  readonly config: CommonConfig
  /** The fleet of `up`, when its Kafka is the one that was found. */
  readonly up: UpState | null
  /** False when nobody named a Kafka and no fleet is up: `config` then holds the default address. */
  readonly isKafkaKnown: boolean
}

/** Throws `CliError` 3 when a setting is faulty. `given`: brokers of a flag; `present` stands in for what `up` recorded. */
export const fleetConfig = ({ env }: Pick<Terminal, 'env'>, given?: readonly string[], present: UpState | null = readUpState()): FleetConfig => {
  try {
    return found(env, namedBrokers(env, given), present)
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(exitCodes.badConfiguration, error.message)
    throw error
  }
}

const found = (env: Environment, named: readonly string[] | null, present: UpState | null): FleetConfig => {
  const up = named === null || isSame(named, present?.kafkaBrokers ?? []) ? present : null
  const fleet = up === null ? {} : ofFleet(up, env)
  const temporal = present === null || isGiven('TEMPORAL_ADDRESS', env) ? {} : { TEMPORAL_ADDRESS: present.temporalAddress }
  const kafka = named === null ? {} : { KAFKA_BROKERS: named.join(',') }
  return { config: loadConfig({}, { ...env, ...fleet, ...temporal, ...kafka }), up, isKafkaKnown: named !== null || up !== null }
}

/** Options of a client that says nothing by itself: the verb speaks. */
export const quietKafka = (clientId: string, config: CommonConfig): KafkaEventLogOptions => kafkaOptions(clientId, config, createLogger(clientId, 'silent'))

const namedBrokers = (env: Environment, given: readonly string[] | undefined): readonly string[] | null => {
  if (given !== undefined && given.length > 0) return given
  return isGiven('KAFKA_BROKERS', env) ? loadConfig({}, env).KAFKA_BROKERS : null
}

const isSame = (some: readonly string[], others: readonly string[]): boolean => some.length === others.length && some.every((one) => others.includes(one))

/** Settings that every process of the fleet has; what the operator's environment or file says goes before. */
const ofFleet = ({ kafkaBrokers, topicPrefix, world }: UpState, env: Environment): Record<string, string> => {
  const settings = { KAFKA_BROKERS: kafkaBrokers.join(','), ...(topicPrefix === undefined ? {} : { HETEROSCALE_TOPIC_PREFIX: topicPrefix }), ...(world === undefined ? {} : ofWorld(world)) }
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !isGiven(key, env)))
}

const ofWorld = ({ speed, worldEpochMs, wallEpochMs }: FleetWorld): Record<string, string> => ({
  HETEROSCALE_SPEED: String(speed),
  HETEROSCALE_WORLD_EPOCH_MS: String(worldEpochMs),
  HETEROSCALE_WALL_EPOCH_MS: String(wallEpochMs),
})
