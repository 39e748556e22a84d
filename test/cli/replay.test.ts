import { describe, expect, it } from 'vitest'
import { replayLog } from '../../cli/replay-log.ts'
import { describeReport } from '../../cli/replay-text.ts'
import type { ScaleDecided } from '../../core/events/decided.ts'
import { recordsOf, replayed } from '../services/decider/history.ts'
import { coreHash, openStage, type Stage } from '../services/decider/stage.ts'

const playedStage = async (): Promise<Stage> => {
  const stage = await openStage()
  for (const service of ['chat', 'code']) await stage.configure(service)
  const decider = await stage.startDecider('ada')
  await stage.pass(120)
  await decider.stop()
  return stage
}

const tamper = async (stage: Stage, change: object): Promise<string> => {
  const [first] = (await recordsOf(stage.eventLog, 'decisions')).filter(({ event }) => event?.type === 'ScaleDecided')
  if (first?.event?.type !== 'ScaleDecided') throw new Error('expected a decision')
  const appender = await stage.eventLog.appender()
  await appender.append([{ topic: 'decisions', key: first.key, event: { ...first.event, ...change } }])
  return first.event.decisionId
}

describe('heteroscale replay', () => {
  it('ends with the counts of holds and decisions when all are equal', async () => {
    const report = await replayed((await playedStage()).eventLog)
    const { count } = report.decisions
    expect(count).toBeGreaterThan(2)
    expect(describeReport(report).slice(-2)).toEqual([
      `replay: ${report.holds.count} holds, ${report.holds.count} equal`,
      `replay: ${count} decisions, ${count} equal`,
    ])
  })

  it('counts one of a thing as one', async () => {
    const report = await replayed((await playedStage()).eventLog)
    const one = { count: 1, equal: 1 }
    const lines = describeReport({ ...report, records: 1, ticks: 1, partitions: 1, unsettled: 1, intents: one, holds: one, decisions: one }).join('\n')
    expect(lines).toMatch(/^replay: 1 record with 1 tick in 1 partition, /)
    expect(lines).toContain('replay: 1 output is not on record')
    expect(lines).toMatch(/replay: 1 intent, 1 equal\nreplay: 1 hold, 1 equal\nreplay: 1 decision, 1 equal$/)
  })

  it('names the decision and the field that somebody changed', async () => {
    const stage = await playedStage()
    const id = await tamper(stage, { reason: 'because' })
    const report = await replayed(stage.eventLog)
    expect(report.equal).toBe(false)
    expect(describeReport(report).join('\n')).toMatch(new RegExp(`first difference: ScaleDecided ${id} of chat: two-contents at reason`))
  })

  it('reports a decision that nobody decided', async () => {
    const stage = await playedStage()
    await tamper(stage, { decisionId: 'chat-0000000000000000' })
    const report = await replayed(stage.eventLog)
    expect(report.differences).toMatchObject([{ what: 'unexpected', id: 'chat-0000000000000000' }])
    expect(report.decisions.equal).toBe(report.decisions.count - 1)
    const { count } = report.decisions
    expect(describeReport(report).at(-1)).toBe(`replay: ${count} decisions, ${count - 1} equal: ${count} are on record, ${count - 1} were decided again`)
  })

  it('compares one service alone', async () => {
    const stage = await playedStage()
    const whole = await replayed(stage.eventLog)
    const chat = await replayed(stage.eventLog, { service: 'chat' })
    expect(chat).toMatchObject({ equal: true, partitions: 1 })
    expect(chat.decisions.count).toBeGreaterThan(0)
    expect(chat.decisions.count).toBeLessThan(whole.decisions.count)
  })

  it('does not compare what another version decided, and says which', async () => {
    const report = await replayed((await playedStage()).eventLog, { coreHash: 'core-b' })
    expect(report.equal).toBe(false)
    expect(describeReport(report)).toEqual([expect.stringMatching(/^OTHER_CORE replay: got decisions by core core-a; allowed: core core-b/)])
  })

  it('does not call an equality of nothing equal: a service that nobody knows is refused by name', async () => {
    const report = await replayed((await playedStage()).eventLog, { service: 'chta' })
    expect(report).toMatchObject({ equal: false, refusal: { reason: 'UNKNOWN_SERVICE' } })
    expect(describeReport(report)).toEqual([expect.stringMatching(/^UNKNOWN_SERVICE replay: got --service chta/)])
  })

  it('refuses a log in which nobody has decided anything', async () => {
    const stage = await openStage()
    await stage.configure('chat')
    const report = await replayed(stage.eventLog)
    expect(report).toMatchObject({ equal: false, refusal: { reason: 'NOTHING_TO_COMPARE' } })
    expect(describeReport(report)).toEqual([expect.stringMatching(/^NOTHING_TO_COMPARE replay/)])
  })

  it('without a commit a missing decision is still a difference, as far as the record goes', async () => {
    const { eventLog } = await playedStage()
    const lost = (await recordsOf(eventLog, 'decisions')).find(({ event }) => event?.type === 'ScaleDecided')
    const forgetful = {
      ...eventLog,
      read: async function* (range: Parameters<typeof eventLog.read>[0]) {
        for await (const record of eventLog.read(range)) if (range.topic !== 'decisions' || record.offset !== lost?.offset || record.partition !== lost.partition) yield record
      },
    }
    const report = await replayLog(forgetful, { coreHash, group: 'a-group-that-never-committed' })
    expect(report.equal).toBe(false)
    expect(report.differences).toMatchObject([{ what: 'missing', id: (lost?.event as ScaleDecided).decisionId }])
  })
})
