/** A round's records on their way into the log: one that is refused takes only its own service with it. */
import { beforeEach, expect, test } from 'vitest'
import { createMetrics } from '../../../adapters/prometheus/registry.ts'
import { createCodec } from '../../../adapters/kafka/codec.ts'
import { portError } from '../../../core/port-error.ts'
import type { Appender, Logger, OutRecord } from '../../../core/ports.ts'
import { appendRound, type RoundSink } from '../../../services/collector/append-round.ts'
import { createCollectorMetrics } from '../../../services/collector/meters.ts'

let appended: string[]
let calls: number
let lost: object[]
beforeEach(() => {
  appended = []
  calls = 0
  lost = []
})

const log: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: (fields) => void lost.push(fields), child: () => log }
const codec = createCodec()
/** Takes all of a call or nothing, as the log does: every record is encoded before any is sent. */
const encoding: Appender = {
  append: async (records) => {
    calls += 1
    for (const { event } of records) if (event) codec.encode(event)
    appended.push(...records.map(({ key }) => key ?? ''))
    return records.map(({ topic }) => ({ topic, partition: 0, offset: 0 }))
  },
  close: async () => undefined,
}
const sink = (appender: Appender = encoding): RoundSink => ({ appender, log, meters: createCollectorMetrics(createMetrics('collector')) })
const tps = (service: string, value: number): OutRecord => ({
  topic: 'signals', key: service,
  event: { type: 'TpsObserved', service, role: 'decode', source: 'c/a', windowStartMs: 0, windowEndMs: 1, instancesHeard: 1, instancesRegistered: 1, tps: value },
})

test('a round that the log takes is one call', async () => {
  expect(await appendRound(sink(), [tps('a', 1), tps('b', 2)])).toBe(2)
  expect([calls, appended, lost]).toEqual([1, ['a', 'b'], []])
})

test('a record that cannot be written costs its service this round, the others are appended', async () => {
  expect(await appendRound(sink(), [tps('a', 1), tps('bad', Infinity), tps('bad', 5), tps('c', 3)])).toBe(2)
  expect(appended).toEqual(['a', 'c'])
  expect(lost).toMatchObject([{ records: 2, keys: ['bad'] }])
})

test('a log that is away is asked once, not once per service', async () => {
  const away: Appender = { ...encoding, append: async () => { calls += 1; throw portError('unavailable', 'E_KAFKA away') } }
  expect(await appendRound(sink(away), [tps('a', 1), tps('b', 2)])).toBe(0)
  expect([calls, lost]).toMatchObject([1, [{ records: 2, keys: ['a', 'b'] }]])
})
