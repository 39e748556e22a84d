/**
 * Broker settings of the one-node development cluster, held once. The launcher writes `server.properties` from them and
 * `docker-compose.yml` must carry the same ones as `KAFKA_*` variables; a test compares the two.
 */

/** Settings that do not depend on where the broker runs. */
export const brokerSettings: Readonly<Record<string, string>> = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.listener.names': 'CONTROLLER',
  // A killed broker is refused until its old session ends; the defaults (9 s, 2 s) stalled sends for 15.5 s.
  'broker.session.timeout.ms': '2000',
  'broker.heartbeat.interval.ms': '500',
  // A misspelt topic must fail instead of appearing with default settings.
  'auto.create.topics.enable': 'false',
  // The default of 3 s delays the first assignment of every new consumer group.
  'group.initial.rebalance.delay.ms': '0',
  // Lets crash tests ask for shorter sessions than the default minimum of 6 s.
  'group.min.session.timeout.ms': '1000',
  // One broker: nothing can be replicated.
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '4',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'default.replication.factor': '1',
  'min.insync.replicas': '1',
}

/** Where the broker of one run listens and keeps its data. */
export interface BrokerPlace {
  readonly port: number
  readonly controllerPort: number
  readonly dataDir: string
}

/** The broker's complete settings for one place on this machine. */
export function settingsAt(place: BrokerPlace): Record<string, string> {
  const client = `PLAINTEXT://127.0.0.1:${place.port}`
  return {
    ...brokerSettings,
    'controller.quorum.voters': `1@127.0.0.1:${place.controllerPort}`,
    listeners: `${client},CONTROLLER://127.0.0.1:${place.controllerPort}`,
    'advertised.listeners': client,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': place.dataDir,
  }
}

/** Settings as the text of a Java properties file. */
export function asProperties(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

/** The environment variable through which the apache/kafka image takes a setting. */
export function asVariable(setting: string): string {
  return `KAFKA_${setting.toUpperCase().replaceAll('.', '_')}`
}
