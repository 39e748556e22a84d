/**
 * Every control on a real Kafka and a real Temporal: pulled in the middle of a rollout, in force before the next effect, still in
 * force after kill -9 of everything, released, and the loop goes on. Times are world time at speed 20.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { demoService } from '../../cli/demo/play.ts'
import { showCounts } from '../../core/roles.ts'
import { until } from '../support/until.ts'
import { atLeast, endOf, forwardWrites, graceMs, killEverything, nextStep, order, progressOf } from './controls-story.ts'
import type { Order, StepDone } from './controls-story.ts'
import { beginStory, type FleetStory } from './fleet-story.ts'

let story: FleetStory

beforeAll(async () => {
  // Starts take some 100 s, that is 5 s of wall time: long enough to pull a control while a rollout waits for them.
  story = await beginStory({ HETEROSCALE_EMULATOR_STARTUP_SCALE: '4' })
  await story.traffic(14)
})
afterAll(() => story?.stop())

/** A higher minimum, and a growth that waits for its instances. */
const growing = async (prefill: number, decode: number): Promise<StepDone> => {
  await until('no rollout is under way', () => story.ledger.openIntents.size === 0)
  const since = story.events.at(-1)
  await atLeast(story, { prefill, decode })
  return nextStep(story, { step: 'grow', outcome: 'step-done' }, since !== undefined && 'time' in since ? since.time : 0)
}

const service = `service/${demoService}`

describe('a scale by hand', () => {
  test('is carried out although the load says otherwise, survives the death of everything, and returns by itself', async () => {
    const grown = await growing(3, 6)
    const byHand = { scope: service, control: 'manual-scale', value: 'on', prefill: 5, decode: 10 }
    const time = await order(story, { ...byHand, forSeconds: 7_200 })
    await killEverything(story)
    expect(await endOf(story, grown)).toBe('committed')
    await until('5P+10D serve', () => showCounts(story.ledger.gauge.registered) === '5P+10D', 90_000)
    const endsAt = (await order(story, { ...byHand, forSeconds: 100, replace: true })) + 100_000
    const shrunk = () => story.ledger.decisions.find((decision) => decision.kind === 'scale-in' && decision.time > time)
    await until('the load decides again', () => shrunk() !== undefined, 90_000)
    expect(shrunk()?.time).toBeGreaterThanOrEqual(endsAt)
  })
})

const stops: readonly (Order & { readonly release: string; readonly code: string; readonly least: readonly [number, number] })[] = [
  { scope: 'fleet', control: 'kill-switch', value: 'on', release: 'released', code: 'KILL_SWITCH', least: [6, 12] },
  { scope: 'fleet', control: 'freeze', value: 'on', release: 'released', code: 'FROZEN', least: [7, 14] },
  { scope: service, control: 'mode', value: 'paused', release: 'auto', code: 'PAUSED', least: [8, 16] },
  { scope: service, control: 'mode', value: 'recommend', release: 'auto', code: 'RECOMMEND_ONLY', least: [9, 18] },
]

describe('a stop', () => {
  test.each(stops)('$control $value halts the rollout under way before its next effect, outlives everything, and lets go when it is released', async ({ release, code, least, ...stop }) => {
    await growing(...least)
    const stoppedAt = await order(story, stop)
    const halted = await nextStep(story, { outcome: 'halted' }, stoppedAt)
    expect(halted.detail).toMatch(new RegExp(`^${code}: ${stop.control} ${stop.value} for ${stop.scope} by ada: a switch is being repaired`))

    await killEverything(story)
    expect((await progressOf(story, halted))?.halted).toMatchObject({ step: halted.step, why: halted.detail })

    const releasedAt = await order(story, { scope: stop.scope, control: stop.control, value: release })
    await nextStep(story, { outcome: 'resumed', intentId: halted.intentId, group: halted.group }, stoppedAt)
    expect(await endOf(story, halted)).toBe('committed')
    const writes = await forwardWrites(story)
    expect(writes.filter(({ time }) => time > stoppedAt + graceMs && time < releasedAt)).toEqual([])
    expect(writes.some(({ time, intentId }) => intentId === halted.intentId && time >= releasedAt)).toBe(true)
  })
})

test('after all of them the loop still scales out, and no effect was had twice', async () => {
  const grown = await growing(10, 20)
  expect(await endOf(story, grown)).toBe('committed')
  const keys = (await forwardWrites(story)).map(({ key }) => key)
  expect(new Set(keys).size).toBe(keys.length)
})
