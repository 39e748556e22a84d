/**
 * The queue in front of a producer: exactly one send is in flight. With two, kafkajs' idempotent producer acknowledges
 * records that the broker never stored (37 of 37 after a swallowed response; `maxInFlightRequests: 1` does not help).
 * Nothing waits for company: what queued up during one send goes out together in the next.
 */
import type { Appended } from '../../core/ports.ts'

/** One encoded record and where it goes. */
export type Outgoing<Message> = { readonly target: Omit<Appended, 'offset'>; readonly message: Message; readonly bytes: number }

/** Sends records and answers with an offset for each, in order. */
export type Send<Message> = (records: readonly Outgoing<Message>[]) => Promise<readonly number[]>

type Call = { left: number; failed: boolean; readonly positions: Appended[]; resolve(done: readonly Appended[]): void; reject(error: unknown): void }
type Queued<Message> = Outgoing<Message> & { readonly call: Call; readonly index: number }

/** One send carries at most this many bytes, or a single record; half of what a topic's batch may hold. */
const maxFlushBytes = 1_000_000

export type AppendQueue<Message> = {
  append(records: readonly Outgoing<Message>[]): Promise<readonly Appended[]>
  /** Resolves when nothing is queued or in flight. */
  drained(): Promise<void>
}

/**
 * Order is the order of calls, also for calls that are split over several sends. A failed send rejects each call with a
 * record in it; what such a call still had queued is dropped, so that no later part of it is written without the first.
 */
export const createAppendQueue = <Message>(send: Send<Message>): AppendQueue<Message> => {
  let queue: Queued<Message>[] = []
  let running: Promise<void> | null = null

  const flushOnce = async (): Promise<void> => {
    const flush = queue.splice(0, flushLength(queue))
    try {
      settle(flush, await send(flush))
    } catch (error) {
      fail(flush, error)
      queue = queue.filter((queued) => !queued.call.failed)
    }
  }
  const run = async (): Promise<void> => {
    while (queue.length > 0) await flushOnce()
    running = null
  }
  return {
    append: (records) =>
      new Promise((resolve, reject) => {
        if (records.length === 0) return resolve([])
        const call: Call = { left: records.length, failed: false, positions: [], resolve, reject }
        for (const [index, record] of records.entries()) queue.push({ ...record, call, index })
        running ??= run()
      }),
    drained: async () => {
      while (running) await running
    },
  }
}

const flushLength = (queue: readonly { readonly bytes: number }[]): number => {
  let bytes = 0
  const end = queue.findIndex((record, index) => (bytes += record.bytes) > maxFlushBytes && index > 0)
  return end === -1 ? queue.length : end
}

const settle = <Message>(flush: readonly Queued<Message>[], offsets: readonly number[]): void => {
  for (const [at, { call, index, target }] of flush.entries()) {
    call.positions[index] = { ...target, offset: offsets[at] ?? -1 }
    call.left -= 1
    if (call.left === 0) call.resolve(call.positions)
  }
}

const fail = <Message>(flush: readonly Queued<Message>[], error: unknown): void => {
  for (const { call } of flush) {
    call.failed = true
    call.reject(error)
  }
}
