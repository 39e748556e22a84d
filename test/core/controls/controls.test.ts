import { describe, expect, it } from 'vitest'
import { controlKey, directivesFor, foldControl, noControls, sameDirectives } from '../../../core/controls/controls.ts'
import { lastStopMs, manualScaleOf, stopOf } from '../../../core/controls/stop.ts'
import type { ControlSet } from '../../../core/events/control.ts'

const set = (changes: Partial<ControlSet>): ControlSet => ({
  type: 'ControlSet',
  scope: 'service/chat',
  control: 'mode',
  value: 'paused',
  prefill: null,
  decode: null,
  untilMs: null,
  author: 'ada',
  reason: 'trial',
  time: 1,
  ...changes,
})
const killSwitch = set({ scope: 'fleet', control: 'kill-switch', value: 'on' })
const freeze = set({ scope: 'fleet', control: 'freeze', value: 'on', untilMs: 100 })
const paused = set({})
const manual = set({ control: 'manual-scale', value: 'on', prefill: 3, decode: 6, untilMs: 50 })
const fold = (...orders: readonly ControlSet[]) => orders.reduce(foldControl, noControls)

describe('the controls of a fleet', () => {
  it('concern every service when they are the fleet’s, else the one that they name', () => {
    const controls = fold(paused, killSwitch)
    expect(directivesFor(controls, 'chat').map(controlKey)).toEqual(['fleet/kill-switch', 'service/chat/mode'])
    expect(directivesFor(controls, 'code').map(controlKey)).toEqual(['fleet/kill-switch'])
  })

  it('are gone when released, and a mode when it is auto', () => {
    expect(fold(paused, killSwitch, { ...killSwitch, value: 'released' }, { ...paused, value: 'auto' }).size).toBe(0)
  })

  it('give equal directives for equal orders, whatever the order in which they came', () => {
    const [one, other] = [directivesFor(fold(paused, freeze), 'chat'), directivesFor(fold(freeze, paused), 'chat')]
    expect(sameDirectives(one, other)).toBe(true)
    expect(sameDirectives(one, directivesFor(fold(paused, { ...freeze, author: 'bob' }), 'chat'))).toBe(false)
    expect(sameDirectives(one, one.slice(1))).toBe(false)
  })
})

describe('a stop', () => {
  it('is the strongest one in force', () => {
    const all = [paused, freeze, killSwitch]
    expect(stopOf(all, 1)).toMatchObject({ code: 'KILL_SWITCH', untilMs: null, detail: 'kill-switch on for fleet by ada: trial' })
    expect(stopOf([paused, freeze], 1)?.code).toBe('FROZEN')
    expect(stopOf([paused, freeze], 100)?.code).toBe('PAUSED')
    expect(stopOf([set({ value: 'recommend' })], 1)?.code).toBe('RECOMMEND_ONLY')
    expect(stopOf([manual], 1)).toBeNull()
  })

  it('was last in force now, or when it ended by itself', () => {
    expect(lastStopMs([manual], 70)).toBeNull()
    expect(lastStopMs([freeze], 70)).toBe(70)
    expect(lastStopMs([freeze], 170)).toBe(100)
    expect(lastStopMs([freeze, paused], 170)).toBe(170)
  })
})

describe('a manual scale', () => {
  it('has its counts until it ends', () => {
    expect(manualScaleOf([paused, manual], 49)?.target).toEqual({ prefill: 3, decode: 6 })
    expect(manualScaleOf([paused, manual], 50)).toBeNull()
  })
})
