/**
 * What kafkajs does wrong when it writes, and what our wrapper does about it: K1 to K5 of docs/kafkajs-cures.md, each against
 * a broker that does what makes it show. Take the cure out and its test fails.
 */
import { createRequire } from 'node:module'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createAppender, recordsPerProducer } from '../../../adapters/kafka/appender.ts'
import { createKafka } from '../../../adapters/kafka/client.ts'
import { createCodec } from '../../../adapters/kafka/codec.ts'
import { kafkaErrors, startProduceBroker, fakeTopic } from '../../support/produce-broker.ts'
import type { ProduceBroker } from '../../support/produce-broker.ts'
import { until } from '../../support/until.ts'
import { tpsOf } from '../event-log.contract.ts'

const codec = createCodec()

const appenderOn = async (broker: ProduceBroker, recycleAfterRecords?: number) => {
  // Few retries of the client, as kafkajs hands them on to a producer that says nothing about its own.
  const kafka = createKafka({ brokers: [broker.address], clientId: 'cured', connectionRetries: 2 })
  const appender = await createAppender({
    kafka,
    codec,
    clientId: 'cured',
    topicPrefix: fakeTopic.prefix,
    partitionsOf: () => Promise.resolve(1),
    ...(recycleAfterRecords === undefined ? {} : { recycleAfterRecords }),
  })
  onTestFinished(() => appender.close())
  return { append: (...ends: number[]) => appender.append(ends.map((end) => ({ topic: 'signals' as const, key: 'chat', event: tpsOf('chat', end) }))) }
}

/** What stands in the log, by the window ends that the tests number their samples with. */
const stored = (broker: ProduceBroker): number[] =>
  broker.log.map((value) => {
    const event = codec.decode(value)
    return event.type === 'TpsObserved' ? event.windowEndMs : -1
  })

describe('K1: kafkajs loses a record of an idempotent producer when two sends overlap and the first is not acknowledged', () => {
  it('every record that was acknowledged stands in the log, once, at the offset that was acknowledged', async () => {
    const broker = await startProduceBroker()
    const { append } = await appenderOn(broker)
    broker.answer({ error: kafkaErrors.notEnoughReplicasAfterAppend, stored: true })
    const positions = await Promise.all([append(0), append(1), append(2)])
    expect(stored(broker)).toEqual([0, 1, 2])
    expect(positions.map(([position]) => position?.offset)).toEqual([0, 1, 2])
  })
})

describe('K2: kafkajs gives an idempotent producer five retries where its documentation says for ever', () => {
  it('an append waits until the broker can take it, however often it is refused before', async () => {
    const broker = await startProduceBroker()
    const { append } = await appenderOn(broker)
    const refusals = 6
    broker.answer(...Array.from({ length: refusals }, () => ({ error: kafkaErrors.notEnoughReplicas })))
    await append(1)
    expect(broker.batches).toHaveLength(refusals + 1)
    expect(stored(broker)).toEqual([1])
  })
})

describe('K3: kafkajs goes on with sequence 0 wherever a partition has passed 2^31 records', () => {
  it('no producer sends more than its share: the next one begins a sequence of its own', async () => {
    const broker = await startProduceBroker()
    const { append } = await appenderOn(broker, 10)
    for (let end = 0; end < 24; end += 4) await append(end, end + 1, end + 2, end + 3)
    expect(stored(broker)).toEqual(Array.from({ length: 24 }, (_, index) => index))
    expect(broker.batches.map(({ producerId, firstSequence }) => `${producerId}: ${firstSequence}`)).toEqual(['1: 0', '1: 4', '2: 0', '2: 4', '3: 0', '3: 4'])
  })

  it('the share is far below the number at which it would show', async () => {
    expect(recordsPerProducer).toBeLessThan(2 ** 31)
    expect(await sequenceOfKafkajsAfter(2 ** 31 - 3, 5)).toBe(0)
  })

  /** Kafka expects (2^31 − 3 + 5) mod 2^31 = 2. When this gives 2, kafkajs is mended and the cure may go. */
  const sequenceOfKafkajsAfter = async (...increments: number[]): Promise<number> => {
    const require = createRequire(import.meta.url)
    const createEosManager = require('kafkajs/src/producer/eosManager/index.js') as (options: object) => EosManager
    const broker = { initProducerId: () => Promise.resolve({ producerId: 1, producerEpoch: 0 }) }
    const cluster = { refreshMetadataIfNecessary: () => Promise.resolve(), findControllerBroker: () => Promise.resolve(broker) }
    const manager = createEosManager({ cluster, transactional: false, logger: { debug: () => {} } })
    await manager.initProducerId()
    for (const increment of increments) manager.updateSequence('t', 0, increment)
    return manager.getSequence('t', 0)
  }
  type EosManager = {
    initProducerId(): Promise<void>
    updateSequence(topic: string, partition: number, increment: number): void
    getSequence(topic: string, partition: number): number
  }
})

describe('K4: kafkajs wakes up every millisecond on every connection that has had an answer', () => {
  it('an idle connection sets no timer', async () => {
    const broker = await startProduceBroker()
    await (await appenderOn(broker)).append(1)
    const timers = vi.spyOn(globalThis, 'setTimeout')
    onTestFinished(() => timers.mockRestore())
    const measuredMs = 300
    await wait(measuredMs)
    expect(timers.mock.calls.length).toBe(0)
  })

  it('and what a broker throttles still waits as long as it was told, and is sent then', async () => {
    const broker = await startProduceBroker()
    const { append } = await appenderOn(broker)
    const throttleMs = 400
    broker.answer({ throttleMs })
    await append(1)
    await append(2)
    const [first, second] = broker.requests.filter(({ api }) => api === 'Produce')
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(throttleMs - 5)
    expect(stored(broker)).toEqual([1, 2])
  })
})

describe('K5: kafkajs keeps a producer that the broker has fenced, and each call of it fails from then on', () => {
  it('a send that failed costs the producer: the next append goes out through a new one', async () => {
    const broker = await startProduceBroker()
    const { append } = await appenderOn(broker)
    await append(1)
    broker.answer({ error: kafkaErrors.invalidProducerEpoch })
    await expect(append(2)).rejects.toMatchObject({ code: 'unavailable' })
    await until('a new producer wrote', () => append(3).then(() => true))
    expect(stored(broker)).toEqual([1, 3])
    expect(broker.batches.map(({ producerId }) => producerId)).toEqual([1, 1, 2])
  })
})
