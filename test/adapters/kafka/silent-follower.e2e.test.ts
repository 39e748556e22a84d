/**
 * Ways in which kafkajs stops reading when a broker comes or goes, most of them without an error, and what our wrapper does about
 * each: K18 to K21 of docs/kafkajs-cures.md. Each is met by a follower and a member, since both rest on the same consumer.
 */
import { randomUUID } from 'node:crypto'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { createKafkaEventLog } from '../../../adapters/kafka/event-log.ts'
import { ensureTopics } from '../../../adapters/kafka/topics.ts'
import type { EventLog } from '../../../core/ports.ts'
import { startKafkaProxy } from '../../support/kafka-frames.ts'
import { until } from '../../support/until.ts'
import { tpsOf } from '../event-log.contract.ts'
import { recordingHandler } from '../recording-handler.ts'

/** A log whose readers reach the broker through a proxy, and whose writers do not. */
const behindProxy = async () => {
  const options = { brokers: inject('kafkaBrokers'), topicPrefix: `silent-${randomUUID().slice(0, 8)}` }
  await ensureTopics({ ...options, clientId: 'silent', partitions: 1 })
  const proxy = await startKafkaProxy(options.brokers[0] ?? '')
  const log = (brokers: readonly string[]): EventLog => {
    const made = createKafkaEventLog({ ...options, brokers, clientId: 'silent', lookEveryMs: 200 })
    onTestFinished(() => made.close())
    return made
  }
  onTestFinished(() => proxy.close())
  const appender = await log(options.brokers).appender()
  return {
    proxy,
    log: log([`127.0.0.1:${proxy.port}`]),
    append: (...ends: number[]) => appender.append(ends.map((end) => ({ topic: 'signals' as const, key: 'chat', event: tpsOf('chat', end) }))),
  }
}

type Reading = { readonly read: readonly number[]; readonly died: Promise<never> }

const readers: readonly { readonly reader: string; begin(log: EventLog): Promise<Reading> }[] = [
  {
    reader: 'a follower',
    begin: async (log) => {
      const read: number[] = []
      const { died } = await log.follow({ topics: ['signals'], from: 'start', onRecord: ({ offset }) => void read.push(offset) })
      return { read, died }
    },
  },
  {
    reader: 'a member',
    begin: async (log) => {
      const member = recordingHandler({ startAt: () => (member.records.at(-1)?.offset ?? -1) + 1 })
      const { died } = await log.join({ group: 'deciders', topic: 'signals', handler: member.handler })
      return { get read() { return member.records.map(({ offset }) => offset) }, died }
    },
  },
]

/** The answer to a heartbeat: length, correlation and throttling in four bytes each, then the error. */
const withError = (code: number) => (bytes: Buffer): Buffer => {
  const changed = Buffer.from(bytes)
  changed.writeInt16BE(code, 12)
  return changed
}
const notCoordinator = 16

describe.each(readers)('$reader', ({ begin }) => {
  const reader = async () => {
    const { log, ...rest } = await behindProxy()
    const reading = await begin(log)
    await rest.append(1)
    await until('the first record was read', () => reading.read.length === 1)
    return { ...rest, reading }
  }

  it('K18: whose group is said to have moved, and who then cannot join it, joins once more and misses nothing', async () => {
    const { proxy, append, reading } = await reader()
    // What a broker does that has just come back: not the coordinator yet, then not there again, then knows its members as before.
    const lost = proxy.fault({ direction: 'toServer', kind: 'JoinGroup', effect: 'cut', times: 1 })
    proxy.fault({ direction: 'toClient', kind: 'Heartbeat', effect: { alter: withError(notCoordinator) }, times: 1 })
    await until('joining failed', () => lost.hits === 1)
    await append(2, 3)
    await until('all were read', () => reading.read.length === 3)
    expect(reading.read).toEqual([0, 1, 2])
  })

  it('K19: whose connection ends in the middle of an answer reads on over the next one', async () => {
    const { proxy, append, reading } = await reader()
    const half = proxy.fault({ direction: 'toClient', kind: 'Heartbeat', effect: { cutAfter: 6 }, times: 1 })
    await until('an answer was cut', () => half.hits === 1)
    await append(2, 3)
    await until('all were read', () => reading.read.length === 3)
    // An answer that is not found is waited for 30 s, and so is the heartbeat after it.
    const beats = proxy.hits('toClient', 'Heartbeat')
    await until('three heartbeats were answered', () => proxy.hits('toClient', 'Heartbeat') >= beats + 3, 20_000)
    expect(reading.read).toEqual([0, 1, 2])
  })

  it('K20: who never gets the answer to a fetch dies of it, once the log has gone on', async () => {
    const { proxy, append, reading } = await reader()
    const unanswered = proxy.fault({ direction: 'toClient', kind: 'Fetch', effect: 'swallow' })
    await until('an answer was lost', () => unanswered.hits > 0)
    await append(2)
    await expect(reading.died).rejects.toThrow(/KAFKA_SILENT consumer of group .*: signals\/0 was not read on from offset 1 for 1.8 s, the log ends at 2/)
    expect(reading.read).toEqual([0])
    // Closing waits for what is unanswered.
    proxy.cut()
  })

  it('K21: who is cut off while asking for the coordinator of its group asks again', async () => {
    const { proxy, append, reading } = await reader()
    const lost = proxy.fault({ direction: 'toServer', kind: 'FindCoordinator', effect: 'cut', times: 1 })
    proxy.fault({ direction: 'toClient', kind: 'Heartbeat', effect: { alter: withError(notCoordinator) }, times: 1 })
    await until('the question was cut off', () => lost.hits === 1)
    await append(2, 3)
    await Promise.race([reading.died, until('all were read', () => reading.read.length === 3)])
    expect(reading.read).toEqual([0, 1, 2])
  })
})
