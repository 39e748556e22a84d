/** One send in flight, order kept, and a failure told to exactly those whose records it held. */
import { describe, expect, it } from 'vitest'
import { createAppendQueue } from '../../../adapters/kafka/append-queue.ts'
import type { Outgoing } from '../../../adapters/kafka/append-queue.ts'

/** A producer whose sends the test answers one by one. */
const heldProducer = () => {
  const sends: { names: string[]; succeed(): void; fail(error: Error): void }[] = []
  let inFlight = 0
  let most = 0
  let next = 0
  let arrived: () => void = () => {}
  const send = (records: readonly Outgoing<string>[]): Promise<readonly number[]> => {
    inFlight += 1
    most = Math.max(most, inFlight)
    return new Promise((resolve, reject) => {
      const done = () => (inFlight -= 1)
      sends.push({
        names: records.map(({ message }) => message),
        succeed: () => (done(), resolve(records.map(() => next++))),
        fail: (error) => (done(), reject(error)),
      })
      arrived()
    })
  }
  /** Waits for the send with this number to begin. */
  const nth = async (index: number) => {
    while (sends[index] === undefined) await new Promise<void>((resolve) => (arrived = resolve))
    return sends[index]
  }
  return { send, nth, sends, most: () => most }
}

const record = (message: string, bytes = 100): Outgoing<string> => ({ target: { topic: 'signals', partition: 0 }, message, bytes })

describe('the append queue', () => {
  it('never has two sends in flight, and sends what queued up together', async () => {
    const producer = heldProducer()
    const queue = createAppendQueue(producer.send)
    const calls = ['a', 'b', 'c', 'd'].map((name) => queue.append([record(name)]))
    ;(await producer.nth(0)).succeed()
    ;(await producer.nth(1)).succeed()
    const positions = await Promise.all(calls)
    expect(producer.sends.map(({ names }) => names)).toEqual([['a'], ['b', 'c', 'd']])
    expect(positions.flat().map(({ offset }) => offset)).toEqual([0, 1, 2, 3])
    expect(producer.most()).toBe(1)
  })

  it('sends the first record at once: nothing waits for company', () => {
    const producer = heldProducer()
    void createAppendQueue(producer.send).append([record('a')])
    expect(producer.sends.map(({ names }) => names)).toEqual([['a']])
  })

  it('splits what is too long for one send, and answers the call when all parts are acknowledged', async () => {
    const producer = heldProducer()
    const call = createAppendQueue(producer.send).append([record('a', 600_000), record('b', 600_000), record('c', 300_000)])
    ;(await producer.nth(0)).succeed()
    ;(await producer.nth(1)).succeed()
    expect((await call).map(({ offset }) => offset)).toEqual([0, 1, 2])
    expect(producer.sends.map(({ names }) => names)).toEqual([['a'], ['b', 'c']])
  })

  it('sends a single record of any length', async () => {
    const producer = heldProducer()
    const call = createAppendQueue(producer.send).append([record('huge', 5_000_000)])
    ;(await producer.nth(0)).succeed()
    expect(await call).toHaveLength(1)
  })

  it('tells a failure to the calls of that send only, and goes on with the others', async () => {
    const producer = heldProducer()
    const queue = createAppendQueue(producer.send)
    const first = queue.append([record('a')])
    const second = queue.append([record('b')])
    const lost = new Error('broker away')
    ;(await producer.nth(0)).fail(lost)
    await expect(first).rejects.toBe(lost)
    ;(await producer.nth(1)).succeed()
    expect(await second).toHaveLength(1)
  })

  it('drops the rest of a call whose first part failed', async () => {
    const producer = heldProducer()
    const queue = createAppendQueue(producer.send)
    const torn = queue.append([record('a', 900_000), record('b', 900_000)])
    const other = queue.append([record('c')])
    ;(await producer.nth(0)).fail(new Error('broker away'))
    await expect(torn).rejects.toThrow('broker away')
    ;(await producer.nth(1)).succeed()
    await other
    expect(producer.sends.map(({ names }) => names)).toEqual([['a'], ['c']])
  })

  it('is drained when nothing is queued or in flight', async () => {
    const producer = heldProducer()
    const queue = createAppendQueue(producer.send)
    const call = queue.append([record('a')])
    let drained = false
    const waiting = queue.drained().then(() => (drained = true))
    expect(drained).toBe(false)
    ;(await producer.nth(0)).succeed()
    await Promise.all([call, waiting])
    expect(drained).toBe(true)
  })
})
