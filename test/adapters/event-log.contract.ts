/** What every EventLog promises. Run by the memory twin and by the adapter on a real broker. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogEvent } from '../../core/events/event.ts'
import { partitionOfKey } from '../../core/murmur2.ts'
import { isPortError } from '../../core/port-error.ts'
import type { EventLog, LogRecord } from '../../core/ports.ts'
import { recordingHandler, createWatch } from './recording-handler.ts'

/** A broker with empty topics of four partitions. */
export type BrokerUnderTest = { eventLog(process: string): EventLog; stop(): Promise<void> }

const time = 1_763_900_000_000

export const tpsOf = (service: string, windowEndMs: number): LogEvent => ({
  type: 'TpsObserved',
  service,
  role: 'decode',
  source: 'collector/west',
  windowStartMs: windowEndMs - 1_000,
  windowEndMs,
  instancesHeard: 3,
  instancesRegistered: 4,
  tps: 1234.5,
})

const tick = (epoch: number): LogEvent => ({
  type: 'ClockTicked',
  logId: 'log-1',
  epoch,
  ownerId: 'decider-1',
  coreHash: 'abc',
  decidedThrough: -1,
  simulated: false,
  time,
})

const allOf = async (records: AsyncIterable<LogRecord>): Promise<LogRecord[]> => {
  const read: LogRecord[] = []
  for await (const record of records) read.push(record)
  return read
}

const endsOf = (record: LogRecord): number => (record.event?.type === 'TpsObserved' ? record.event.windowEndMs : -1)

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

export const eventLogContract = (name: string, startBroker: () => Promise<BrokerUnderTest>): void => {
  describe(`${name} as an event log`, () => {
    let broker: BrokerUnderTest
    let log: EventLog
    const opened: EventLog[] = []
    const another = (process: string): EventLog => {
      const made = broker.eventLog(process)
      opened.push(made)
      return made
    }

    beforeEach(async () => {
      broker = await startBroker()
      log = another('first')
    })
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((one) => one.close()))
      await broker.stop()
    })

    const appendSamples = async (service: string, ends: readonly number[]) =>
      (await log.appender()).append(ends.map((end) => ({ topic: 'signals' as const, key: service, event: tpsOf(service, end) })))

    describe('appending', () => {
      it('gives back what was appended, in order, at the positions that were acknowledged', async () => {
        const positions = await appendSamples('chat', [1, 2, 3])
        const partition = await log.partitionOf('signals', 'chat')
        expect(positions.map(({ offset }) => offset)).toEqual([0, 1, 2])
        expect(new Set(positions.map((position) => position.partition))).toEqual(new Set([partition]))

        const records = await allOf(log.read({ topic: 'signals', partition, from: 0, to: 3 }))
        expect(records.map(({ event, key, offset }) => ({ event, key, offset }))).toEqual(
          [1, 2, 3].map((end, offset) => ({ event: tpsOf('chat', end), key: 'chat', offset })),
        )
      })

      it('stamps records with the time at which the broker appended them', async () => {
        const before = Date.now()
        await appendSamples('chat', [1])
        const [record] = await allOf(log.read({ topic: 'signals', partition: await log.partitionOf('signals', 'chat'), from: 0, to: 1 }))
        expect(record?.appendedAtMs).toBeGreaterThanOrEqual(before - 1)
        expect(record?.appendedAtMs).toBeLessThanOrEqual(Date.now() + 1)
      })

      it('finds the partition of a key as every Kafka client does', async () => {
        const keys = upTo(20).map((index) => `service-${index}`)
        for (const key of keys) {
          const [position] = await appendSamples(key, [1])
          expect(position?.partition).toBe(partitionOfKey(key, 4))
          expect(await log.partitionOf('signals', key)).toBe(partitionOfKey(key, 4))
        }
      })

      it('puts a record without key into the partition that it names', async () => {
        const appender = await log.appender()
        const positions = await appender.append([2, 0, 2].map((partition) => ({ topic: 'signals' as const, key: null, event: tick(1), partition })))
        expect(positions).toEqual([
          { topic: 'signals', partition: 2, offset: 0 },
          { topic: 'signals', partition: 0, offset: 0 },
          { topic: 'signals', partition: 2, offset: 1 },
        ])
      })

      it('keeps a tombstone as a record without event', async () => {
        const appender = await log.appender()
        const [position] = await appender.append([{ topic: 'snapshots', key: 'chat', event: null }])
        const records = await allOf(log.read({ topic: 'snapshots', partition: position?.partition ?? -1, from: 0, to: 1 }))
        expect(records.map(({ key, event }) => ({ key, event }))).toEqual([{ key: 'chat', event: null }])
      })

      it('spreads one append over several topics and answers in the order of the call', async () => {
        const appender = await log.appender()
        const removed: LogEvent = { type: 'ServiceRemoved', service: 'chat', author: 'me', time }
        const positions = await appender.append([
          { topic: 'metrics', key: 'chat', event: tpsOf('chat', 1) },
          { topic: 'signals', key: 'chat', event: removed },
          { topic: 'metrics', key: 'chat', event: tpsOf('chat', 2) },
        ])
        expect(positions.map(({ topic, offset }) => `${topic} ${offset}`)).toEqual(['metrics 0', 'signals 0', 'metrics 1'])
      })

      it('keeps the order of calls that nobody waited for', async () => {
        const appender = await log.appender()
        const calls = upTo(50).map((end) => appender.append([{ topic: 'signals', key: 'chat', event: tpsOf('chat', end) }]))
        const positions = (await Promise.all(calls)).flat()
        expect(positions.map(({ offset }) => offset)).toEqual(upTo(50))
        const records = await allOf(log.read({ topic: 'signals', partition: positions[0]?.partition ?? -1, from: 0, to: 50 }))
        expect(records.map(endsOf)).toEqual(upTo(50))
      })

      it('refuses a record that does not belong on its topic, or under its key', async () => {
        const appender = await log.appender()
        await expect(appender.append([{ topic: 'metrics', key: null, event: tick(1), partition: 0 }])).rejects.toThrow(/E_EVENT_TOPIC metrics: ClockTicked/)
        await expect(appender.append([{ topic: 'signals', key: 'code', event: tpsOf('chat', 1) }])).rejects.toThrow(/E_EVENT_KEY_MISMATCH signals: key code; TpsObserved speaks of chat/)
        expect((await log.bounds('signals')).map(({ end }) => end)).toEqual([0, 0, 0, 0])
      })

      it('refuses an append after close', async () => {
        const appender = await log.appender()
        await appender.close()
        const refused = await appender.append([{ topic: 'signals', key: 'chat', event: tpsOf('chat', 1) }]).catch((error: unknown) => error)
        expect(isPortError(refused, 'unavailable')).toBe(true)
      })
    })

    describe('reading a range', () => {
      it('gives exactly [from, to) and stops at the present end', async () => {
        const partition = partitionOfKey('chat', 4)
        await appendSamples('chat', upTo(10))
        expect((await allOf(log.read({ topic: 'signals', partition, from: 3, to: 6 }))).map(({ offset }) => offset)).toEqual([3, 4, 5])
        expect((await allOf(log.read({ topic: 'signals', partition, from: 8, to: 99 }))).map(({ offset }) => offset)).toEqual([8, 9])
        expect(await allOf(log.read({ topic: 'signals', partition, from: 10, to: 99 }))).toEqual([])
      })

      it('can be left early', async () => {
        await appendSamples('chat', upTo(10))
        for await (const record of log.read({ topic: 'signals', partition: partitionOfKey('chat', 4), from: 0, to: 10 })) {
          expect(record.offset).toBe(0)
          break
        }
      })

      it('tells the bounds of every partition', async () => {
        await appendSamples('chat', [1, 2, 3])
        const bounds = await log.bounds('signals')
        expect(bounds).toEqual(upTo(4).map((partition) => ({ partition, start: 0, end: partition === partitionOfKey('chat', 4) ? 3 : 0 })))
      })
    })

    describe('a group', () => {
      it('gives a single member all partitions, each after asking where to start', async () => {
        const member = recordingHandler()
        await appendSamples('chat', upTo(5))
        await log.join({ group: 'deciders', topic: 'signals', handler: member.handler })
        await member.until(() => member.owned.size === 4 && member.records.length === 5)
        expect(member.records.map(({ offset }) => offset)).toEqual(upTo(5))
        expect(member.batches.at(-1)?.endOffset).toBe(5)
        expect(member.history.indexOf(`assigned ${partitionOfKey('chat', 4)}`)).toBeLessThan(member.history.indexOf(`batch ${partitionOfKey('chat', 4)}`))
      })

      it('starts a partition at the offset that assigned returned', async () => {
        await appendSamples('chat', upTo(10))
        const member = recordingHandler({ startAt: (partition) => (partition === partitionOfKey('chat', 4) ? 7 : 0) })
        await log.join({ group: 'deciders', topic: 'signals', handler: member.handler })
        await member.until(() => member.records.length === 3)
        expect(member.records.map(({ offset }) => offset)).toEqual([7, 8, 9])
      })

      it('refuses an offset beyond the end: that is another log', async () => {
        const member = recordingHandler({ startAt: () => 1_000 })
        const subscription = await log.join({ group: 'deciders', topic: 'signals', handler: member.handler })
        const error: unknown = await subscription.died.catch((reason: unknown) => reason)
        expect(isPortError(error, 'corrupt')).toBe(true)
      })

      it('delivers what is appended while it runs', async () => {
        const member = recordingHandler()
        await log.join({ group: 'deciders', topic: 'signals', handler: member.handler })
        await member.until(() => member.owned.size === 4)
        await appendSamples('chat', [1])
        await appendSamples('code', [2])
        await member.until(() => member.records.length === 2)
        expect(member.records.map(endsOf).sort()).toEqual([1, 2])
      })

      it('shares the partitions when a second member joins, and gives them back when it leaves', async () => {
        const [first, second] = [recordingHandler(), recordingHandler()]
        await log.join({ group: 'deciders', topic: 'signals', handler: first.handler })
        await first.until(() => first.owned.size === 4)
        const subscription = await another('second').join({ group: 'deciders', topic: 'signals', handler: second.handler })
        await Promise.all([first.until(() => first.owned.size === 2), second.until(() => second.owned.size === 2)])
        expect([...first.owned, ...second.owned].sort()).toEqual(upTo(4))

        await subscription.close()
        await first.until(() => first.owned.size === 4)
        expect(second.owned.size).toBe(0)
      })

      it('has exactly one owner per partition, and loses no record over a rebalance', async () => {
        const watch = createWatch()
        const committed = new Map<number, number>()
        const offsets: string[] = []
        const member = () =>
          recordingHandler({
            startAt: (partition) => committed.get(partition) ?? 0,
            commit: (batch) => {
              for (const record of batch.records) offsets.push(`${record.partition}/${record.offset}`)
              const next = (batch.records.at(-1)?.offset ?? -1) + 1
              committed.set(batch.partition, next)
              watch.changed()
              return next
            },
          })
        const keys = upTo(12).map((index) => `service-${index}`)
        await log.join({ group: 'deciders', topic: 'signals', handler: member().handler })
        const writing = (async () => {
          for (const end of upTo(20)) await Promise.all(keys.map((key) => appendSamples(key, [end])))
        })()
        await another('second').join({ group: 'deciders', topic: 'signals', handler: member().handler })
        await writing
        await watch.until(() => new Set(offsets).size === 240)
        expect(offsets.length).toBe(240)
      })

      it('commits what the handler returns, and nothing when it returns null', async () => {
        const partition = partitionOfKey('chat', 4)
        await appendSamples('chat', upTo(6))
        expect(await log.committed('deciders', 'signals')).toEqual(new Map())

        const member = recordingHandler({ commit: () => 4 })
        const silentMember = recordingHandler({ commit: () => null })
        const subscription = await log.join({ group: 'deciders', topic: 'signals', handler: member.handler })
        const other = await log.join({ group: 'readers', topic: 'signals', handler: silentMember.handler })
        await Promise.all([member.until(() => member.records.length === 6), silentMember.until(() => silentMember.records.length === 6)])
        await Promise.all([subscription.close(), other.close()])
        expect(await log.committed('deciders', 'signals')).toEqual(new Map([[partition, 4]]))
        expect(await log.committed('readers', 'signals')).toEqual(new Map())
      })

      it('goes on from the committed offset in a new process', async () => {
        const partition = partitionOfKey('chat', 4)
        await appendSamples('chat', upTo(6))
        const before = recordingHandler({ commit: () => 4 })
        const subscription = await log.join({ group: 'deciders', topic: 'signals', handler: before.handler })
        await before.until(() => before.records.length === 6)
        await subscription.close()

        const restarted = another('restarted')
        const committed = await restarted.committed('deciders', 'signals')
        const after = recordingHandler({ startAt: (number) => (number === partition ? (committed.get(number) ?? 0) : 0) })
        await restarted.join({ group: 'deciders', topic: 'signals', handler: after.handler })
        await after.until(() => after.records.length === 2)
        expect(after.records.map(({ offset }) => offset)).toEqual([4, 5])
      })

      it('dies with the error of a handler that throws', async () => {
        await appendSamples('chat', [1])
        const member = recordingHandler({
          commit: () => {
            throw new Error('folding failed')
          },
        })
        const subscription = await log.join({ group: 'deciders', topic: 'signals', handler: member.handler })
        await expect(subscription.died).rejects.toThrow('folding failed')
      })
    })

    describe('following', () => {
      const follow = async (topics: readonly ('signals' | 'decisions' | 'services')[], from: 'start' | 'end') => {
        const watch = createWatch()
        const seen: LogRecord[] = []
        const follower = await log.follow({
          topics,
          from,
          onRecord: (record) => {
            seen.push(record)
            watch.changed()
          },
        })
        return { follower, seen, until: watch.until }
      }

      it('hands on everything from the start, and says when it caught up', async () => {
        for (const service of ['chat', 'code', 'search']) await appendSamples(service, [1, 2])
        const { follower, seen } = await follow(['signals', 'services'], 'start')
        await follower.caughtUp()
        expect(seen.map((record) => `${record.key} ${endsOf(record)}`).sort()).toEqual(['chat 1', 'chat 2', 'code 1', 'code 2', 'search 1', 'search 2'])
      })

      it('has caught up at once on empty topics', async () => {
        const { follower, seen } = await follow(['decisions'], 'start')
        await follower.caughtUp()
        expect(seen).toEqual([])
      })

      it('hands on only later records when it follows from the end', async () => {
        await appendSamples('chat', [1])
        const { follower, seen, until } = await follow(['signals'], 'end')
        await appendSamples('chat', [2])
        await follower.caughtUp()
        await until(() => seen.length === 1)
        expect(seen.map(endsOf)).toEqual([2])
      })

      it('catches up again with what came since', async () => {
        const { follower, seen } = await follow(['signals'], 'start')
        await appendSamples('chat', upTo(30))
        await follower.caughtUp()
        expect(seen.map(endsOf)).toEqual(upTo(30))
      })

      it('takes no partition away from a group and from other followers', async () => {
        const member = recordingHandler()
        await log.join({ group: 'deciders', topic: 'signals', handler: member.handler })
        const followers = [await follow(['signals'], 'start'), await follow(['signals'], 'start')]
        await appendSamples('chat', [1])
        await Promise.all([member.until(() => member.records.length === 1), ...followers.map(({ seen, until }) => until(() => seen.length === 1))])
      })

      it('dies with the error of a reader that throws', async () => {
        await appendSamples('chat', [1])
        const follower = await log.follow({
          topics: ['signals'],
          from: 'start',
          onRecord: () => {
            throw new Error('cannot fold')
          },
        })
        await expect(follower.died).rejects.toThrow('cannot fold')
      })
    })
  })
}
