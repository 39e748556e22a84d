/**
 * A scripted broker that takes records as Kafka does: it knows each producer's sequence of each partition, stores a batch
 * once, and answers a repeated one with the offset of the first (Kafka 4.1 behaves so; KIP-98). Tests say what it answers
 * otherwise. It speaks what a producer needs and no more.
 */
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { kafkaApis, wholeFrames } from './kafka-frames.ts'

/** Error codes of the protocol, as far as tests answer them. */
export const kafkaErrors = { none: 0, notEnoughReplicas: 19, notEnoughReplicasAfterAppend: 20, outOfOrderSequence: 45, invalidProducerEpoch: 47 } as const

/** What one Produce is answered. `stored: true` with an error is what a lost acknowledgement looks like to a client. */
export type Answer = { readonly error?: number; readonly stored?: boolean; readonly throttleMs?: number }

export type ReceivedBatch = { readonly producerId: number; readonly firstSequence: number; readonly values: readonly Buffer[]; readonly isTransactional: boolean }

export type ProduceBroker = {
  readonly address: string
  /** Values in the order in which they stand in partition 0 of the only topic. */
  readonly log: readonly Buffer[]
  /** Every batch that arrived, also those that were refused or known already. */
  readonly batches: readonly ReceivedBatch[]
  /** When each request arrived, by name of its API. */
  readonly requests: readonly { readonly api: string; readonly atMs: number }[]
  /** Answers to the next batches, in turn; afterwards everything is stored and acknowledged. */
  answer(...answers: readonly Answer[]): void
}

/** Ends with the running test. */
export const startProduceBroker = async (): Promise<ProduceBroker> => {
  const requests: { api: string; atMs: number }[] = []
  const store = createStore()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let rest: Buffer = Buffer.alloc(0)
    socket.on('error', () => socket.destroy())
    socket.on('data', (arrived) => {
      const { frames, left } = wholeFrames(Buffer.concat([rest, arrived]))
      rest = left
      for (const frame of frames) {
        requests.push({ api: kafkaApis[frame.readInt16BE(4)] ?? 'unknown', atMs: performance.now() })
        socket.write(reply(frame, { store, port: (server.address() as AddressInfo).port }))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, log: store.log, batches: store.batches, requests, answer: (...answers) => void store.script.push(...answers) }
}

type Store = ReturnType<typeof createStore>

/** The rules by which a broker takes a batch of an idempotent producer. */
const createStore = () => {
  const log: Buffer[] = []
  const batches: ReceivedBatch[] = []
  const script: Answer[] = []
  const known = new Map<string, { offset: number; next: number }>()
  const fenced = new Set<number>()
  let producers = 0
  const next = new Map<number, number>()
  const take = (batch: ReceivedBatch, { error = 0, stored = error === 0, throttleMs = 0 }: Answer) => {
    batches.push(batch)
    const { producerId, firstSequence, values } = batch
    if (error === kafkaErrors.invalidProducerEpoch) fenced.add(producerId)
    if (fenced.has(producerId)) return { error: kafkaErrors.invalidProducerEpoch, offset: -1, throttleMs }
    const name = `${producerId}/${firstSequence}/${values.length}`
    const before = known.get(name)
    if (before !== undefined) return { error, offset: before.offset, throttleMs }
    if (firstSequence !== (next.get(producerId) ?? firstSequence)) return { error: kafkaErrors.outOfOrderSequence, offset: -1, throttleMs }
    if (!stored) return { error, offset: -1, throttleMs }
    const offset = log.length
    log.push(...values)
    const following = (firstSequence + values.length) % 2 ** 31
    next.set(producerId, following)
    known.set(name, { offset, next: following })
    return { error, offset, throttleMs }
  }
  return { log, batches, script, newProducer: () => ++producers, take: (batch: ReceivedBatch) => take(batch, script.shift() ?? {}) }
}

const reply = (frame: Buffer, { store, port }: { store: Store; port: number }): Buffer => {
  const body = { ApiVersions: () => apiVersions, Metadata: () => metadata(port), InitProducerId: () => producerIdOf(store), Produce: () => produced(frame, store) }
  const api = kafkaApis[frame.readInt16BE(4)] ?? ''
  const answer = api in body ? body[api as keyof typeof body]() : Buffer.alloc(0)
  return Buffer.concat([int32(4 + answer.length), frame.subarray(8, 12), answer])
}

const topicName = 'fake.signals.v1'

/** The topic of the fake broker: prefix `fake`, one partition. */
export const fakeTopic = { prefix: 'fake', name: topicName } as const

const versions: readonly (readonly [api: number, version: number])[] = [[0, 6], [3, 1], [18, 2], [22, 1]]
const int16 = (value: number): Buffer => Buffer.from([(value >> 8) & 0xff, value & 0xff])
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
const int64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}
const text = (value: string): Buffer => Buffer.concat([int16(value.length), Buffer.from(value)])
const apiVersions = Buffer.concat([int16(0), int32(versions.length), ...versions.flatMap(([api, version]) => [int16(api), int16(0), int16(version)]), int32(0)])

const metadata = (port: number): Buffer => {
  const broker = [int32(1), int32(1), text('127.0.0.1'), int32(port), int16(-1)]
  const partition = [int32(1), int16(0), int32(0), int32(1), int32(1), int32(1), int32(1), int32(1)]
  return Buffer.concat([...broker, int32(1), int32(1), int16(0), text(topicName), Buffer.from([0]), ...partition])
}

const producerIdOf = (store: Store): Buffer => Buffer.concat([int32(0), int16(0), int64(store.newProducer()), int16(0)])

const produced = (frame: Buffer, store: Store): Buffer => {
  const { error, offset, throttleMs } = store.take(batchOf(frame))
  return Buffer.concat([int32(1), text(topicName), int32(1), int32(0), int16(error), int64(offset), int64(-1), int64(0), int32(throttleMs)])
}

/** The one batch of one partition that tests send: header, client id, transactional id, acks, time-out, topic, partition, batch. */
const batchOf = (frame: Buffer): ReceivedBatch => {
  let at = 12
  const skipText = (): void => void (at += 2 + Math.max(0, frame.readInt16BE(at)))
  skipText()
  const isTransactional = frame.readInt16BE(at) >= 0
  skipText()
  at += 2 + 4 + 4
  skipText()
  const batch = frame.subarray(at + 4 + 4 + 4)
  return { producerId: Number(batch.readBigInt64BE(43)), firstSequence: batch.readInt32BE(53), values: valuesOf(batch), isTransactional }
}

/** Records of a batch: 61 bytes of header with the count at its end; in each record lengths are zigzag varints. */
const valuesOf = (batch: Buffer): readonly Buffer[] => {
  let at = 61
  const varint = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = batch[at++] ?? 0
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
  }
  const bytes = (): Buffer => {
    const length = Math.max(0, varint())
    at += length
    return batch.subarray(at - length, at)
  }
  return Array.from({ length: batch.readInt32BE(57) }, () => {
    const length = varint()
    const end = at + length
    at += 1
    varint()
    varint()
    bytes()
    const value = Buffer.from(bytes())
    at = end
    return value
  })
}
