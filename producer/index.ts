/**
 * `heteroscale/producer`: writes measurements of a service to `metrics`, for gateways, routers and engines that know their load
 * themselves. Types stand for the contract of docs/producing-metrics.md; what they cannot say is checked before it is sent.
 */
import { createAppender } from '../adapters/kafka/appender.ts'
import type { KafkaOptions } from '../adapters/kafka/client.ts'
import { createConnection } from '../adapters/kafka/connection.ts'
import type { CacheObserved, HardwareObserved, LatencyObserved, TpsObserved } from '../core/events/observed.ts'
import { portError } from '../core/port-error.ts'
import { isWellFormedSource } from '../core/signals/gate.ts'
import { createMetricsQueue } from './queue.ts'
import type { Delivery } from './queue.ts'

export type { Delivery } from './queue.ts'

/** What a producer leaves out: the type follows from the fields, the source from the producer. */
type Measured<Event> = Omit<Event, 'type' | 'source'>

export type TpsObservation = Measured<TpsObserved>
export type LatencyObservation = Measured<LatencyObserved>
export type CacheObservation = Measured<CacheObserved>
export type HardwareObservation = Measured<HardwareObserved>
export type Observation = TpsObservation | LatencyObservation | CacheObservation | HardwareObservation

export type MetricsProducerOptions = Pick<KafkaOptions, 'brokers' | 'topicPrefix' | 'ssl' | 'sasl' | 'log'> & {
  /** `<producer>/<subCluster>`, or `<producer>/*` when it speaks for the whole service. */
  readonly source: string
  /** Name of the client at the broker; default `heteroscale-producer`. */
  readonly clientId?: string
  /** Measurements that may wait while the broker does not answer; beyond that the oldest is dropped. Default 1,000. */
  readonly mostQueued?: number
  /** Epoch milliseconds; default the wall clock. An emulated fleet has a clock of its own. */
  readonly now?: () => number
}

export type MetricsProducer = {
  /**
   * Sends a measurement. Resolves with what became of it, once that is certain; never waits for the gate, which judges later.
   * Rejects with a PortError when the log refused it for good, or after `close`.
   */
  observe(observation: Observation): Promise<Delivery>
  /** Resolves when nothing waits any more. While no broker answers it waits with it. */
  flush(): Promise<void>
  /** Flushes and disconnects. */
  close(): Promise<void>
}

const defaultMostQueued = 1_000

/** Connects. Throws PortError: `invalid` for a malformed source, `unavailable` when no broker answers. */
export const createMetricsProducer = async (options: MetricsProducerOptions): Promise<MetricsProducer> => {
  const { source, mostQueued = defaultMostQueued, now = Date.now, clientId = 'heteroscale-producer', ...kafka } = options
  if (!isWellFormedSource(source)) {
    throw portError('invalid', `SOURCE ${JSON.stringify(source.slice(0, 60))}: allowed is <producer>/<subCluster> or <producer>/*, lower-case letters, digits and dashes; nothing was connected`)
  }
  const connection = createConnection({ ...kafka, clientId })
  const appender = await createAppender(connection)
  const queue = createMetricsQueue({ appender, mostQueued, now })
  return {
    observe: (observation) => queue.add(eventOf(observation, source)),
    flush: () => queue.drained(),
    close: async () => {
      queue.end()
      await queue.drained()
      await appender.close()
      await connection.close()
    },
  }
}

/** Each kind of measurement has a field that no other has. */
const eventOf = (observation: Observation, source: string): TpsObserved | LatencyObserved | CacheObserved | HardwareObserved => {
  if ('tps' in observation) return { ...observation, type: 'TpsObserved', source }
  if ('ttftMsP95' in observation) return { ...observation, type: 'LatencyObserved', source }
  if ('kvCacheUsage' in observation) return { ...observation, type: 'CacheObserved', source }
  return { ...observation, type: 'HardwareObserved', source }
}
