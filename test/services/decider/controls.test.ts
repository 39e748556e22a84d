import { describe, expect, it } from 'vitest'
import { controlKey, fleetScope, scopeOf } from '../../../core/controls/controls.ts'
import type { ControlSet } from '../../../core/events/control.ts'
import type { EventOf } from '../../../core/events/event.ts'
import { portError } from '../../../core/port-error.ts'
import type { EventLog, LogRecord } from '../../../core/ports.ts'
import { claimsOf, recordsOf, replayed } from './history.ts'
import { settled, wrongBy } from './manual-clock.ts'
import { openStage, silentLog, type Stage } from './stage.ts'

const openBusyStage = async (...services: readonly string[]) => {
  const stage = await openStage()
  for (const service of services) await stage.configure(service)
  return stage
}

const freeze = { scope: fleetScope, control: 'freeze', value: 'on' } as const
const pause = (service: string) => ({ scope: scopeOf(service), control: 'mode', value: 'paused' }) as const

const order = async ({ eventLog, clock }: Stage, changes: Pick<ControlSet, 'scope' | 'control' | 'value'> & Partial<ControlSet>) => {
  const time = clock.now()
  const event: ControlSet = { type: 'ControlSet', prefill: null, decode: null, untilMs: null, author: 'eve', reason: 'fire', time, ...changes }
  const appender = await eventLog.appender()
  await appender.append([{ topic: 'controls', key: controlKey(event), event }])
  await appender.close()
  await settled()
}

const changesOf = async ({ eventLog }: Stage): Promise<readonly EventOf<'ControlChanged'>[]> =>
  (await recordsOf(eventLog, 'signals')).flatMap(({ event }) => (event?.type === 'ControlChanged' ? [event] : []))

/** `chat@2: freeze, mode`: whom an owner told what, and on how much of `controls` that rests. */
const toldOf = async (stage: Stage): Promise<readonly string[]> =>
  (await changesOf(stage)).map(({ service, controlsEnd, directives }) => `${service}@${controlsEnd}: ${directives.map(({ control }) => control).join(', ')}`)

const holdsOf = async ({ eventLog }: Stage, service: string) =>
  (await recordsOf(eventLog, 'decisions')).flatMap(({ event }) => (event?.type === 'ScaleHeld' && event.service === service ? [event] : []))

const ordersOf = async ({ eventLog }: Stage): Promise<number> =>
  (await recordsOf(eventLog, 'decisions')).filter(({ event }) => event?.type === 'ScaleDecided').length

/** A log whose follower of `controls` is another one. */
const withControls = (inner: EventLog, follow: EventLog['follow']): EventLog => ({
  ...inner,
  follow: (options) => (options.topics.includes('controls') ? follow(options) : inner.follow(options)),
})

describe('the owner of a partition', () => {
  it('tells each service once what is ordered, also when that is nothing', async () => {
    const stage = await openBusyStage('chat')
    await stage.startDecider('ada')
    await stage.pass(60)
    expect(await toldOf(stage)).toEqual(['chat@0: '])
    await order(stage, freeze)
    await stage.configure('code')
    await stage.pass(60)
    expect((await toldOf(stage)).slice(1).sort()).toEqual(['chat@1: freeze', 'code@1: freeze'])
    expect((await holdsOf(stage, 'code')).map(({ reason }) => reason)).toEqual(['FROZEN'])
    expect(await replayed(stage.eventLog)).toMatchObject({ equal: true })
  })

  it('tells a change to the services that it concerns, before their next tick', async () => {
    const stage = await openBusyStage('chat', 'code')
    await stage.startDecider('ada')
    await stage.pass(10)
    await order(stage, pause('chat'))
    const orderedAt = stage.clock.now()
    expect((await toldOf(stage)).filter((told) => !told.endsWith('@0: '))).toEqual(['chat@1: mode'])
    await stage.pass(1)
    expect((await holdsOf(stage, 'chat')).at(-1)).toMatchObject({ reason: 'PAUSED', time: orderedAt + 1000, detail: 'mode paused for service/chat by eve: fire' })
    expect((await holdsOf(stage, 'code')).at(-1)?.reason).not.toBe('PAUSED')
  })

  it('stops the fleet while it is frozen, and lets it go on when released', async () => {
    const stage = await openBusyStage('chat', 'code')
    await stage.startDecider('ada')
    await stage.pass(5)
    await order(stage, freeze)
    await stage.pass(200)
    expect(await ordersOf(stage)).toBe(0)
    await order(stage, { ...freeze, value: 'released' })
    await stage.pass(200)
    expect(await ordersOf(stage)).toBeGreaterThan(0)
    const told = ['chat@0: ', 'chat@1: freeze', 'chat@2: ', 'code@0: ', 'code@1: freeze', 'code@2: ']
    expect([...(await toldOf(stage))].sort()).toEqual(told)
    expect(await replayed(stage.eventLog)).toMatchObject({ equal: true })
  })

  it('tells a service again that was removed and came back', async () => {
    const stage = await openBusyStage('chat')
    await stage.startDecider('ada')
    await stage.pass(5)
    await stage.remove('chat')
    await stage.pass(5)
    await stage.configure('chat')
    await stage.pass(5)
    expect(await toldOf(stage)).toEqual(['chat@0: ', 'chat@0: '])
  })

  it('tries again at the next tick when the log did not take it', async () => {
    const stage = await openBusyStage('chat')
    const inner = stage.broker.eventLog()
    let refusals = 0
    const eventLog: EventLog = {
      ...inner,
      appender: async () => {
        const appender = await inner.appender()
        const isRefused = (type: string | undefined): boolean => type === 'ControlChanged' && ++refusals === 2
        return {
          ...appender,
          append: (records) => (records.some(({ event }) => isRefused(event?.type)) ? Promise.reject(portError('unavailable', 'away')) : appender.append(records)),
        }
      },
    }
    await stage.startDecider('ada', { eventLog })
    await stage.pass(5)
    await order(stage, freeze)
    expect(await toldOf(stage)).toEqual(['chat@0: '])
    await stage.pass(2)
    expect(await toldOf(stage)).toEqual(['chat@0: ', 'chat@1: freeze'])
  })

  it('does not repeat while what it told is on its way', async () => {
    const stage = await openBusyStage('chat')
    const inner = stage.broker.eventLog()
    const waiting: (() => void)[] = []
    const eventLog: EventLog = {
      ...inner,
      appender: async () => {
        const appender = await inner.appender()
        const late = (records: Parameters<typeof appender.append>[0]) =>
          new Promise<void>((resolve) => waiting.push(resolve)).then(() => appender.append(records))
        return { ...appender, append: (records) => (records.some(({ event }) => event?.type === 'ControlChanged') ? late(records) : appender.append(records)) }
      },
    }
    await stage.startDecider('ada', { eventLog })
    await stage.pass(20)
    expect(waiting).toHaveLength(1)
    for (const release of waiting) release()
    await stage.pass(20)
    expect(await toldOf(stage)).toEqual(['chat@0: '])
  })

  it('does not tick before it knows the controls', async () => {
    const stage = await openBusyStage('chat')
    await order(stage, freeze)
    let release: () => void = () => undefined
    const known = new Promise<void>((resolve) => (release = resolve))
    const inner = stage.broker.eventLog()
    const eventLog = withControls(inner, async (options) => ({ ...(await inner.follow(options)), caughtUp: () => known }))
    const starting = stage.startDecider('ada', { eventLog })
    await stage.pass(10)
    expect(await claimsOf(stage.eventLog)).toEqual([])
    release()
    expect((await starting).ready()).toBe(true)
    await stage.pass(10)
    expect(await toldOf(stage)).toEqual(['chat@1: freeze'])
  })

  it('shows how many controls are in force, until they end by themselves', async () => {
    const stage = await openBusyStage('chat')
    const ada = await stage.startDecider('ada')
    const inForce = async () =>
      Object.fromEntries((await ada.metric('heteroscale_controls_in_force{')).map((line) => [/control="([^"]+)"/.exec(line)?.[1], Number(line.split(' ').at(-1))]))
    expect(await inForce()).toEqual({ 'kill-switch': 0, freeze: 0, mode: 0, 'manual-scale': 0 })
    await order(stage, { ...freeze, untilMs: stage.clock.now() + 30_000 })
    await order(stage, pause('chat'))
    await order(stage, pause('code'))
    expect(await inForce()).toEqual({ 'kill-switch': 0, freeze: 1, mode: 2, 'manual-scale': 0 })
    await stage.pass(31)
    expect(await inForce()).toMatchObject({ freeze: 0, mode: 2 })
  })
})

describe('the next owner', () => {
  it('repeats nothing, and tells what was ordered while nobody owned the partition', async () => {
    const stage = await openBusyStage('chat', 'code')
    const ada = await stage.startDecider('ada')
    await order(stage, freeze)
    await stage.pass(30)
    const told = await toldOf(stage)
    await ada.stop()
    const bob = await stage.startDecider('bob')
    await stage.pass(30)
    expect(await toldOf(stage)).toEqual(told)
    await bob.stop()
    await order(stage, pause('code'))
    await stage.startDecider('cyd')
    await stage.pass(30)
    expect((await toldOf(stage)).slice(told.length)).toEqual(['code@2: freeze, mode'])
    expect(await replayed(stage.eventLog)).toMatchObject({ equal: true })
  })
})

describe('a rival of the owner', () => {
  it('tells nobody anything: of two members who hold a partition, only the one with the claim speaks', async () => {
    const stage = await openBusyStage('chat')
    await stage.startDecider('zombie', { group: 'one-group' })
    await stage.pass(20)
    await stage.startDecider('owner', { group: 'another-group', clock: wrongBy(stage.clock, 300) })
    await stage.pass(3)
    await order(stage, freeze)
    await stage.pass(5)
    expect(await toldOf(stage)).toEqual(['chat@0: ', 'chat@1: freeze'])
    expect(await replayed(stage.eventLog)).toMatchObject({ equal: true, differences: [] })
  })
})

describe('a process that knows fewer controls than a fold rests on', () => {
  const openStory = async () => {
    const stage = await openBusyStage('chat')
    const ada = await stage.startDecider('ada')
    await stage.pass(5)
    await order(stage, freeze)
    await stage.pass(20)
    await ada.stop()
    const alarms: { readonly fields: object; readonly message: string }[] = []
    const log = { ...silentLog, error: (fields: object, message: string) => void alarms.push({ fields, message }) }
    return { stage, alarms, log, inner: stage.broker.eventLog() }
  }

  it('says once that the topic was lost, and leaves every service as it is', async () => {
    const { stage, alarms, log, inner } = await openStory()
    const empty = { died: new Promise<never>(() => undefined), caughtUp: () => Promise.resolve(), close: () => Promise.resolve() }
    await stage.startDecider('bob', { log, eventLog: withControls(inner, () => Promise.resolve(empty)) })
    await stage.pass(200)
    expect(alarms).toMatchObject([{ fields: { code: 'E_CONTROLS_LOST' }, message: expect.stringMatching(/^E_CONTROLS_LOST controls: got a topic that ends at offset 0 /) }])
    expect(await toldOf(stage)).toEqual(['chat@0: ', 'chat@1: freeze'])
    expect(await ordersOf(stage)).toBe(0)
  })

  it('raises no alarm when it only had to read on', async () => {
    const { stage, alarms, log, inner } = await openStory()
    const held: LogRecord[] = []
    const eventLog = withControls(inner, async (options) => {
      const follower = await inner.follow({ ...options, onRecord: (record) => void held.push(record) })
      let asked = 0
      const caughtUp = async () => {
        await follower.caughtUp()
        if (asked++ > 0) for (const record of held.splice(0)) await options.onRecord(record)
      }
      return { ...follower, caughtUp }
    })
    await stage.startDecider('bob', { log, eventLog })
    await stage.pass(60)
    expect(alarms).toEqual([])
    expect(await toldOf(stage)).toEqual(['chat@0: ', 'chat@1: freeze'])
    await order(stage, { ...freeze, value: 'released' })
    expect(held).toHaveLength(1)
  })
})
