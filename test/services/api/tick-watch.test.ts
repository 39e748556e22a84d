/** No record says that nobody decides: the API hears it in the silence of a partition's ticks, and says so above all that it answers. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { canonicalJson } from '../../../core/canonical.ts'
import type { ExplainAtAnswer, ListAnswer, ServiceAnswer } from '../../../services/api/answers.ts'
import { createTickWatch } from '../../../services/api/tick-watch.ts'
import { createApiWorld, exampleText, start, type ApiWorld } from './api-world.ts'
import { held, service } from './one-scale-out.ts'

let world: ApiWorld
beforeEach(async () => {
  world = await createApiWorld()
  await world.startDecider()
  await world.http.inject({ method: 'POST', url: '/api/v1/services', headers: { 'content-type': 'application/yaml' }, payload: exampleText })
})
afterEach(() => world.close())

const ask = async <T>(path: string): Promise<T> => {
  await world.settled()
  const { statusCode, body } = await world.http.inject(`/api/v1${path}`)
  expect(statusCode, body).toBe(200)
  return JSON.parse(body) as T
}

const services = (): Promise<ListAnswer<ServiceAnswer>> => ask('/services')
const scalingActive = async (): Promise<unknown> => (await services()).items[0]?.conditions.find(({ type }) => type === 'ScalingActive')?.status

describe('a partition without ticks', () => {
  test('is named 15 s after its last tick, with its services and since when, above every list', async () => {
    await world.tick(service)
    await world.settled()
    world.pass(15_000)
    expect((await services()).notDeciding).toBeNull()
    world.pass(1)
    for (const list of ['/services', '/groups', '/decisions', '/rollouts', '/controls', '/producers', '/topics'])
      expect(await ask(list)).toMatchObject({ notDeciding: { services: [service], since: start + 100_000, lastOwners: ['decider-1'] } })
  })

  test('is no longer named once it ticks', async () => {
    world.pass(60_000)
    expect((await services()).notDeciding).toMatchObject({ services: [service], since: start + 100_000, lastOwners: [] })
    await world.tick(service)
    expect((await services()).notDeciding).toBeNull()
  })

  test('that holds no service is not spoken of, and a tick elsewhere is none here', async () => {
    const elsewhere = ['a', 'b', 'c', 'd', 'e'].find((name) => world.partitionOf(name) !== world.partitionOf(service)) ?? ''
    world.pass(60_000)
    await world.tick(elsewhere)
    expect((await services()).notDeciding).toMatchObject({ services: [service], partitions: [world.partitionOf(service)] })
  })

  test('leaves nobody who knows whether scaling is active', async () => {
    const [accepted] = (await services()).items
    const condition = { type: 'ScalingActive', status: 'True', reason: 'ValidEvidence', message: 'the target follows the signals', lastTransitionTime: start } as const
    const manifest = canonicalJson(accepted?.manifest ?? null)
    await world.append('services', service, { type: 'ServiceAccepted', service, generation: 1, accepted: true, message: '', manifest, policyHash: 'aaaa', conditions: [condition], time: start })
    await world.tick(service)
    const before = await scalingActive()
    expect(before).toBe('True')
    world.pass(15_001)
    expect(await scalingActive()).toBe('Unknown')
    await world.tick(service)
    expect(await scalingActive()).toBe(before)
  })

  test('is told beside what held last', async () => {
    await world.tick(service)
    await world.append('decisions', service, held)
    const explained = (): Promise<ExplainAtAnswer> => ask(`/services/${service}/explain`)
    expect((await explained()).notDeciding).toBeNull()
    world.pass(15_001)
    expect(await explained()).toMatchObject({ decision: { decisionId: held.decisionId }, next: null, notDeciding: { services: [service] } })
  })
})

test('a silence is remembered when it is over: it tells of a moment in it, and of none beside it', async () => {
  const silenceAt = async (seconds: number): Promise<ExplainAtAnswer['silenceThen']> => (await ask<ExplainAtAnswer>(`/services/${service}/explain?at=${start + seconds * 1000}`)).silenceThen
  const partition = world.partitionOf(service)
  await world.tick(service)
  await world.settled()
  world.pass(60_000)
  expect(await silenceAt(130)).toEqual({ partition, since: start + 100_000, until: null })
  await world.tick(service)
  await world.settled()
  world.pass(10_000)
  await world.tick(service)
  expect(await silenceAt(100)).toBeNull()
  expect(await silenceAt(101)).toEqual({ partition, since: start + 100_000, until: start + 160_000 })
  expect(await silenceAt(159)).toEqual({ partition, since: start + 100_000, until: start + 160_000 })
  expect(await silenceAt(165)).toBeNull()
})

test('the silence is measured in wall time, at any speed of the world', () => {
  let now = start
  const clock = { now: () => now, speed: 20, sleep: () => Promise.resolve() }
  const watch = createTickWatch({ clock, partitions: 1 })
  watch.heard({ partition: 0, ownerId: 'ada', appendedAt: now })
  now += 300_000
  expect(watch.notDeciding([service])).toBeNull()
  now += 1
  expect(watch.notDeciding([service])).toEqual({ services: [service], partitions: [0], since: start, lastOwners: ['ada'] })
})

test('who hears late does not take his own outage for that of the deciders', () => {
  let now = start
  const watch = createTickWatch({ clock: { now: () => now, speed: 1, sleep: () => Promise.resolve() }, partitions: 1 })
  const tick = (appendedAt: number) => watch.heard({ partition: 0, ownerId: 'ada', appendedAt })
  tick(start)
  now += 40_000
  for (let second = 1; second <= 40; second += 1) tick(start + second * 1_000)
  expect(watch.silenceAt(service, start + 20_000)).toBeNull()
  expect(watch.notDeciding([service])).toBeNull()
})

test('the outage of one partition is not told of a service in another', async () => {
  const other = ['a', 'b', 'c', 'd', 'e'].find((name) => world.partitionOf(name) !== world.partitionOf(service)) ?? ''
  await world.append('decisions', other, { ...held, service: other, decisionId: `${other}-00000000000000aa` })
  for (const name of [service, other]) await world.tick(name)
  await world.settled()
  for (let step = 0; step < 6; step += 1) {
    world.pass(10_000)
    await world.tick(other)
  }
  await world.tick(service)
  const silenceThen = async (name: string) => (await ask<ExplainAtAnswer>(`/services/${name}/explain?at=${start + 130_000}`)).silenceThen
  expect(await silenceThen(service)).toMatchObject({ since: start + 100_000, until: start + 160_000 })
  expect(await silenceThen(other)).toBeNull()
})
