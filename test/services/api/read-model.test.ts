/** What the API tells about a fleet, given what the log says. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DecisionAnswer, ExplainAnswer, GroupAnswer, ListAnswer, RolloutAnswer, ServiceAnswer } from '../../../services/api/answers.ts'
import type { ApiWorld } from './api-world.ts'
import { createApiWorld, exampleText, start } from './api-world.ts'
import {
  completed,
  decided,
  decisionId,
  decodeTps,
  group,
  held,
  instances,
  intent,
  intentId,
  latency,
  placement,
  released,
  rolloutBegins,
  rolloutCommits,
  rolloutUndoes,
  service,
} from './one-scale-out.ts'

let world: ApiWorld

beforeEach(async () => {
  world = await createApiWorld()
})
afterEach(() => world.close())

const get = async <T>(path: string): Promise<T> => {
  await world.settled()
  const response = await world.http.inject({ url: `/api/v1${path}` })
  expect(response.statusCode, response.body).toBe(200)
  return response.json<T>()
}

const scaleOutPlaced = async (): Promise<void> => {
  await world.append('decisions', service, held, decided)
  await world.append('intents', service, intent)
  await world.append('cells', 'cell-a', placement)
  await world.append('rollouts', service, ...rolloutBegins)
}

describe('a scale-out', () => {
  test('is open after its first step, and its reservation is held', async () => {
    await scaleOutPlaced()
    const explained = await get<ExplainAnswer>(`/decisions/${decisionId}`)
    expect(explained.intent).toMatchObject({ state: 'rolling-out', endedAt: null })
    expect(explained.placement?.groups[0]).toMatchObject({ group, to: { prefill: 6, decode: 12 } })
    expect(explained.rollouts).toEqual([expect.objectContaining({ group, state: 'running', endedAt: null })])
    expect(explained.reservations).toEqual([])
  })

  test('that commits is told from evidence to instances', async () => {
    await scaleOutPlaced()
    await world.append('rollouts', service, ...rolloutCommits, completed(false, 56))
    await world.append('cells', 'cell-a', released('committed', 55.5))
    await world.append('signals', service, instances(6, 12, 60))
    const explained = await get<ExplainAnswer>(`/decisions/${decisionId}`)
    expect(explained.decision).toMatchObject({ decisionId, evidence: decided.evidence, limits: decided.limits })
    expect(explained.intent).toMatchObject({ state: 'completed', endedAt: start + 56_000 })
    expect(explained.rollouts[0]).toMatchObject({ state: 'committed', startedAt: start + 10_400, endedAt: start + 55_000 })
    expect(explained.rollouts[0]?.steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual(['apply step-done', 'await-ready step-done'])
    expect(explained.reservations).toEqual([{ group, outcome: 'committed', time: start + 55_500 }])
    expect(explained.groups[0]?.roles.decode).toMatchObject({ desired: 12, registered: 12 })
  })

  test('that fails shows the step that failed and what was undone', async () => {
    await scaleOutPlaced()
    await world.append('rollouts', service, ...rolloutUndoes, completed(true, 194))
    const { items } = await get<ListAnswer<RolloutAnswer>>('/rollouts')
    expect(items[0]).toMatchObject({ state: 'rolled-back', detail: 'decode not ready in time' })
    expect(items[0]?.steps.map(({ outcome }) => outcome)).toEqual(['step-done', 'step-failed', 'step-undone'])
    const { items: decisions } = await get<ListAnswer<DecisionAnswer>>('/decisions')
    expect(decisions[0]).toMatchObject({ id: decisionId, outcome: 'partial' })
  })

  test('can be looked up by its intent, without the argument that stays in the log', async () => {
    await scaleOutPlaced()
    const explained = await get<ExplainAnswer>(`/decisions/${intentId}`)
    expect(explained.decision?.decisionId).toBe(decisionId)
    expect(explained.decision).not.toHaveProperty('argument')
  })
})

describe('records that must not count', () => {
  test('of two decisions with one id the first is kept', async () => {
    await world.append('decisions', service, decided, { ...decided, reason: 'another story' })
    const { items } = await get<ListAnswer<DecisionAnswer>>('/decisions')
    expect(items.map(({ reason }) => reason)).toEqual([decided.reason])
  })

  test('an intent whose sequence is not above the last one is refused', async () => {
    await world.append('intents', service, intent, { ...intent, intentId: 'i-late', sequence: 2 })
    const response = await world.settled().then(() => world.http.inject({ url: '/api/v1/decisions/i-late' }))
    expect(response.statusCode).toBe(404)
  })

  test('a placement on a view that another one had overtaken is void', async () => {
    const late = { ...intent, intentId: 'i-late', sequence: 4 }
    await world.append('intents', service, intent, late)
    const answers = placement.answers.map((answer) => ({ ...answer, requestId: 'i-late' }))
    await world.append('cells', 'cell-a', placement, { ...placement, answers })
    expect((await get<ExplainAnswer>(`/decisions/${intentId}`)).placement).not.toBeNull()
    expect((await get<ExplainAnswer>('/decisions/i-late')).placement).toBeNull()
  })

  test('a rollout fact that was written twice is told once', async () => {
    await scaleOutPlaced()
    await world.append('rollouts', service, ...rolloutBegins)
    const { items } = await get<ListAnswer<RolloutAnswer>>('/rollouts')
    expect(items[0]?.steps).toHaveLength(1)
  })

  test('an observation that is older than the one known changes nothing', async () => {
    await world.append('signals', service, instances(6, 12, 60), instances(4, 8, 50))
    const { items } = await get<ListAnswer<GroupAnswer>>('/groups')
    expect(items[0]?.roles.decode?.desired).toBe(12)
  })
})

describe('lists', () => {
  test('show decisions newest first, of one service, up to a limit', async () => {
    await world.append('decisions', service, held, decided)
    await world.append('decisions', 'other', { ...held, decisionId: 'other-1', service: 'other' })
    expect((await get<ListAnswer<DecisionAnswer>>(`/decisions?service=${service}`)).items.map(({ kind }) => kind)).toEqual(['scale-out', 'hold'])
    expect((await get<ListAnswer<DecisionAnswer>>(`/decisions?service=${service}&limit=1`)).items).toHaveLength(1)
  })

  test.each([
    ['/decisions?limit=-1', 'query/limit'],
    ['/decisions?limit=1e3', 'query/limit'],
    ['/decisions?limit=1000000000', 'query/limit'],
    ['/decisions?sevrice=x', 'query'],
    ['/groups?service=../x', 'query/service'],
  ])('refuse %s, naming the parameter', async (url, path) => {
    const response = await world.http.inject({ url: `/api/v1${url}` })
    expect(response.statusCode).toBe(400)
    expect(response.json()).toMatchObject({ code: 'E_QUERY', path })
  })

  test.each(['/services/constructor', '/services/__proto__', '/decisions/%00', '/decisions/..%2f..%2fetc', '/nothing'])(
    'know nothing of %s',
    async (url) => {
      const response = await world.http.inject({ url: `/api/v1${url}` })
      expect(response.statusCode).toBe(404)
      expect(response.json()).toMatchObject({ code: 'E_NOT_FOUND' })
    },
  )
})

describe('a service', () => {
  test('shows target, instances and the newest signals; sub-clusters add up, a spare collector and a source that fell silent do not count', async () => {
    await world.startDecider()
    await world.http.inject({ method: 'POST', url: '/api/v1/services', headers: { 'content-type': 'application/yaml' }, body: exampleText })
    await scaleOutPlaced()
    await world.append('signals', service, instances(4, 8, 60))
    await world.append('signals', service, decodeTps(1, 'gone', -60), decodeTps(7000, 'a', 60), decodeTps(7400, 'collector/b', 58), decodeTps(7100, 'spare/b', 55), latency(900, 'a', 60), latency(null, 'b', 60))
    const answer = await get<ServiceAnswer>(`/services/${service}`)
    expect(answer).toMatchObject({
      accepted: true,
      generation: 1,
      target: { prefill: 6, decode: 12 },
      observed: { desired: { prefill: 4, decode: 8 }, registered: { prefill: 4, decode: 8 }, groups: 1, complete: true },
      openRollouts: 1,
      lastDecision: { id: decisionId },
    })
    expect(answer.signals).toEqual([
      { signal: 'decodeTps', value: 14_400, windowEndMs: start + 60_000 },
      { signal: 'ttftMsP95', value: 900, windowEndMs: start + 60_000 },
    ])
  })

  test('that was removed is gone', async () => {
    await world.startDecider()
    await world.http.inject({ method: 'POST', url: '/api/v1/services', headers: { 'content-type': 'application/yaml' }, body: exampleText })
    const appender = await world.broker.eventLog().appender()
    await appender.append([{ topic: 'services', key: service, event: null }])
    expect((await get<ListAnswer<ServiceAnswer>>('/services')).items).toEqual([])
  })
})

test('the API is ready only after it has read what the log held', async () => {
  expect(world.api.ready()).toBe(true)
})
