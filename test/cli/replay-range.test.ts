/** Any hour can be replayed: from the checkpoints before it, and after the log's beginning has expired. */
import { beforeAll, describe, expect, it } from 'vitest'
import { replayLog, type ReplayReport } from '../../cli/replay-log.ts'
import type { ReplayProgress } from '../../cli/replay-progress.ts'
import { describeProgress, describeReport } from '../../cli/replay-text.ts'
import type { TickRange } from '../../core/audit/replay.ts'
import type { EventLog, LogRecord } from '../../core/ports.ts'
import type { Topic } from '../../core/topics.ts'
import { recordsOf } from '../services/decider/history.ts'
import { coreHash, group, openStage, start, type Stage } from '../services/decider/stage.ts'

const seconds = (count: number): number => start + count * 1000
const openEnd = Infinity

/** One owner for two minutes, then another for 70: checkpoints at the change, and a checkpoint of the hour. */
let stage: Stage
beforeAll(async () => {
  stage = await openStage({ partitions: 1 })
  await stage.configure('chat')
  const ada = await stage.startDecider('ada')
  await stage.pass(120)
  await ada.stop()
  const bob = await stage.startDecider('bob')
  await stage.pass(60)
  await stage.configure('code')
  await stage.pass(4140)
  await bob.stop()
}, 120_000)

/** The log with what is older than `offset` gone from a topic. */
const expiredBelow = (eventLog: EventLog, starts: Partial<Record<Topic, number>>): EventLog => {
  const startOf = (topic: Topic, start: number): number => Math.max(start, starts[topic] ?? 0)
  return {
    ...eventLog,
    bounds: async (topic) => (await eventLog.bounds(topic)).map((bounds) => ({ ...bounds, start: startOf(topic, bounds.start) })),
    read: (range) => eventLog.read({ ...range, from: startOf(range.topic, range.from) }),
  }
}

const offsetAt = async (topic: Topic, holds: (record: LogRecord) => boolean): Promise<number> =>
  (await recordsOf(stage.eventLog, topic)).find(holds)?.offset ?? Number.NaN

const timeOf = ({ event }: LogRecord): number => (event !== null && 'time' in event ? event.time : -1)

const replay = (eventLog: EventLog, range?: TickRange): Promise<ReplayReport> =>
  replayLog(eventLog, { coreHash, group, ...(range === undefined ? {} : { range }) })

describe('a range', () => {
  it('is compared alone, from the checkpoints before it', async () => {
    const whole = await replay(stage.eventLog)
    expect(whole).toMatchObject({ equal: true, fromMs: null })
    const report = await replay(stage.eventLog, { fromMs: seconds(3900), toMs: seconds(4200) })
    expect(report).toMatchObject({ equal: true, differences: [], ticks: 301, fromMs: seconds(3900) })
    expect(report.decisions.count).toBeGreaterThan(0)
    // Some 500 s from the checkpoint of the hour to the range's end, out of 4,320 s.
    expect(report.records).toBeLessThan(whole.records / 4)
  })

  it('adds up with its neighbours to the whole', async () => {
    const whole = await replay(stage.eventLog)
    const cuts = [-Infinity, seconds(100), seconds(500), seconds(3800), Infinity]
    const parts: ReplayReport[] = []
    for (const [index, fromMs] of cuts.slice(0, -1).entries()) parts.push(await replay(stage.eventLog, { fromMs, toMs: (cuts[index + 1] as number) - 1 }))
    expect(parts.map(({ equal }) => equal)).toEqual([true, true, true, true])
    for (const kind of ['decisions', 'holds', 'intents'] as const)
      expect(parts.reduce((sum, part) => sum + part[kind].count, 0)).toBe(whole[kind].count)
    expect(parts.reduce((sum, { ticks }) => sum + ticks, 0)).toBe(whole.ticks)
  })

  it('names a decision that was changed inside it, and is silent about one outside', async () => {
    const id = (await recordsOf(stage.eventLog, 'decisions')).find((record) => record.event?.type === 'ScaleDecided' && timeOf(record) > seconds(3900))
    const changed: EventLog = {
      ...stage.eventLog,
      read: async function* (range) {
        for await (const record of stage.eventLog.read(range))
          yield record.topic === 'decisions' && record.offset === id?.offset ? ({ ...record, event: { ...record.event, reason: 'because' } } as LogRecord) : record
      },
    }
    expect((await replay(changed, { fromMs: seconds(3900), toMs: openEnd })).differences).toMatchObject([{ what: 'differs', path: 'reason' }])
    expect(await replay(changed, { fromMs: seconds(3000), toMs: seconds(3600) })).toMatchObject({ equal: true })
  })

  it('works for one service alone, also one that was configured after the checkpoints', async () => {
    const range = { fromMs: seconds(170), toMs: seconds(600) }
    for (const service of ['chat', 'code']) {
      const report = await replayLog(stage.eventLog, { coreHash, group, service, range })
      expect(report).toMatchObject({ equal: true, differences: [] })
      expect(report.decisions.count).toBeGreaterThan(0)
    }
  })

  it('in which nothing was decided is refused, not called equal', async () => {
    expect(await replay(stage.eventLog, { fromMs: seconds(9000), toMs: openEnd })).toMatchObject({ refusal: { reason: 'NOTHING_TO_COMPARE' } })
  })
})

describe('a log whose beginning has expired', () => {
  it('is replayed from the first checkpoints that are kept, and says from when', async () => {
    const signals = (await offsetAt('signals', (record) => timeOf(record) === seconds(60))) + 1
    const report = await replay(expiredBelow(stage.eventLog, { signals }))
    expect(report).toMatchObject({ equal: true, differences: [], expired: [0] })
    expect(report.fromMs).toBeGreaterThan(seconds(115))
    expect(report.fromMs).toBeLessThan(seconds(130))
    expect(describeReport(report).join('\n')).toMatch(/compared from 2026-01-01T00:02:\S+Z; what came before has expired in partition 0/)
  })

  it('is replayed from the checkpoints of an hour', async () => {
    const signals = await offsetAt('signals', (record) => timeOf(record) === seconds(3000))
    const report = await replay(expiredBelow(stage.eventLog, { signals }), { fromMs: seconds(3900), toMs: openEnd })
    expect(report).toMatchObject({ equal: true, expired: [], fromMs: seconds(3900) })
  })

  it('is refused when no checkpoint is left that all services have', async () => {
    const signals = await offsetAt('signals', (record) => timeOf(record) === seconds(3000))
    const checkpoints = (await stage.eventLog.bounds('checkpoints'))[0]?.end ?? 0
    const report = await replay(expiredBelow(stage.eventLog, { signals, checkpoints }))
    expect(report).toMatchObject({ equal: false, refusal: { reason: 'LOG_EXPIRED', partitions: [0] } })
    expect(describeReport(report)).toEqual([expect.stringMatching(/^LOG_EXPIRED replay: got partitions 0 .*no whole set/)])
  })

  it('does not begin from a set of which a part has expired', async () => {
    const all = await recordsOf(stage.eventLog, 'checkpoints')
    const [last] = all.slice(-1) as [LogRecord]
    const signals = await offsetAt('signals', (record) => timeOf(record) === seconds(3000))
    expect(await replay(expiredBelow(stage.eventLog, { signals, checkpoints: last.offset }))).toMatchObject({ refusal: { reason: 'LOG_EXPIRED' } })
  })
})

describe('progress', () => {
  it('says how far it is and how fast', async () => {
    const said: ReplayProgress[] = []
    const report = await replayLog(stage.eventLog, { coreHash, group, onProgress: (progress) => void said.push(progress) })
    expect(said.at(-1)).toMatchObject({ percent: 100, records: report.records, ticks: report.ticks })
    expect(describeProgress(said.at(-1) as ReplayProgress)).toMatch(/^replay: 100 %, partition 0: \d+ records, \d+ ticks folded, \d+ records\/s$/)
  })
})
