/** The Kafka that the launcher started, or the one that the environment names, with its TLS and SASL settings. */
import { createLogger } from '../adapters/logging/logger.ts'
import type { KafkaEventLogOptions } from '../adapters/kafka/event-log.ts'
import { loadConfig } from '../services/config.ts'
import { kafkaOptions } from '../services/kafka-options.ts'

/** Throws ConfigError when a KAFKA_ or HETEROSCALE_ variable is faulty. */
export const localKafka = (clientId: string, brokers: readonly string[]): KafkaEventLogOptions => ({
  ...kafkaOptions(clientId, loadConfig({}, process.env), createLogger(clientId, 'silent')),
  brokers: [...brokers],
})
