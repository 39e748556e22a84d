/** A service that was deleted goes on serving: the list of services goes on naming it. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ErrorAnswer, ServiceListAnswer, UnmanagedAnswer } from '../../../services/api/answers.ts'
import { createApiWorld, exampleText, start, type ApiWorld } from './api-world.ts'
import { held, instances, service } from './one-scale-out.ts'

let world: ApiWorld
beforeEach(async () => {
  world = await createApiWorld()
})
afterEach(() => world.close())

const list = async (): Promise<ServiceListAnswer> => {
  await world.settled()
  return (await world.http.inject('/api/v1/services')).json<ServiceListAnswer>()
}
const unmanaged = async (): Promise<readonly UnmanagedAnswer[]> => (await list()).unmanaged

const apply = async (): Promise<void> => {
  const headers = { 'content-type': 'application/yaml' }
  expect((await world.http.inject({ method: 'POST', url: '/api/v1/services', headers, body: exampleText })).statusCode).toBe(200)
}

const deletedAt = start + 100_000
const elsewhere = { ...instances(3, 7, 60), subCluster: 'sub-2' }

test('stands there with the time of its deletion and what all its sub-clusters said of it last', async () => {
  await world.startDecider()
  await apply()
  await world.append('signals', service, instances(4, 8, 60), elsewhere)
  expect(await unmanaged()).toEqual([])
  await world.delete(service)
  expect(await list()).toMatchObject({ items: [], unmanaged: [{ name: service, deletedAt, counts: { prefill: 7, decode: 15 } }] })
})

test('has no counts when the API never saw them: unknown is not zero', async () => {
  await world.delete(service)
  expect(await unmanaged()).toEqual([{ name: service, deletedAt, counts: null }])
})

test('keeps its counts when the tombstone comes again, and takes what was seen before it and read after it', async () => {
  await world.append('signals', service, instances(4, 8, 60))
  await world.settled()
  await world.delete(service)
  await world.delete(service)
  expect(await unmanaged()).toMatchObject([{ counts: { prefill: 4, decode: 8 } }])
  await world.append('signals', service, instances(5, 10, 99), instances(1, 2, 30))
  expect(await unmanaged()).toMatchObject([{ counts: { prefill: 5, decode: 10 } }])
})

test('is not there while it is managed again; deleted again it left what it had in its last life', async () => {
  await world.startDecider()
  await world.append('signals', service, instances(4, 8, 60), elsewhere)
  await world.settled()
  await world.delete(service)
  await apply()
  expect(await list()).toMatchObject({ items: [{ name: service, observed: null }], unmanaged: [] })
  await world.append('signals', service, instances(2, 4, 110))
  await world.settled()
  world.pass(20_000)
  await world.delete(service)
  expect(await unmanaged()).toEqual([{ name: service, deletedAt: deletedAt + 20_000, counts: { prefill: 2, decode: 4 } }])
})

test('is one of the newest hundred', async () => {
  for (const index of Array.from({ length: 101 }, (_, at) => at)) {
    await world.delete(`chat-${index}`)
    world.pass(1_000)
  }
  const names = (await unmanaged()).map(({ name }) => name)
  expect(names).toHaveLength(100)
  expect([names[0], names.at(-1)]).toEqual(['chat-100', 'chat-1'])
})

test('asked for by name it is not simply unknown, until it is managed again', async () => {
  await world.startDecider()
  await world.delete(service)
  await world.settled()
  const said = { code: 'E_NOT_FOUND', message: 'chat-70b was deleted at 2026-01-01T00:01:40Z; its instances stay, and nobody scales them' }
  const ask = async (method: 'GET' | 'DELETE', path: string) => (await world.http.inject({ method, url: `/api/v1${path}` })).json<ErrorAnswer>()
  for (const path of [`/services/${service}`, `/services/${service}/explain`, `/decisions/${service}`]) expect(await ask('GET', path)).toMatchObject(said)
  expect(await ask('DELETE', `/services/${service}`)).toMatchObject(said)
  expect((await ask('GET', '/services/chat-7b')).message).toContain('not known here')
  await apply()
  expect((await ask('GET', `/decisions/${service}`)).message).toContain('not known here')
  expect((await world.http.inject(`/api/v1/services/${service}`)).statusCode).toBe(200)
})

test('is still explained by the decisions that are kept', async () => {
  await world.append('decisions', service, held)
  await world.delete(service)
  await world.settled()
  expect((await world.http.inject(`/api/v1/services/${service}/explain`)).json()).toMatchObject({ deletedAt, decision: { decisionId: held.decisionId } })
})
