import { describe, expect, it } from 'vitest'
import { portError } from '../../../core/port-error.ts'
import type { EventLog } from '../../../core/ports.ts'
import { ClockTrust } from '../../../services/decider/clock-trust.ts'
import { claimsOf, recordsOf, replayed } from './history.ts'
import { createStallingLog } from './stalling-log.ts'
import { openStage } from './stage.ts'

const late = (partition: number, time: number) => ({ partition, time, ignored: 'clock-skew' as const })
const good = (partition: number, time: number) => ({ partition, time, ignored: null })

describe('trust in the own clock', () => {
  it('is lost with the third skewed tick in a row of one partition', () => {
    const trust = new ClockTrust()
    trust.note(late(0, 1000), 1010)
    trust.note(late(0, 2000), 2010)
    expect(trust.isLost()).toBe(false)
    trust.note(late(0, 3000), 3010)
    expect(trust.isLost()).toBe(true)
  })

  it('is not lost by one skewed tick on each of many partitions', () => {
    const trust = new ClockTrust()
    for (const partition of [0, 1, 2, 3, 4]) trust.note(late(partition, 1000), 7000)
    expect(trust.isLost()).toBe(false)
    expect(trust.unblemished()).toBe(false)
  })

  it('is not lost by many ticks that waited out one stall: they were sent before the first of them came back', () => {
    const trust = new ClockTrust()
    for (const time of [1000, 2000, 3000, 4000]) trust.note(late(0, time), 12_000)
    expect(trust.isLost()).toBe(false)
  })

  it('is whole again with a tick that took effect, and without a partition that is ours no more', () => {
    const trust = new ClockTrust()
    for (const partition of [0, 1]) trust.note(late(partition, 1000), 1010)
    trust.note(good(0, 2000), 2010)
    trust.forget(1)
    expect(trust.unblemished()).toBe(true)
  })
})

describe('a decider that owns four partitions', () => {
  it('keeps them through a stall of six seconds that delays a tick on each', async () => {
    const stage = await openStage({ partitions: 4 })
    const broker = createStallingLog(stage.broker.eventLog())
    const ada = await stage.startDecider('ada', { eventLog: broker.eventLog })
    await stage.pass(5)
    broker.stall()
    await stage.pass(6)
    broker.resume()
    await stage.pass(3)
    expect((await ada.metric('heteroscale_decider_ticks_ignored_total')).filter((line) => !line.endsWith(' 0'))).toEqual([expect.stringMatching(/reason="clock-skew".* 4$/)])
    expect(ada.ready()).toBe(true)
    expect((await claimsOf(stage.eventLog)).map(({ partition, epoch }) => [partition, epoch])).toEqual([0, 1, 2, 3].map((partition) => [partition, 1]))
  })
})

describe('a decider that is alone and whose clock is a minute ahead', () => {
  const openLonelyStage = async (changed: (eventLog: EventLog) => EventLog = (eventLog) => eventLog) => {
    const stage = await openStage()
    let ahead = 60_000
    const clock = { ...stage.clock, now: () => stage.clock.now() + ahead }
    const ada = await stage.startDecider('ada', { clock, eventLog: changed(stage.broker.eventLog()) })
    await stage.pass(120)
    expect(ada.ready()).toBe(false)
    return { stage, ada, correctClock: () => void (ahead = 0) }
  }

  it('comes back by itself when its clock is right again: it asks the broker, since nobody else writes', async () => {
    const { stage, ada, correctClock } = await openLonelyStage()
    expect(await claimsOf(stage.eventLog)).toHaveLength(2)
    correctClock()
    await stage.pass(12)
    expect(ada.ready()).toBe(true)
  })

  it('leaves questions in the log that change nothing: no fold counts them', async () => {
    const { stage, correctClock } = await openLonelyStage()
    const probes = (await recordsOf(stage.eventLog, 'signals')).filter(({ event }) => event?.type === 'ClockTicked' && event.epoch === 0)
    expect(probes.length).toBeGreaterThan(3)
    await stage.configure('chat')
    correctClock()
    await stage.pass(100)
    const report = await replayed(stage.eventLog)
    expect(report.holds.count + report.decisions.count).toBeGreaterThan(0)
    expect(report).toMatchObject({ equal: true, differences: [] })
  })

  it('asks again when the broker was away', async () => {
    let away = true
    const { stage, ada, correctClock } = await openLonelyStage((eventLog) => ({
      ...eventLog,
      read: (range) => {
        if (away && range.topic === 'signals') throw portError('unavailable', 'BROKER_AWAY test: no answer')
        return eventLog.read(range)
      },
    }))
    correctClock()
    await stage.pass(20)
    expect(ada.ready()).toBe(false)
    away = false
    await stage.pass(12)
    expect(ada.ready()).toBe(true)
  })
})
