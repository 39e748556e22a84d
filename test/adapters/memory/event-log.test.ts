/** The memory twin keeps the contract, and fails when it is told to. */
import { describe, expect, it } from 'vitest'
import { createMemoryBroker } from '../../../adapters/memory/event-log.ts'
import { portError } from '../../../core/port-error.ts'
import { eventLogContract, tpsOf } from '../event-log.contract.ts'

eventLogContract('the memory broker', () => {
  const broker = createMemoryBroker()
  return Promise.resolve({ eventLog: () => broker.eventLog(), stop: () => Promise.resolve() })
})

describe('the memory broker as a twin', () => {
  const record = { topic: 'signals', key: 'chat', event: tpsOf('chat', 1) } as const
  const lost = portError('unavailable', 'BROKER_AWAY test: no answer; one is expected; nothing was appended')

  it('stamps records with the injected clock', async () => {
    let now = 1_000
    const log = createMemoryBroker({ now: () => now, partitions: 1 }).eventLog()
    const appender = await log.appender()
    await appender.append([record])
    now = 2_000
    await appender.append([record])
    const times: number[] = []
    for await (const { appendedAtMs } of log.read({ topic: 'signals', partition: 0, from: 0, to: 2 })) times.push(appendedAtMs)
    expect(times).toEqual([1_000, 2_000])
  })

  it('fails the next append before the effect, and only that one', async () => {
    const broker = createMemoryBroker({ partitions: 1 })
    const log = broker.eventLog()
    const appender = await log.appender()
    broker.failNext({ error: lost })
    await expect(appender.append([record])).rejects.toBe(lost)
    expect(await log.bounds('signals')).toEqual([{ partition: 0, start: 0, end: 0 }])
    await appender.append([record])
    expect(await log.bounds('signals')).toEqual([{ partition: 0, start: 0, end: 1 }])
  })

  it('fails an append after the effect: the answer is lost, the record is there', async () => {
    const broker = createMemoryBroker({ partitions: 1 })
    const log = broker.eventLog()
    broker.failNext({ error: lost, when: 'after' })
    await expect((await log.appender()).append([record])).rejects.toBe(lost)
    expect(await log.bounds('signals')).toEqual([{ partition: 0, start: 0, end: 1 }])
  })
})
