/** `DELETE /services/:name`: the service becomes unmanaged, and whatever runs stays. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { DeleteAnswer, ErrorAnswer, ListAnswer, ServiceAnswer } from '../../../services/api/answers.ts'
import type { ApiWorld } from './api-world.ts'
import { createApiWorld, exampleText, start } from './api-world.ts'
import { decided, instances, intent, intentId, placement, rolloutBegins, service, group } from './one-scale-out.ts'

let world: ApiWorld

beforeEach(async () => {
  world = await createApiWorld()
})
afterEach(() => world.close())

const apply = (query = '') =>
  world.http.inject({ method: 'POST', url: `/api/v1/services${query}`, headers: { 'content-type': 'application/yaml' }, body: exampleText })

const remove = async (path = service, query = '') => {
  const response = await world.http.inject({ method: 'DELETE', url: `/api/v1/services/${path}${query}`, headers: { 'x-heteroscale-author': 'ana' } })
  return { status: response.statusCode, answer: response.json<DeleteAnswer & ErrorAnswer>() }
}

test('a service is deleted once its decider said so; counts, open rollouts and its controls stay and are told', async () => {
  await world.startDecider()
  await apply()
  await world.append('decisions', service, decided)
  await world.append('intents', service, intent)
  await world.append('cells', 'cell-a', placement)
  await world.append('rollouts', service, ...rolloutBegins)
  await world.append('signals', service, instances(4, 8, 60))
  const pause = { scope: `service/${service}`, control: 'mode', value: 'paused', reason: 'new model' }
  await world.http.inject({ method: 'POST', url: '/api/v1/controls?waitSeconds=0', headers: { 'content-type': 'application/json' }, body: JSON.stringify(pause) })
  await world.settled()
  const { status, answer } = await remove()
  expect(status).toBe(200)
  expect(answer).toMatchObject({
    outcome: 'deleted',
    counts: { prefill: 4, decode: 8 },
    openRollouts: [`rollout/${service}/${intentId}/${group}`],
    controls: [{ control: 'mode', value: 'paused' }],
  })
  expect(answer.message).toBe(
    'unmanaged from now on; its instances stay at 4P+8D; 1 open rollout(s) go on to their end; mode paused stays, and holds again when the service is applied again',
  )
  expect((await world.http.inject({ url: '/api/v1/services' })).json<ListAnswer<ServiceAnswer>>().items).toEqual([])
})

test('a service whose first file was refused leaves nothing behind when it is deleted', async () => {
  await world.startDecider()
  await world.append('signals', service, { type: 'ServiceConfigured', service, generation: 1, manifest: '{}', author: 'ana', time: start })
  await world.settled()
  expect((await world.http.inject({ url: `/api/v1/services/${service}` })).json<ServiceAnswer>()).toMatchObject({ accepted: false, manifest: null })
  expect(await remove()).toMatchObject({ status: 200, answer: { outcome: 'deleted', counts: null } })
  expect(await remove()).toMatchObject({ status: 404 })
})

test('without a decider it is recorded, and said to be no more than that', async () => {
  const decider = await world.startDecider()
  await apply()
  await decider.close()
  const { status, answer } = await remove(service, '?waitSeconds=0')
  expect(status).toBe(202)
  expect(answer).toMatchObject({ outcome: 'recorded', message: expect.stringContaining('no decider answered within 0 s') })
})

test('a service that nobody knows is not found', async () => {
  expect(await remove('nobody')).toMatchObject({ status: 404, answer: { code: 'E_NOT_FOUND' } })
  expect(await remove('..%2f..')).toMatchObject({ status: 404 })
})

test('applied again, it is a new service: generation 1, also for who insists that it must not exist', async () => {
  await world.startDecider()
  await apply()
  await remove()
  const again = await apply('?expectedGeneration=0')
  expect(again.json()).toMatchObject({ outcome: 'accepted', generation: 1 })
})
