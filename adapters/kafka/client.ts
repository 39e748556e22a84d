/** Builds the kafkajs client: time-outs, retries, TLS, SASL and logging in one place. */
import { Kafka, logLevel } from 'kafkajs'
import type { KafkaConfig, logCreator } from 'kafkajs'
import { portError } from '../../core/port-error.ts'
import type { PortError } from '../../core/ports.ts'
import { searchCoordinatorAgain } from './coordinator-search.ts'
import { connectAfresh } from './fresh-connections.ts'
import { stopIdleTimers } from './idle-timers.ts'
import { decodeRecordsLazily } from './lazy-records.ts'
import { askForLogEnds } from './log-end.ts'

/** Where the adapter says what nobody asked for. A pino logger fits. */
export type LogSink = {
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export type KafkaOptions = {
  readonly brokers: readonly string[]
  readonly clientId: string
  /** Topics are named `<prefix>.signals.v1`; several fleets can share a broker. Default `heteroscale`. */
  readonly topicPrefix?: string
  readonly ssl?: KafkaConfig['ssl']
  readonly sasl?: KafkaConfig['sasl']
  readonly log?: LogSink
  /** Tries of a connection after the first; by default 8, which last about 20 s. */
  readonly connectionRetries?: number
}

export const silent: LogSink = { warn: () => {}, error: () => {} }

/**
 * Every field stands here because kafkajs takes its own defaults only when no field is given, and other ones under
 * NODE_ENV=test. Eight tries with this back-off last about 20 seconds.
 */
const connectionRetry = { initialRetryTime: 100, maxRetryTime: 5_000, factor: 0.2, multiplier: 2, retries: 8 }

/** A client for one process; consumers, producers and admins made from it have connections of their own. */
export const createKafka = (options: KafkaOptions): Kafka => {
  stopIdleTimers()
  connectAfresh()
  searchCoordinatorAgain()
  decodeRecordsLazily()
  askForLogEnds()
  return new Kafka({
    clientId: options.clientId,
    brokers: [...options.brokers],
    connectionTimeout: 3_000,
    authenticationTimeout: 10_000,
    requestTimeout: 30_000,
    enforceRequestTimeout: true,
    retry: { ...connectionRetry, retries: options.connectionRetries ?? connectionRetry.retries },
    logLevel: options.log === undefined ? logLevel.NOTHING : logLevel.WARN,
    logCreator: logInto(options.log ?? silent),
    ...(options.ssl === undefined ? {} : { ssl: options.ssl }),
    ...(options.sasl === undefined ? {} : { sasl: options.sasl }),
  })
}

const logInto = (sink: LogSink): logCreator => () => ({ namespace, level, log }) => {
  const { message, timestamp: _, logger: __, ...fields } = log
  const line = `kafkajs ${namespace}: ${message}`
  // What a broker answered is an ERROR to kafkajs even when it asks again by itself; what stays unsolved is thrown.
  if (level === logLevel.ERROR && namespace !== 'Connection') sink.error(fields, line)
  else sink.warn(fields, line)
}

const timeouts: ReadonlySet<string> = new Set(['KafkaJSRequestTimeoutError', 'KafkaJSLockTimeout'])
const notFound: ReadonlySet<string> = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'KafkaJSTopicMetadataNotLoaded'])

/** Turns whatever kafkajs threw into an operating error; a PortError passes unchanged. */
export const asPortError = (error: unknown, where: string): PortError => {
  if (error instanceof Error && 'code' in error && isPortCode(error.code)) return error as PortError
  const cause = rootCause(error)
  const names = [cause.name, 'type' in cause ? String(cause.type) : '']
  const got = `${cause.name}: ${cause.message}`
  if (isCompression(cause)) return portError('corrupt', `KAFKA_COMPRESSION ${where}: ${got}; a batch must be uncompressed or gzip; nothing behind it is read until it is deleted or expired; producers must stop compressing so, or the topic needs compression.type=uncompressed`, error)
  if (names.some((name) => notFound.has(name))) return portError('not-found', `KAFKA_NOT_FOUND ${where}: ${got}; the topic must exist; create it with ensureTopics`, error)
  if (names.some((name) => timeouts.has(name))) return portError('timeout', `KAFKA_TIMEOUT ${where}: ${got}; it may or may not have happened; read before you go on`, error)
  return portError('unavailable', `KAFKA_UNAVAILABLE ${where}: ${got}; it may or may not have happened; read before you go on`, error)
}

/** kafkajs knows gzip alone; what it says of the others names no batch and no way out. */
const isCompression = ({ name, message }: Error): boolean => name === 'KafkaJSNotImplemented' && message.includes('compression')

const isPortCode = (code: unknown): boolean =>
  code === 'unavailable' || code === 'timeout' || code === 'corrupt' || code === 'not-found' || code === 'invalid'

const rootCause = (error: unknown): Error => {
  if (!(error instanceof Error)) return new Error(String(error))
  return error.cause instanceof Error ? rootCause(error.cause) : error
}
