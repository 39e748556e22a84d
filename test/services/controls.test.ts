import { describe, expect, it } from 'vitest'
import { createMemoryBroker } from '../../adapters/memory/event-log.ts'
import { controlKey } from '../../core/controls/controls.ts'
import type { ControlSet } from '../../core/events/control.ts'
import type { EventLog } from '../../core/ports.ts'
import { followControls } from '../../services/controls.ts'

const order = (changes: Partial<ControlSet> = {}): ControlSet => ({
  type: 'ControlSet',
  scope: 'fleet',
  control: 'freeze',
  value: 'on',
  prefill: null,
  decode: null,
  untilMs: null,
  author: 'ada',
  reason: 'network change',
  time: 1_800_000_000_000,
  ...changes,
})

const append = async (eventLog: EventLog, ...orders: readonly ControlSet[]): Promise<void> => {
  const appender = await eventLog.appender()
  await appender.append(orders.map((event) => ({ topic: 'controls', key: controlKey(event), event })))
}

/** A log that stops answering how far `controls` reaches when the test says so. */
const fallingSilent = (eventLog: EventLog) => {
  let answer = (): Promise<void> | null => null
  let asked = 0
  return {
    say: (next: () => Promise<void> | null) => void (answer = next),
    asked: () => asked,
    log: {
      ...eventLog,
      follow: async (options: Parameters<EventLog['follow']>[0]) => {
        const follower = await eventLog.follow(options)
        const caughtUp = (): Promise<void> => {
          asked += 1
          return answer() ?? follower.caughtUp()
        }
        return { ...follower, caughtUp }
      },
    },
  }
}

describe('the controls that a process follows', () => {
  it('are those of the whole topic, a release included', async () => {
    const eventLog = createMemoryBroker().eventLog()
    await append(eventLog, order(), order({ control: 'kill-switch' }), order({ value: 'released' }))
    const controls = await followControls(eventLog)
    expect([...(await controls.read()).keys()]).toEqual(['fleet/kill-switch'])
    await controls.close()
  })

  it('hold every record that was acknowledged before the question', async () => {
    const broker = createMemoryBroker()
    const controls = await followControls(broker.eventLog())
    for (const value of ['on', 'released', 'on'] as const) {
      await append(broker.eventLog(), order({ value }))
      expect((await controls.read()).has('fleet/freeze')).toBe(value === 'on')
    }
    await controls.close()
  })

  it('are unreadable, not as they were, when the log does not answer in time; and readable when it answers again', async () => {
    const silent = fallingSilent(createMemoryBroker().eventLog())
    const controls = await followControls(silent.log, { readWithinMs: 50 })
    silent.say(() => new Promise(() => {}))
    await expect(controls.read()).rejects.toMatchObject({ code: 'timeout', message: expect.stringMatching(/^E_CONTROLS_UNREADABLE .* 50 ms/) as unknown })
    silent.say(() => Promise.reject(new Error('no broker')))
    await expect(controls.read()).rejects.toMatchObject({ code: 'unavailable' })
    silent.say(() => null)
    expect((await controls.read()).size).toBe(0)
    await controls.close()
  })

  it('are asked for once more by all who ask while a question is under way: its answer may be older than they are', async () => {
    const silent = fallingSilent(createMemoryBroker().eventLog())
    const controls = await followControls(silent.log)
    let answer = (): void => {}
    silent.say(() => new Promise<void>((resolve) => (answer = resolve)))
    const before = silent.asked()
    const first = controls.read()
    const others = [controls.read(), controls.read(), controls.read()]
    silent.say(() => null)
    answer()
    await Promise.all([first, ...others])
    expect(silent.asked() - before).toBe(2)
    await controls.close()
  })
})
