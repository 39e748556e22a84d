/** What happens to a hold's bytes in the log, and who misses the newest one. */
import { describe, expect, it } from 'vitest'
import { createCodec } from '../../adapters/kafka/codec.ts'
import { processTerminal } from '../../cli/terminal.ts'
import { verifyLog } from '../../cli/verify-log.ts'
import { describeVerification } from '../../cli/verify-text.ts'
import { addRecord, openHistory } from '../../core/audit/verify/history.ts'
import { verify, type Verification } from '../../core/audit/verify/verify.ts'
import type { LogEvent } from '../../core/events/event.ts'
import type { EventLog, LogRecord } from '../../core/ports.ts'
import { recordsOf } from '../services/decider/history.ts'
import { openStage, type Stage } from '../services/decider/stage.ts'

const verified = (eventLog: EventLog, service: string | null = null): Promise<Verification> =>
  verifyLog(eventLog, { service, sinceMs: -Infinity, changes: null, onProgress: () => undefined })

const services = ['chat', 'code']

/** Both services hold at the end; a snapshot of each is taken every second. */
const played = async (): Promise<Stage> => {
  const stage = await openStage()
  for (const service of services) await stage.configure(service)
  const decider = await stage.startDecider('ada', { snapshotIntervalMs: 1000 })
  await stage.pass(120)
  await decider.stop()
  return stage
}

/** The log without those records of `decisions` that `isGone` names. */
const withoutVerdicts = (eventLog: EventLog, isGone: (event: LogEvent) => boolean): EventLog => ({
  ...eventLog,
  bounds: (topic) => eventLog.bounds(topic),
  partitionOf: (topic, key) => eventLog.partitionOf(topic, key),
  read: async function* (range) {
    for await (const record of eventLog.read(range)) if (range.topic !== 'decisions' || record.event === null || !isGone(record.event)) yield record
  },
})

const newestOf = (verdicts: readonly LogRecord[], service: string) => verdicts.map(({ event }) => event).filter((event) => event !== null && 'service' in event && event.service === service).at(-1)

describe('the newest hold of a service', () => {
  it('is missed by the snapshots that were taken after it, and by those of no other service', async () => {
    const { eventLog } = await played()
    const newest = newestOf(await recordsOf(eventLog, 'decisions'), 'chat')
    expect(newest).toMatchObject({ type: 'ScaleHeld' })
    const damaged = withoutVerdicts(eventLog, (event) => event === newest)
    const named = ({ findings }: Verification): readonly string[] => findings.map(({ code, service, id }) => `${code} ${service} ${id}`).filter((text) => !text.startsWith('RECORD_UNREADABLE'))
    expect(named(await verified(eventLog))).toEqual([])
    expect(new Set(named(await verified(damaged)))).toEqual(new Set(['HOLDS_BROKEN chat snapshots/chat']))
    expect(new Set(named(await verified(damaged, 'chat')))).toEqual(new Set(['HOLDS_BROKEN chat snapshots/chat']))
    expect(named(await verified(damaged, 'code'))).toEqual([])
    expect(describeVerification(await verified(damaged), [], { ...processTerminal, isTty: false })[0]).toMatch(/chain broken in [1-9]\d* places?/)
  })

  it('is not missed while it and its snapshot are written during the reading', async () => {
    const stage = await openStage()
    await stage.configure('chat')
    const decider = await stage.startDecider('ada', { snapshotIntervalMs: 1000 })
    await stage.pass(20)
    const before = (await recordsOf(stage.eventLog, 'decisions')).length
    const { eventLog } = stage
    const live: EventLog = {
      ...eventLog,
      bounds: async (topic) => {
        if (topic === 'snapshots') await stage.pass(90)
        return eventLog.bounds(topic)
      },
      partitionOf: (topic, key) => eventLog.partitionOf(topic, key),
      read: (range) => eventLog.read(range),
    }
    expect((await verified(live)).findings).toEqual([])
    await decider.stop()
    expect((await recordsOf(eventLog, 'decisions')).length).toBeGreaterThan(before)
  })
})

describe('a hold in the log', () => {
  it('shows every bit that was turned over, or cannot be read any more', async () => {
    const codec = createCodec()
    const records = await recordsOf((await played()).eventLog, 'decisions')
    const [first] = records.filter(({ event }) => event?.type === 'ScaleHeld' && event.asks.length > 0)
    if (!first?.event) throw new Error('expected a hold with asks')
    const bytes = codec.encode(first.event)
    const findingsIn = (event: LogEvent): number => {
      const history = openHistory([{ topic: 'decisions', partition: first.partition, start: 1 }])
      addRecord(history, { ...first, event }, true)
      return verify(history).findings.length
    }
    const read = (value: Buffer): LogEvent | null => {
      try {
        return codec.decode(value)
      } catch {
        return null
      }
    }
    expect(findingsIn(codec.decode(bytes))).toBe(0)
    const unseen = Array.from({ length: bytes.length * 8 }, (_, bit) => bit).filter((bit) => {
      const turned = Buffer.from(bytes)
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const event = read(turned)
      return event !== null && findingsIn(event) === 0
    })
    expect(unseen).toEqual([])
  })
})
