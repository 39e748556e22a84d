/** What waits for a person at night, and the line to type for each. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { controlKey } from '../../core/controls/controls.ts'
import type { ControlSet } from '../../core/events/control.ts'
import { createCliWorld } from './cli-world.ts'
import type { CliWorld } from './cli-world.ts'
import { decided, group, held, intent, intentId, placement, rolloutBegins, service } from '../services/api/one-scale-out.ts'

let world: CliWorld

beforeEach(async () => {
  world = await createCliWorld()
})
afterEach(() => world.close())

const frozen: ControlSet = {
  type: 'ControlSet',
  scope: 'fleet',
  control: 'freeze',
  value: 'on',
  prefill: null,
  decode: null,
  untilMs: null,
  author: 'alice',
  reason: 'network change',
  time: decided.time,
}

describe('stuck', () => {
  test('says so when nothing waits', async () => {
    expect(await world.cli('stuck')).toMatchObject({ exitCode: 0, out: 'Nothing is stuck, halted or held up.' })
  })

  test('names first the services for which nobody decides', async () => {
    await world.startDecider()
    expect((await world.cli('apply', '-f', 'docs/examples/chat-70b.yaml')).exitCode).toBe(0)
    await world.tick(service)
    await world.append('controls', controlKey(frozen), frozen)
    await world.settled()
    world.pass(185_000)
    const { out } = await world.cli('stuck')
    expect(out.split('\n')[1]).toMatch(/^nobody decides for chat-70b +3m5s +curl http:\/\/DECIDER:9464\/readyz +no tick of signals\/\d; counts stay as they are$/)
    for (const list of ['services', 'controls', 'decisions'])
      expect((await world.cli('get', list)).out).toMatch(/^! nobody decides for chat-70b for 3m5s: no tick of signals\/\d; counts stay as they are\n/)
    expect((await world.cli('describe', 'chat-70b')).out).toContain('! nobody decides for chat-70b for 3m5s')
    await world.tick(service)
    await world.settled()
    expect((await world.cli('stuck')).out).not.toContain('nobody decides')
  })

  test('names a control with the line that ends it', async () => {
    await world.append('controls', controlKey(frozen), frozen)
    await world.settled()
    const { out } = await world.cli('stuck')
    expect(out).toContain('freeze on for fleet')
    expect(out).toContain('heteroscale unfreeze --reason')
    expect(out).toContain('alice: network change')
  })

  test('names a stuck rollout with the line that repairs it', async () => {
    await world.append('decisions', service, decided)
    await world.append('intents', service, intent)
    await world.append('cells', 'cell-a', placement)
    const about = { service, intentId, sequence: 1, group, step: 'undo/grow', time: decided.time + 60_000 }
    await world.append('rollouts', service, ...rolloutBegins, { ...about, type: 'RolloutStuck', detail: 'the node does not answer' })
    await world.settled()
    const { out } = await world.cli('stuck')
    expect(out).toContain(`heteroscale repair rollout/${service}/${intentId}/${group}`)
    expect(out).toContain('the node does not answer')
  })

  test('names a service that holds without evidence, as data too', async () => {
    await world.startDecider()
    expect((await world.cli('apply', '-f', 'docs/examples/chat-70b.yaml')).exitCode).toBe(0)
    await world.append('decisions', service, { ...held, reason: 'EVIDENCE_MISSING' })
    await world.settled()
    const { out } = await world.cli('stuck', '-o', 'json')
    expect(JSON.parse(out)).toMatchObject([{ what: 'chat-70b holds: EVIDENCE_MISSING', type: `heteroscale explain ${held.decisionId}` }])
  })
})
