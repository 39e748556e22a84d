/** The gate between strangers and the log, on a log in memory. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMemoryBroker, type MemoryBroker } from '../../../adapters/memory/event-log.ts'
import { createMetrics } from '../../../adapters/prometheus/registry.ts'
import type { LogEvent } from '../../../core/events/event.ts'
import type { TpsObserved } from '../../../core/events/observed.ts'
import type { ProducerReported } from '../../../core/events/producer.ts'
import { portError } from '../../../core/port-error.ts'
import type { Appender, EventLog, Logger, Subscription } from '../../../core/ports.ts'
import { createGateDesk, type GateDesk } from '../../../services/collector/gate-desk.ts'
import { startGateReports } from '../../../services/collector/gate-reports.ts'
import { gateGroup, openGate } from '../../../services/collector/gate.ts'
import { createGateMeters } from '../../../services/collector/meters.ts'
import { createProducers, type Producers } from '../../../services/collector/producers.ts'
import { until } from '../../support/until.ts'

const start = 1_800_000_000_000
const log: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, child: () => log }

let broker: MemoryBroker
let eventLog: EventLog
let stranger: Appender
let ours: Appender
let producers: Producers
let desk: GateDesk
let metrics: ReturnType<typeof createMetrics>
let open: Subscription[]
let now: number

beforeEach(async () => {
  broker = createMemoryBroker({ partitions: 1 })
  eventLog = broker.eventLog()
  stranger = await eventLog.appender()
  ours = await eventLog.appender()
  metrics = createMetrics('collector')
  open = []
  now = start
  producers = createProducers({ perSecond: 1, burst: 5 })
})
afterEach(async () => {
  for (const gate of open) await gate.close()
  await eventLog.close()
})

const clock = { speed: 1, now: () => now, sleep: () => Promise.resolve() }

const openOne = async (): Promise<Subscription> => {
  const meters = createGateMeters(metrics)
  const rules = { isKnown: (service: string) => service === 'chat' || service === 'code', allow: null, reserved: ['collector'] }
  desk = createGateDesk({ rules, producers, now: () => now, onRefused: (reason) => meters.records.inc({ outcome: reason }) })
  const gate = await openGate({ group: gateGroup('heteroscale'), eventLog, appender: ours, desk, producers, clock, log, meters })
  open.push(gate)
  return gate
}

const tps = (changes: Partial<TpsObserved> = {}): TpsObserved => ({
  type: 'TpsObserved', service: 'chat', role: 'decode', source: 'gateway/*', windowStartMs: now - 5000, windowEndMs: now,
  instancesHeard: 4, instancesRegistered: 4, tps: 1000, ...changes,
})

const write = (...events: readonly (LogEvent & { readonly service: string })[]) =>
  stranger.append(events.map((event) => ({ topic: 'metrics' as const, key: event.service, event })))

/** Everything that stands on a topic now. */
const standing = async (topic: 'signals' | 'dead-letters'): Promise<readonly LogEvent[]> => {
  const [bounds] = await eventLog.bounds(topic)
  const events: LogEvent[] = []
  for await (const { event } of eventLog.read({ topic, partition: 0, from: 0, to: bounds?.end ?? 0 })) if (event !== null) events.push(event)
  return events
}

const committed = async (): Promise<number> => (await eventLog.committed(gateGroup('heteroscale'), 'metrics')).get(0) ?? 0
const settled = (offset: number) => until(`the gate has committed ${offset}`, async () => (await committed()) === offset)
const reportOf = (producer: string): ProducerReported | undefined => producers.changed('collector', now).find((report) => report.producer === producer)
const refusedFor = (report: ProducerReported | undefined) => Object.fromEntries(report?.refused.map(({ reason, count }) => [reason, count]) ?? [])

describe('the gate', () => {
  test('hands accepted records on unchanged and in order, and keeps the others out', async () => {
    await openOne()
    const good = [tps(), tps({ windowEndMs: now + 1 }), tps({ service: 'code' })]
    await write(good[0] as TpsObserved, tps({ tps: -5, windowEndMs: now + 9 }), good[1] as TpsObserved, tps({ service: 'unknown' }), good[2] as TpsObserved)
    await settled(5)
    expect(await standing('signals')).toEqual(good)
    expect(await metrics.expose().then(({ text }) => text)).toMatch(/heteroscale_gate_records_total\{.*outcome="accepted".*\} 3/)
    expect(await metrics.expose().then(({ text }) => text)).toMatch(/heteroscale_gate_records_total\{.*outcome="OUT_OF_RANGE".*\} 1/)
    expect(reportOf('gateway/*')).toMatchObject({ accepted: 3, refused: [{ reason: 'OUT_OF_RANGE', count: 1 }, { reason: 'UNKNOWN_SERVICE', count: 1 }], lastAcceptedAt: now })
  })

  test('takes a window once', async () => {
    await openOne()
    await write(tps(), tps({ tps: 7 }), tps({ role: 'prefill' }))
    await settled(3)
    expect((await standing('signals')).map((event) => event.type === 'TpsObserved' && [event.role, event.tps])).toEqual([['decode', 1000], ['prefill', 1000]])
    expect(refusedFor(reportOf('gateway/*'))).toEqual({ REPEATED: 1 })
  })

  test('takes no more of one producer than its bucket holds; the others go on, and so does it once time has passed', async () => {
    await openOne()
    const flood = Array.from({ length: 5_000 }, (_, index) => tps({ windowEndMs: now - index }))
    await write(...flood, tps({ source: 'other/sub-a' }))
    await settled(5_001)
    const sources = (await standing('signals')).map((event) => ('source' in event ? event.source : ''))
    expect(sources).toEqual([...Array(5).fill('gateway/*'), 'other/sub-a'])
    expect(refusedFor(reportOf('gateway/*'))).toEqual({ RATE_LIMITED: 4_995 })
    now += 1000
    await write(tps(), tps({ windowEndMs: now + 1 }))
    await settled(5_003)
    expect(await standing('signals')).toHaveLength(7)
  })

  /** The log's appender once `failures` calls have failed. */
  const failing = (failures: number): Appender => {
    const real = ours
    return { ...real, append: (records) => (failures-- > 0 ? Promise.reject(portError('unavailable', 'KAFKA_UNAVAILABLE')) : real.append(records)) }
  }

  test('tries again while the log does not answer, and commits only then', async () => {
    ours = failing(3)
    await write(tps())
    await openOne()
    await settled(1)
    expect(await standing('signals')).toHaveLength(1)
    expect(reportOf('gateway/*')).toMatchObject({ accepted: 1, refused: [] })
  })

  test('what could not be written before the partition left is no repeat when it comes again', async () => {
    const real = ours
    ours = failing(Infinity)
    await write(tps())
    await (await openOne()).close()
    expect(await committed()).toBe(0)
    const meters = createGateMeters(createMetrics('collector'))
    open.push(await openGate({ group: gateGroup('heteroscale'), eventLog, appender: real, desk, producers, clock, log, meters }))
    await settled(1)
    expect(await standing('signals')).toHaveLength(1)
  })

  test('counts tombstones and malformed sources under those whom nobody can name', async () => {
    await openOne()
    await stranger.append([{ topic: 'metrics', key: 'chat', event: null }])
    await write(tps({ source: 'x'.repeat(2_000) }))
    await settled(2)
    const report = reportOf('(unreadable)')
    expect(refusedFor(report)).toEqual({ BAD_BYTES: 1, NOT_ALLOWED: 1 })
    expect(report?.lastRefusal.length).toBeLessThanOrEqual(300)
  })
})

describe('the desk', () => {
  beforeEach(() => openOne())

  const letter = (offset: number, reason: string) =>
    ({ type: 'DeadLetter', topic: 'heteroscale.metrics.v1', partition: 0, offset, key: null, reason, bytes: 'A'.repeat(9_000), time: now }) as const

  test('counts unreadable records by reason and keeps a bounded part of them', () => {
    const letters = Array.from({ length: 1_000 }, (_, offset) => letter(offset, offset % 2 === 0 ? 'E_EVENT_SCHEMA id 9' : 'E_EVENT_MAGIC first byte 1'))
    const kept = desk.unreadable(letters)
    expect(kept).toHaveLength(100)
    expect(kept[0]?.bytes).toHaveLength(4_096)
    expect(refusedFor(reportOf('(unreadable)'))).toEqual({ BAD_BYTES: 500, UNKNOWN_SCHEMA: 500 })
    now += 1000
    expect(desk.unreadable(letters)).toHaveLength(10)
  })

  test('lets 32 producers speak of one service, and another once one has been silent for ten minutes', () => {
    producers = createProducers({ perSecond: 1, burst: 5 })
    const say = (name: string) => desk.admit({ topic: 'metrics', partition: 0, offset: 0, key: 'chat', appendedAtMs: now, event: tps({ source: `${name}/*` }) })
    const answers = Array.from({ length: 33 }, (_, index) => say(`p${index}`))
    expect(answers.map((answer) => ('reason' in answer ? answer.reason : 'ok')).filter((answer) => answer !== 'ok')).toEqual(['TOO_MANY_PRODUCERS'])
    now += 600_001
    expect(say('p32')).not.toHaveProperty('reason')
  })
})

describe('the producers', () => {
  const refusal = { reason: 'UNKNOWN_SERVICE', detail: 'service "x"' } as const

  test('are as many as are counted; made-up names never take the place of one whose records count', () => {
    const few = createProducers({ perSecond: 1, burst: 1 }, 2)
    few.accepted('a/*', now)
    few.accepted('b/*', now)
    for (let index = 0; index < 10_000; index += 1) few.refused(`made-up-${index}/*`, refusal, now)
    expect(few.changed('g', now)).toHaveLength(202)
    expect(few.mayWrite('c/*', now)).toBe(false)
    expect(few.mayWrite('a/*', now)).toBe(true)
    expect(few.mayWrite('c/*', now + 600_001)).toBe(true)
  })

  test('are reported when something changed, at the end too', async () => {
    producers.accepted('gateway/*', now)
    const wait = { ...clock, sleep: (_: number, stop?: Promise<unknown>) => Promise.resolve(stop).then(() => undefined) }
    const reports = startGateReports({ gate: 'collector', producers, appender: ours, clock: wait, log })
    await reports.stop()
    expect(await standing('dead-letters')).toMatchObject([{ type: 'ProducerReported', gate: 'collector', producer: 'gateway/*', accepted: 1, refused: [], lastRefusal: '' }])
    await startGateReports({ gate: 'collector', producers, appender: ours, clock: wait, log }).stop()
    expect(await standing('dead-letters')).toHaveLength(1)
  })
})
