/** From configuration keys to the options of the Kafka adapter. */
import type { KafkaEventLogOptions } from '../adapters/kafka/event-log.ts'
import type { Logger } from '../core/ports.ts'
import type { CommonConfig } from './config.ts'

/** Options for `createKafkaEventLog`; SASL only when a mechanism is configured. */
export const kafkaOptions = (clientId: string, config: CommonConfig, log: Logger): KafkaEventLogOptions => ({
  brokers: config.KAFKA_BROKERS,
  clientId: `heteroscale-${clientId}`,
  topicPrefix: config.HETEROSCALE_TOPIC_PREFIX,
  ssl: config.KAFKA_SSL,
  ...(config.KAFKA_SASL_MECHANISM === undefined ? {} : { sasl: saslOf(config) }),
  log,
})

/** kafkajs types one variant per mechanism; all three take a name and a password. */
const saslOf = (config: CommonConfig): NonNullable<KafkaEventLogOptions['sasl']> =>
  ({
    mechanism: config.KAFKA_SASL_MECHANISM,
    username: config.KAFKA_SASL_USERNAME ?? '',
    password: config.KAFKA_SASL_PASSWORD ?? '',
  }) as NonNullable<KafkaEventLogOptions['sasl']>
