/** The producer's queue is bounded: the oldest that waits makes room; what the gate would refuse is not sent. */
import { expect, test } from 'vitest'
import type { TpsObserved } from '../../core/events/observed.ts'
import type { Appended, OutRecord } from '../../core/ports.ts'
import { createMetricsQueue } from '../../producer/queue.ts'

const now = 1_800_000_000_000
const tps = (value: number): TpsObserved => ({
  type: 'TpsObserved', service: 'chat', role: 'decode', source: 'gateway/*', windowStartMs: now - 5000, windowEndMs: now, instancesHeard: 4, instancesRegistered: 4, tps: value,
})

test('one send is in flight; beyond the bound the oldest that waits is dropped, and its caller is told', async () => {
  const sent: number[] = []
  let release: () => void = () => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  const append = async (records: readonly OutRecord[]): Promise<readonly Appended[]> => {
    sent.push(records.length)
    await released
    return records.map(({ topic }, offset) => ({ topic, partition: 0, offset }))
  }
  const queue = createMetricsQueue({ appender: { append }, mostQueued: 2, now: () => now })
  const first = queue.add(tps(1))
  const dropped = queue.add(tps(2))
  const rest = [queue.add(tps(3)), queue.add(tps(4))]
  expect(await dropped).toEqual({ outcome: 'dropped' })
  expect(sent).toEqual([1])
  expect(await queue.add(tps(-1))).toMatchObject({ outcome: 'refused', reason: 'OUT_OF_RANGE' })
  release()
  await queue.drained()
  expect((await Promise.all([first, ...rest])).map(({ outcome }) => outcome)).toEqual(['acknowledged', 'acknowledged', 'acknowledged'])
  expect(sent).toEqual([1, 2])
})
