/** What a rebalance may and may not do to a partition that is being started or worked on. */
import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { ConsumerSession } from '../../../adapters/kafka/consumer-session.ts'
import type { BatchOutcome } from '../../../adapters/kafka/consumer-session.ts'

type Held<Result> = { readonly promise: Promise<Result>; resolve(result: Result): void; reject(error: Error): void }
const held = <Result>(): Held<Result> => {
  let resolve: (result: Result) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<Result>((onResult, onError) => {
    resolve = onResult
    reject = onError
  })
  return { promise, resolve, reject }
}

/** A session on one partition, whose starts and batches end when the test says so. */
const session = () => {
  const told: string[] = []
  const starts: Held<number>[] = []
  const batches: Held<BatchOutcome>[] = []
  const consumer = {
    pause: () => told.push('kafka: pause'),
    resume: () => told.push('kafka: resume'),
    seek: ({ offset }: { offset: string }) => told.push(`kafka: seek ${offset}`),
    disconnect: () => Promise.resolve(void told.push('kafka: disconnect')),
  } as unknown as Consumer
  const work = {
    start: () => {
      told.push('start')
      starts.push(held())
      return starts.at(-1)?.promise ?? Promise.resolve(0)
    },
    batch: ({ messages }: { readonly messages: readonly KafkaMessage[] }) => {
      told.push(`batch ${messages.map(({ offset }) => offset).join(',')}`)
      batches.push(held())
      return batches.at(-1)?.promise ?? Promise.reject(new Error('unreachable'))
    },
    stop: () => void told.push('stop'),
  }
  const made = new ConsumerSession({ work, topics: new Map([['t', 'signals']]) }, consumer)
  let end = 100
  const deliver = (...offsets: number[]): Promise<void> =>
    made.eachBatch({
      batch: { topic: 't', partition: 0, highWatermark: String(end), messages: offsets.map((offset) => ({ offset: String(offset) })), lastOffset: () => String(offsets.at(-1)) },
      heartbeat: () => Promise.resolve(),
      resolveOffset: (offset: string) => void told.push(`resolve ${offset}`),
      commitOffsetsIfNecessary: (offsets: { topics: { partitions: { offset: string }[] }[] }) =>
        Promise.resolve(void told.push(`commit ${offsets.topics[0]?.partitions[0]?.offset}`)),
    } as unknown as EachBatchPayload)
  /** Lets everything that can go on go on. */
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  return { made, told, starts, batches, deliver, settle, endsAt: (offset: number) => void (end = offset) }
}

const reading = async () => {
  const one = session()
  one.made.assign({ t: [0] })
  await one.settle()
  one.starts[0]?.resolve(10)
  await one.settle()
  one.told.length = 0
  return one
}

describe('a consumer session', () => {
  it('pauses a partition until its start is known, then seeks and resumes', async () => {
    const { made, told, starts, settle } = session()
    made.assign({ t: [0] })
    await settle()
    expect(told).toEqual(['kafka: pause', 'start'])
    starts[0]?.resolve(10)
    await settle()
    expect(told.slice(2)).toEqual(['kafka: seek 10', 'kafka: resume'])
  })

  it('hands a batch on, moves the position, then commits what the work says', async () => {
    const { told, batches, deliver } = await reading()
    const delivering = deliver(10, 11)
    batches[0]?.resolve({ commit: 12, proceed: true })
    await delivering
    expect(told).toEqual(['batch 10,11', 'resolve 11', 'commit 12'])
  })

  it('does not hand on what stands before its position, nor the same batch twice', async () => {
    const { told, batches, deliver } = await reading()
    const delivering = deliver(8, 9, 10)
    batches[0]?.resolve({ commit: null, proceed: true })
    await delivering
    await deliver(10)
    expect(told).toEqual(['batch 10', 'resolve 10', 'resolve 10'])
  })

  it('dies of a log that ends before its position: the topic was made again, and nobody would read it', async () => {
    const { made, told, deliver, endsAt } = await reading()
    endsAt(4)
    await deliver(0, 1, 2, 3)
    await expect(made.died).rejects.toThrow('LOG_SHORTER t/0: got offset 0 after 9; the log ends at 4')
    expect(told).toEqual(['stop', 'kafka: disconnect'])
  })

  it('starts a partition that came back only after its running batch ended, and leaves position and commit to the new start', async () => {
    const { made, told, starts, batches, deliver, settle } = await reading()
    const delivering = deliver(10)
    made.assign({ t: [0] })
    await settle()
    expect(told).toEqual(['batch 10', 'stop', 'kafka: pause'])
    batches[0]?.resolve({ commit: 11, proceed: true })
    await delivering
    await settle()
    expect(told.slice(3)).toEqual(['start'])
    starts[1]?.resolve(10)
    await settle()
    expect(told.slice(4)).toEqual(['kafka: seek 10', 'kafka: resume'])
  })

  it('answers a batch that comes after a rebalance without an assignment by what makes kafkajs join again', async () => {
    const { made, told, deliver } = await reading()
    made.revokeAll()
    await expect(deliver(10)).rejects.toMatchObject({ name: 'KafkaJSError', type: 'REBALANCE_IN_PROGRESS' })
    expect(told).toEqual(['stop'])
  })

  it('tells where it stands while it should read on: not during a batch, but also after a rebalance without an assignment', async () => {
    const { made, starts, batches, deliver, settle } = await reading()
    const standing = () => made.standing().map(({ next }) => next)
    expect(standing()).toEqual([10])
    const delivering = deliver(10)
    expect(standing()).toEqual([])
    batches[0]?.resolve({ commit: null, proceed: true })
    await delivering
    expect(standing()).toEqual([11])
    made.passOver({ topic: 't', partition: 0 }, 12)
    expect(standing()).toEqual([13])
    made.revokeAll()
    expect(standing()).toEqual([13])
    made.assign({ t: [0] })
    expect(standing()).toEqual([])
    await settle()
    starts[1]?.resolve(13)
    await settle()
    expect(standing()).toEqual([13])
    made.assign({})
    expect(standing()).toEqual([])
  })

  it('stops a partition that was revoked while it started, after the start ended', async () => {
    const { made, told, starts, settle } = session()
    made.assign({ t: [0] })
    await settle()
    made.assign({})
    expect(told).toEqual(['kafka: pause', 'start'])
    starts[0]?.resolve(10)
    await settle()
    expect(told.slice(2)).toEqual(['stop'])
  })

  it('reads no further on a partition whose work says stop', async () => {
    const { told, batches, deliver } = await reading()
    const delivering = deliver(10)
    batches[0]?.resolve({ commit: null, proceed: false })
    await delivering
    await deliver(11)
    expect(told).toEqual(['batch 10', 'kafka: pause'])
  })

  it('dies of an error of the work, and of nothing that kafkajs handles itself', async () => {
    const { made, told, batches, deliver } = await reading()
    const rebalancing = Object.assign(new Error('rebalance'), { name: 'KafkaJSProtocolError' })
    const first = deliver(10)
    batches[0]?.reject(rebalancing)
    await expect(first).rejects.toBe(rebalancing)
    expect(told).not.toContain('kafka: disconnect')

    const second = deliver(10)
    batches[1]?.reject(new Error('folding failed'))
    await second
    await expect(made.died).rejects.toThrow('folding failed')
    expect(told.slice(-2)).toEqual(['stop', 'kafka: disconnect'])
  })
})
