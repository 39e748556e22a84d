/** A hold that does not know what stands: unknown is null in the API and `unknown` on every screen, and never zero. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ScaleHeld } from '../../core/events/decided.ts'
import type { DecisionAnswer, ExplainAtAnswer, ListAnswer } from '../../services/api/answers.ts'
import { deciderStory, service } from '../support/decider-story.ts'
import { held } from '../services/api/one-scale-out.ts'
import { createCliWorld, type CliWorld } from './cli-world.ts'

let world: CliWorld
beforeEach(async () => {
  world = await createCliWorld()
})
afterEach(() => world.close())

type Story = ReturnType<typeof deciderStory>

/** What the decider writes before any sub-cluster has spoken. */
const unheard: readonly [reason: string, tell: () => Story][] = [
  ['CONTROLS_UNKNOWN', () => deciderStory({ controlled: false })],
  ['INSTANCES_UNKNOWN', () => deciderStory()],
  ['KILL_SWITCH', () => ordered('kill-switch', 'on')],
  ['FROZEN', () => ordered('freeze', 'on')],
  ['PAUSED', () => ordered('mode', 'paused')],
]

const ordered = (control: 'kill-switch' | 'freeze' | 'mode', value: 'on' | 'paused'): Story => {
  const story = deciderStory()
  story.order({ control, value })
  return story
}

/** What is in force after some time. */
const lastHold = async (story: Story): Promise<ScaleHeld> => {
  story.pass(4)
  const hold = story.holds().at(-1) as ScaleHeld
  await world.append('decisions', service, hold)
  await world.settled()
  return hold
}

const ask = async <T>(path: string): Promise<T> => (await world.http.inject({ url: `/api/v1${path}` })).json<T>()
const shown = async (...args: readonly string[]): Promise<string> => (await world.cli(...args)).out

describe.each(unheard)('a hold for %s', (reason, tell) => {
  test('before any sub-cluster has spoken has no counts', async () => {
    const { decisionId, time } = await lastHold(tell())
    const { items } = await ask<ListAnswer<DecisionAnswer>>('/decisions')
    expect(items).toMatchObject([{ id: decisionId, reason, from: null, to: null }])
    expect(await ask(`/decisions/${decisionId}`)).toMatchObject({ decision: { reason, current: null } })
    expect(await ask<ExplainAtAnswer>(`/services/${service}/explain?at=${time}`)).toMatchObject({ decision: { current: null } })
    expect(await shown('get', 'decisions')).toMatch(/hold +unknown +unknown/)
    expect(await shown('explain', decisionId)).toContain(`stays at unknown: ${reason}`)
    for (const screen of [await shown('get', 'decisions'), await shown('explain', decisionId)]) expect(screen).not.toContain('0P+0D')
  })
})

test.each([
  ['KILL_SWITCH', 'kill-switch', 'on'],
  ['FROZEN', 'freeze', 'on'],
  ['PAUSED', 'mode', 'paused'],
] as const)('a hold for %s of a service that is known to stand at no instance says so', async (reason, control, value) => {
  const story = ordered(control, value)
  story.fleet({ prefill: 0, decode: 0 })
  story.pass(20)
  // Ordered again: a hold is written anew.
  story.order({ control, value })
  const { decisionId } = await lastHold(story)
  expect((await ask<ListAnswer<DecisionAnswer>>('/decisions')).items).toMatchObject([{ reason, from: { prefill: 0, decode: 0 }, to: { prefill: 0, decode: 0 } }])
  expect(await shown('explain', decisionId)).toContain('stays at 0P+0D')
})

test('describe says unknown too, and a hold with counts shows them', async () => {
  await world.startDecider()
  await world.cli('apply', '-f', 'docs/examples/chat-70b.yaml')
  await world.append('decisions', held.service, held, { ...held, decisionId: 'chat-70b-00000000000000bb', reason: 'CONTROLS_UNKNOWN', current: { prefill: 0, decode: 0 }, time: held.time + 1000 })
  await world.settled()
  const out = await shown('describe', held.service)
  expect(out).toMatch(/hold +unknown +- +CONTROLS_UNKNOWN/)
  expect(out).toMatch(/hold +4P\+8D +- +WITHIN_TOLERANCE/)
  expect(out).not.toContain('0P+0D')
})
