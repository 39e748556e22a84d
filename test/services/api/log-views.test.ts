/** Producers at the gate, and the topics of the log. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ProducerReported } from '../../../core/events/producer.ts'
import { topicNames } from '../../../core/topics.ts'
import type { ListAnswer, ProducerAnswer, TopicAnswer } from '../../../services/api/answers.ts'
import type { ApiWorld } from './api-world.ts'
import { createApiWorld, start } from './api-world.ts'
import { decided, held, service } from './one-scale-out.ts'

let world: ApiWorld

beforeEach(async () => {
  world = await createApiWorld()
})
afterEach(() => world.close())

const get = async <T>(path: string): Promise<ListAnswer<T>> => {
  await world.settled()
  return (await world.http.inject({ url: `/api/v1${path}` })).json<ListAnswer<T>>()
}

const report = (producer: string, accepted: number, gate = 'collector-1'): ProducerReported => ({
  type: 'ProducerReported',
  gate,
  producer,
  accepted,
  refused: [{ reason: 'OUT_OF_RANGE', count: 2 }],
  lastRefusal: 'tps is -1',
  lastRefusalAt: start,
  lastAcceptedAt: start + 1000,
  time: start + 2000,
})

test('of a producer at a gate the newest report counts; another gate counts by itself', async () => {
  await world.append('dead-letters', 'x', report('team-b', 1), report('team-a', 1), report('team-b', 5), report('team-a', 7, 'collector-2'))
  const { items } = await get<ProducerAnswer>('/producers')
  expect(items.map(({ producer, gate, accepted }) => [producer, gate, accepted])).toEqual([
    ['team-a', 'collector-1', 1],
    ['team-a', 'collector-2', 7],
    ['team-b', 'collector-1', 5],
  ])
  expect(items[0]).toMatchObject({ refused: [{ reason: 'OUT_OF_RANGE', count: 2 }], lastRefusal: 'tps is -1' })
})

test('every topic is listed with what it keeps, carries and who writes it', async () => {
  await world.append('decisions', service, held, decided)
  const { items } = await get<TopicAnswer>('/topics')
  expect(items.map(({ topic }) => topic)).toEqual([...topicNames])
  expect(items.find(({ topic }) => topic === 'decisions')).toMatchObject({
    name: 'heteroscale.decisions.v1',
    records: 2,
    kept: { days: 400 },
    carries: ['ScaleDecided', 'ScaleHeld'],
    writtenBy: ['decider'],
  })
  expect(items.find(({ topic }) => topic === 'controls')).toMatchObject({ kept: 'compact', partitions: 1 })
})

test('neither takes parameters', async () => {
  for (const path of ['/topics?x=1', '/producers?x=1', '/controls?x=1'])
    expect((await world.http.inject({ url: `/api/v1${path}` })).statusCode, path).toBe(400)
})
