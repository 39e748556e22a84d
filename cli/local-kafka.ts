/** The Kafka that the launcher started, or the one that the environment names, with its TLS and SASL settings. */
import type { KafkaEventLogOptions } from '../adapters/kafka/event-log.ts'
import { loadConfig } from '../services/config.ts'
import { quietKafka } from './fleet-config.ts'

/** Throws ConfigError when a KAFKA_ or HETEROSCALE_ variable is faulty. */
export const localKafka = (clientId: string, brokers: readonly string[]): KafkaEventLogOptions => ({
  ...quietKafka(clientId, loadConfig({}, process.env)),
  brokers: [...brokers],
})
