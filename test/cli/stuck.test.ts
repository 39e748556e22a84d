/** What waits for a person at night, and the line to type for each. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { controlKey } from '../../core/controls/controls.ts'
import { lookAtDeciders } from '../../cli/look-at-deciders.ts'
import type { Waiting } from '../../cli/stuck.ts'
import type { ControlSet } from '../../core/events/control.ts'
import type { ServiceAccepted } from '../../core/events/decided.ts'
import type { PlacementDecided } from '../../core/events/placed.ts'
import { start } from '../services/api/api-world.ts'
import { completed, decided, group, held, intent, intentId, placement, rolloutBegins, rolloutCommits, service } from '../services/api/one-scale-out.ts'
import { createCliWorld, runCli } from './cli-world.ts'
import type { CliWorld } from './cli-world.ts'
import { faultOfLine } from './command-tree.ts'

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

const acceptedOnce: ServiceAccepted = { type: 'ServiceAccepted', service, generation: 1, accepted: true, message: '', manifest: '', policyHash: '', conditions: [], time: held.time }
/** World time of the API. */
const now = start + 100_000

/** The rows as data; whatever they tell a person to type can be typed. */
const waiting = async (): Promise<readonly Waiting[]> => {
  await world.settled()
  const rows = JSON.parse((await world.cli('stuck', '-o', 'json')).out) as readonly Waiting[]
  for (const { type } of rows) expect({ type, fault: await faultOfLine(type) }).toEqual({ type, fault: null })
  return rows
}

const applied = async (): Promise<void> => {
  await world.startDecider()
  expect((await world.cli('apply', '-f', 'docs/examples/chat-70b.yaml')).exitCode).toBe(0)
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
    expect(out.split('\n')[1]).toMatch(/^nobody decides for chat-70b +3m5s +promtool query instant "\$PROMETHEUS" 'up\{job="heteroscale"\} == 0' +last ticked by decider-1; silent: signals\/\d; counts stay$/)
    for (const list of ['services', 'controls', 'decisions'])
      expect((await world.cli('get', list)).out).toMatch(/^! nobody decides for chat-70b for 3m5s: last ticked by decider-1; silent: signals\/\d; counts stay\n/)
    expect((await world.cli('describe', 'chat-70b')).out).toContain('! nobody decides for chat-70b for 3m5s')
    await world.tick(service)
    await world.settled()
    expect((await world.cli('stuck')).out).not.toContain('nobody decides')
  })

  test('names a service file that was refused, and since when, also of a service that never ran', async () => {
    await world.append('services', service, { type: 'ServiceAccepted', service, generation: 1, accepted: false, message: 'the cell is unknown', manifest: '', policyHash: '', conditions: [], time: start })
    await world.settled()
    expect((await world.cli('stuck')).out.split('\n')[1]).toMatch(/^service file of chat-70b refused +100s +heteroscale describe chat-70b +the cell is unknown$/)
  })

  test('names a control with the line that ends it', async () => {
    await world.append('controls', controlKey(frozen), frozen)
    expect(await waiting()).toMatchObject([{ what: 'freeze on for fleet', type: 'heteroscale unfreeze --reason "TEXT"', why: 'alice: network change' }])
    expect((await world.cli('stuck')).out).toMatch(/freeze on for fleet .*heteroscale unfreeze --reason "TEXT" .*alice: network change/)
  })

  test('names a stuck rollout with the line that repairs it', async () => {
    await world.append('decisions', service, decided)
    await world.append('intents', service, intent)
    await world.append('cells', 'cell-a', placement)
    const about = { service, intentId, sequence: 1, group, step: 'undo/grow', time: decided.time + 60_000 }
    await world.append('rollouts', service, ...rolloutBegins, { ...about, type: 'RolloutStuck', detail: 'the node does not answer' })
    expect(await waiting()).toMatchObject([{ type: `heteroscale repair rollout/${service}/${intentId}/${group}`, why: 'the node does not answer' }])
  })

  test('names a halted rollout, and where to see what halts it', async () => {
    const halted = { service, intentId, sequence: 3, group, step: 'register', outcome: 'halted', detail: 'FROZEN freeze on for fleet', time: decided.time + 9_000 } as const
    await world.append('intents', service, intent)
    await world.append('rollouts', service, ...rolloutBegins, { ...halted, type: 'RolloutStepDone' })
    expect(await waiting()).toMatchObject([{ what: 'rollout halted of chat-70b', type: 'heteroscale get controls' }])
  })

  test.each(['EVIDENCE_MISSING', 'EVIDENCE_FAILED', 'EVIDENCE_STALE', 'COVERAGE_LOW', 'INSTANCES_UNKNOWN', 'CONTROLS_UNKNOWN', 'FAILURE_BACKOFF'])('names a service that holds for %s', async (reason) => {
    await applied()
    await world.append('decisions', service, { ...held, reason })
    expect(await waiting()).toMatchObject([{ what: `chat-70b holds: ${reason}`, type: `heteroscale explain ${held.decisionId}`, why: expect.stringMatching(reason === 'FAILURE_BACKOFF' ? /a rollout failed/ : /evidence is incomplete/) as string }])
  })

  test.each(['INSIDE_TOLERANCE', 'COOLDOWN_IN', 'ROLLOUT_OPEN'])('leaves out a service that holds for %s: nobody need do anything', async (reason) => {
    await applied()
    await world.append('decisions', service, { ...held, reason })
    expect(await waiting()).toEqual([])
  })

  test('says why a service holds in the words of its condition', async () => {
    const condition = { type: 'ScalingActive', status: 'False', reason: 'EvidenceIncomplete', message: 'EVIDENCE_STALE: decodeTps is 3m old', lastTransitionTime: held.time } as const
    await world.append('services', service, { ...acceptedOnce, conditions: [condition] })
    await world.append('decisions', service, { ...held, reason: 'EVIDENCE_STALE' })
    expect(await waiting()).toMatchObject([{ why: 'decodeTps is 3m old' }])
  })

  test('cuts what is long with an ellipsis', async () => {
    const wordy = { ...frozen, reason: 'network change '.repeat(13).trim() }
    await world.append('controls', controlKey(wordy), wordy)
    await world.settled()
    const line = (await world.cli('stuck')).out.split('\n')[1] ?? ''
    expect(line).toMatch(/alice: network change .*…$/)
    expect((line.split('TEXT"   ')[1] ?? '').length).toBe(100)
  })

  test('fits a narrow screen, and shows the line to type whole', async () => {
    await world.append('controls', controlKey(frozen), { ...frozen, reason: 'network change '.repeat(13).trim() })
    await world.settled()
    const { out } = await runCli(['stuck', '--server', world.server], { columns: 100 })
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBe(100)
    expect(out).toContain('heteroscale unfreeze --reason "TEXT"')
  })
})

describe('the last intent of a service', () => {
  const end = { service, intentId, sequence: 3, detail: 'NO_CAPACITY: 2P+4D of 6P+12D not placed', time: decided.time + 5_000 }

  test.each([
    ['IntentRefused', 'refused'],
    ['IntentExpired', 'expired'],
  ] as const)('that ended as %s is named, with why and what to type', async (type, how) => {
    await applied()
    await world.append('intents', service, intent)
    await world.append('rollouts', service, { ...end, type })
    expect(await waiting()).toEqual([{ what: `intent of chat-70b ${how}`, since: end.time, why: end.detail, type: `heteroscale explain ${intentId}` }])
    expect((await world.cli('explain', intentId)).out).toContain(end.detail)
  })

  const placedWith = (refusal: string): PlacementDecided => ({ ...placement, answers: placement.answers.map((answer) => ({ ...answer, refusal })) })

  test('of which only a part was placed is named, also when that part is in service', async () => {
    await applied()
    await world.append('intents', service, intent)
    await world.append('cells', 'cell-a', placedWith('NO_CAPACITY: 1P+2D of 6P+12D not placed'))
    expect(await waiting()).toMatchObject([{ what: 'intent of chat-70b placed in part', why: 'NO_CAPACITY: 1P+2D of 6P+12D not placed', type: `heteroscale explain ${intentId}` }])
    await world.append('rollouts', service, ...rolloutBegins, ...rolloutCommits, completed(true, 60))
    expect(await waiting()).toMatchObject([{ what: 'intent of chat-70b placed in part' }])
  })

  test('that leaves out what is under way, was placed whole, or was followed by another, is not', async () => {
    await applied()
    await world.append('intents', service, intent)
    await world.append('cells', 'cell-a', placedWith('UNDER_WAY: 1P+2D of 6P+12D rest'))
    expect(await waiting()).toEqual([])
    await world.append('rollouts', service, { ...end, type: 'IntentRefused' })
    expect(await waiting()).toHaveLength(1)
    await world.append('intents', service, { ...intent, intentId: 'i-chat-70b-00000000000000cc', sequence: 4 })
    expect(await waiting()).toEqual([])
  })

  test.each([
    [60, 1],
    [61, 0],
  ])('that ended %i minutes ago makes %i rows', async (minutes, rows) => {
    await applied()
    await world.append('intents', service, { ...intent, emittedAt: now - 7_200_000 })
    await world.append('rollouts', service, { ...end, type: 'IntentRefused', time: now - minutes * 60_000 })
    expect(await waiting()).toHaveLength(rows)
  })
})

test('where the deciders of `heteroscale up` run is known, and is the line to type on its fleet alone', () => {
  const up = { api: 'http://127.0.0.1:9465/', deciders: ['http://127.0.0.1:9467', 'http://127.0.0.1:9468'] }
  expect(lookAtDeciders('http://127.0.0.1:9465', up)).toBe('curl -m 2 http://127.0.0.1:9467/readyz http://127.0.0.1:9468/readyz')
  for (const other of [lookAtDeciders('http://prod:8080', up), lookAtDeciders('http://127.0.0.1:9465', null)]) expect(other).toMatch(/^promtool query/)
})
