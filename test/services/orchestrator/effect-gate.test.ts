import { describe, expect, it } from 'vitest'
import { foldControl, noControls, scopeOf } from '../../../core/controls/controls.ts'
import type { ControlSet } from '../../../core/events/control.ts'
import { portError } from '../../../core/port-error.ts'
import { createEffectGate } from '../../../services/orchestrator/effect-gate.ts'
import { epoch } from '../../core/rollout/orders.ts'

const order = (changes: Partial<ControlSet>): ControlSet => ({
  type: 'ControlSet',
  scope: scopeOf('chat'),
  control: 'mode',
  value: 'paused',
  prefill: null,
  decode: null,
  untilMs: null,
  author: 'ada',
  reason: 'trial',
  time: epoch,
  ...changes,
})

const gateAt = (now: number, ...orders: readonly ControlSet[]) =>
  createEffectGate({ controls: { read: () => Promise.resolve(orders.reduce(foldControl, noControls)) }, clock: { now: () => now } })

describe('the gate before every effect', () => {
  it('is open where nothing was ordered, and for a scale by hand', async () => {
    const byHand = order({ control: 'manual-scale', value: 'on', prefill: 4, decode: 8, untilMs: epoch + 1_000 })
    expect(await gateAt(epoch, byHand).stopFor('chat')).toBeNull()
  })

  it.each([
    ['KILL_SWITCH', order({ scope: 'fleet', control: 'kill-switch', value: 'on' })],
    ['FROZEN', order({ scope: 'fleet', control: 'freeze', value: 'on' })],
    ['PAUSED', order({})],
    ['RECOMMEND_ONLY', order({ value: 'recommend' })],
  ] as const)('%s closes it, and says by whom and why', async (code, stop) => {
    expect(await gateAt(epoch, stop).stopFor('chat')).toMatchObject({ code, detail: expect.stringContaining('by ada: trial') as unknown })
  })

  it("is open for another service, and once the stop's end is reached", async () => {
    expect(await gateAt(epoch, order({})).stopFor('search')).toBeNull()
    const ending = order({ untilMs: epoch + 10 })
    expect(await gateAt(epoch + 9, ending).stopFor('chat')).not.toBeNull()
    expect(await gateAt(epoch + 10, ending).stopFor('chat')).toBeNull()
  })

  it('is closed while nobody can read what was ordered', async () => {
    const read = () => Promise.reject(portError('timeout', 'E_CONTROLS_UNREADABLE controls: got no answer'))
    const gate = createEffectGate({ controls: { read }, clock: { now: () => epoch } })
    expect(await gate.stopFor('chat')).toEqual({ code: 'CONTROLS_UNKNOWN', detail: 'E_CONTROLS_UNREADABLE controls: got no answer' })
  })
})
