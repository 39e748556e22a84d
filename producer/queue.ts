/**
 * The measurements of a producer that wait for the broker: one send in flight, what came meanwhile goes out together in the
 * next. The queue is bounded and drops its oldest: the younger a measurement is, the more it says, and one that is ten
 * minutes old the gate refuses anyway. Nobody has to wait, and a gateway never holds up traffic for its metrics.
 */
import { portError } from '../core/port-error.ts'
import type { Appender, OutRecord } from '../core/ports.ts'
import { implausible } from '../core/signals/gate.ts'
import type { Observation, Refusal } from '../core/signals/gate.ts'

/** `acknowledged`: it stands in `metrics`. `refused`: the gate would refuse it, so it was not sent. `dropped`: a younger one took its place. */
export type Delivery =
  | { readonly outcome: 'acknowledged'; readonly partition: number; readonly offset: number }
  | ({ readonly outcome: 'refused' } & Refusal)
  | { readonly outcome: 'dropped' }

export type MetricsQueue = {
  add(event: Observation): Promise<Delivery>
  /** Refuses what comes from now on. */
  end(): void
  drained(): Promise<void>
}

export type MetricsQueueOptions = {
  readonly appender: Pick<Appender, 'append'>
  readonly mostQueued: number
  readonly now: () => number
}

type Waiting = { readonly record: OutRecord; resolve(delivery: Delivery): void; reject(error: unknown): void }

/** Records of one send; some 60 KB. */
const mostPerSend = 500

export const createMetricsQueue = ({ appender, mostQueued, now }: MetricsQueueOptions): MetricsQueue => {
  let waiting: Waiting[] = []
  let running: Promise<void> | null = null
  let ended = false

  const sendSome = async (): Promise<void> => {
    const batch = waiting.slice(0, mostPerSend)
    waiting = waiting.slice(mostPerSend)
    try {
      const positions = await appender.append(batch.map(({ record }) => record))
      batch.forEach(({ resolve }, index) => resolve({ outcome: 'acknowledged', partition: positions[index]?.partition ?? -1, offset: positions[index]?.offset ?? -1 }))
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
  const run = async (): Promise<void> => {
    while (waiting.length > 0) await sendSome()
    running = null
  }
  const queue = (event: Observation): Promise<Delivery> =>
    new Promise((resolve, reject) => {
      if (waiting.length >= mostQueued) waiting.shift()?.resolve({ outcome: 'dropped' })
      waiting.push({ record: { topic: 'metrics', key: event.service, event }, resolve, reject })
      running ??= run()
    })
  return {
    add: async (event) => {
      if (ended) throw portError('unavailable', 'PRODUCER_CLOSED observe after close; nothing was sent')
      const refusal = implausible(event, now())
      return refusal === null ? queue(event) : { outcome: 'refused', ...refusal }
    },
    end: () => {
      ended = true
    },
    drained: async () => {
      while (running) await running
    },
  }
}
