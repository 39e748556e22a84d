import { describe, expect, it } from 'vitest'
import { portError } from '../../../core/port-error.ts'
import type { EventLog, GroupHandler } from '../../../core/ports.ts'
import { ticksOf } from './history.ts'
import { openStage, silentLog } from './stage.ts'

/** The twin carries events and no bytes, so that none is unreadable there: this tells the member what the real adapter would. */
const withUnreadable = (inner: EventLog) => {
  let handler: GroupHandler | null = null
  const eventLog: EventLog = { ...inner, join: (options) => inner.join({ ...options, handler: (handler = options.handler) }) }
  const meetUnreadable = (partition: number) =>
    handler?.stopped?.(partition, portError('corrupt', `E_SCHEMA signals/${partition}: schema 999 is not registered here`))
  return { eventLog, meetUnreadable }
}

const openStory = async () => {
  const stage = await openStage()
  const alarms: { readonly fields: object; readonly message: string }[] = []
  const { eventLog, meetUnreadable } = withUnreadable(stage.broker.eventLog())
  const log = { ...silentLog, error: (fields: object, message: string) => void alarms.push({ fields, message }) }
  const ada = await stage.startDecider('ada', { eventLog, log })
  await stage.pass(5)
  return { stage, ada, alarms, meetUnreadable }
}

describe('a partition that holds a record which this version cannot read', () => {
  it('raises the alarm: an error in the log, a gauge above zero, and a process that is not ready', async () => {
    const { ada, alarms, meetUnreadable } = await openStory()
    expect(ada.ready()).toBe(true)
    expect(await ada.metric('heteroscale_decider_partitions_stopped')).toEqual([expect.stringMatching(/ 0$/)])
    meetUnreadable(1)
    expect(alarms).toMatchObject([{ fields: { partition: 1, code: 'E_UNREADABLE' }, message: expect.stringContaining('schema 999') }])
    expect(await ada.metric('heteroscale_decider_partitions_stopped')).toEqual([expect.stringMatching(/ 1$/)])
    expect(ada.ready()).toBe(false)
  })

  it('is not ticked any more, while the other partitions go on', async () => {
    const { stage, meetUnreadable } = await openStory()
    meetUnreadable(1)
    const stoppedAt = stage.clock.now()
    await stage.pass(10)
    const later = (await ticksOf(stage.eventLog)).filter(({ time }) => time > stoppedAt)
    expect(new Set(later.map(({ partition }) => partition))).toEqual(new Set([0]))
  })

  it('alarms no more once it belongs to another member', async () => {
    const { stage, ada, meetUnreadable } = await openStory()
    meetUnreadable(1)
    await stage.startDecider('bob')
    expect(await ada.metric('heteroscale_decider_partitions_stopped')).toEqual([expect.stringMatching(/ 0$/)])
    expect(ada.ready()).toBe(true)
  })
})
