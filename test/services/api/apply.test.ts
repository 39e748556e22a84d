/** Applying a service file: accepted, refused, unchanged, or recorded while nobody decides. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { portError } from '../../../core/port-error.ts'
import { applyService } from '../../../services/api/apply.ts'
import type { ApiWorld } from './api-world.ts'
import { createApiWorld, exampleText } from './api-world.ts'

let world: ApiWorld

beforeEach(async () => {
  world = await createApiWorld()
})
afterEach(() => world.close())

type Sent = { readonly query?: string; readonly body?: string; readonly type?: string }

const apply = async ({ query = '', body = exampleText, type = 'application/yaml' }: Sent = {}) => {
  const response = await world.http.inject({ method: 'POST', url: `/api/v1/services${query}`, headers: { 'content-type': type }, body })
  return { status: response.statusCode, answer: response.json<Record<string, unknown>>() }
}

const smaller = (least: number): string => exampleText.replace('minReplicas: 4', `minReplicas: ${least}`)

test('a valid file is accepted once the decider said so', async () => {
  await world.startDecider()
  expect(await apply()).toEqual({ status: 200, answer: { outcome: 'accepted', service: 'chat-70b', generation: 1, message: '' } })
})

test('the same file again changes nothing; a changed one is the next generation', async () => {
  await world.startDecider()
  await apply()
  expect(await apply()).toMatchObject({ status: 200, answer: { outcome: 'unchanged', generation: 1 } })
  expect(await apply({ body: smaller(5) })).toMatchObject({ status: 200, answer: { outcome: 'accepted', generation: 2 } })
})

test('a cell is for life: the file is refused before anything is recorded', async () => {
  await world.startDecider()
  await apply()
  const { status, answer } = await apply({ body: exampleText.replace(/cell: \S+/, 'cell: elsewhere') })
  expect(status).toBe(409)
  expect(answer).toMatchObject({ code: 'E_SPEC_IMMUTABLE', path: 'spec.cell' })
  expect(answer['message']).toMatch(/"elsewhere".*cannot change while the service runs.*nothing was recorded/)
  expect(world.api.model.generations.get('chat-70b')).toBe(1)
})

test('without a decider the file is recorded and the answer says that nobody accepted it', async () => {
  const { status, answer } = await apply({ query: '?waitSeconds=0' })
  expect(status).toBe(202)
  expect(answer).toMatchObject({ outcome: 'recorded', generation: 1 })
  await world.settled()
  expect(world.api.model.generations.get('chat-70b')).toBe(1)
})

test('a decider that refuses is quoted', async () => {
  const { close } = await world.broker.eventLog().follow({
    topics: ['signals'],
    from: 'start',
    onRecord: async ({ event }) => {
      if (event?.type !== 'ServiceConfigured') return
      const refusal = { service: event.service, generation: event.generation, accepted: false, message: 'no such cell' }
      await world.append('services', event.service, { type: 'ServiceAccepted', ...refusal, manifest: '', policyHash: '', conditions: [], time: event.time })
    },
  })
  expect(await apply()).toEqual({
    status: 409,
    answer: { code: 'E_APPLY_REFUSED', message: 'the decider refused generation 1: no such cell', path: '' },
  })
  await close()
})

test('of two writers at once, both with the generation they saw, one is refused', async () => {
  await world.startDecider()
  await apply()
  const answers = await Promise.all([
    apply({ query: '?expectedGeneration=1', body: smaller(5) }),
    apply({ query: '?expectedGeneration=1', body: smaller(6) }),
  ])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412])
})

test('two files at once get two generations, also when the broker is slow', async () => {
  const appender = await world.broker.eventLog().appender()
  let release: () => void = () => {}
  const slowness = new Promise<void>((resolve) => (release = resolve))
  const slow = { ...appender, append: (records: Parameters<typeof appender.append>[0]) => slowness.then(() => appender.append(records)) }
  const ports = { model: world.api.model, appender: slow, clock: { now: () => 0, speed: 1, sleep: () => Promise.resolve() } }
  const send = (least: number) =>
    applyService(ports, { body: new TextEncoder().encode(smaller(least)), author: 'test', waitMs: 0 })
  const answers = Promise.all([send(5), send(6)])
  release()
  expect((await answers).map(({ generation }) => generation)).toEqual([1, 2])
})

describe('before anything is recorded', () => {
  afterEach(async () => {
    await world.settled()
    expect(world.api.model.services.size).toBe(0)
  })

  test('a bad file is refused with all its faults and their lines', async () => {
    const { status, answer } = await apply({ body: exampleText.replace('minReplicas: 2', 'minReplicas: 20').replace('damping: 1', 'damping: 0') })
    expect(status).toBe(422)
    expect(answer).toMatchObject({ code: 'E_SPEC' })
    expect(answer['faults']).toMatchObject([{ code: 'E_SPEC_RANGE', path: 'spec.roles.prefill' }, { code: 'E_SPEC_RANGE', path: 'spec.behavior.scaleUp.damping' }])
  })

  test.each([
    ['another type', { type: 'text/html', body: '<p>' }, 415],
    ['an empty body', { body: '' }, 422],
    ['a body above 64 KiB', { body: `# ${'x'.repeat(70_000)}` }, 413],
    ['a prototype in JSON', { type: 'application/json', body: '{"__proto__": {"admin": true}}' }, 422],
    ['a wait that is no number', { query: '?waitSeconds=1e1' }, 400],
    ['a wait of an hour', { query: '?waitSeconds=3600' }, 400],
    ['a generation that it is not at', { query: '?expectedGeneration=7' }, 412],
  ])('%s is refused', async (_title, sent, status) => {
    const result = await apply(sent)
    expect(result.status).toBe(status)
    expect(result.answer).toMatchObject({ code: expect.stringMatching(/^E_/), message: expect.any(String), path: expect.any(String) })
  })

  test('a log that does not answer is said to be unknown, not undone', async () => {
    world.broker.failNext({ error: portError('timeout', 'E_LOG_TIMEOUT') })
    const { status, answer } = await apply()
    expect(status).toBe(503)
    expect(answer).toMatchObject({ code: 'E_LOG_UNAVAILABLE', message: expect.stringContaining('may or may not be recorded') })
  })
})

describe('a minimum that falls by more than half', () => {
  beforeEach(async () => {
    await world.startDecider()
    await apply({ body: smaller(8) })
  })

  test('is refused with the words that confirm it', async () => {
    const { status, answer } = await apply({ body: smaller(2) })
    expect(status).toBe(409)
    expect(answer).toMatchObject({ code: 'E_SAFETY_STEP', path: 'spec.roles.decode.minReplicas' })
    expect(answer['message']).toContain('--confirm-decrease 75')
  })

  test('is accepted when it is confirmed, and by half without', async () => {
    expect(await apply({ body: smaller(2), query: '?confirmDecrease=74' })).toMatchObject({ status: 409 })
    expect(await apply({ body: smaller(2), query: '?confirmDecrease=75' })).toMatchObject({ status: 200, answer: { outcome: 'accepted' } })
    expect(await apply({ body: smaller(1) })).toMatchObject({ status: 200, answer: { outcome: 'accepted' } })
  })
})
