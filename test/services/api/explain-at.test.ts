import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ControlSet } from '../../../core/events/control.ts'
import type { ErrorAnswer, ExplainAtAnswer } from '../../../services/api/answers.ts'
import { createApiWorld, start, type ApiWorld } from './api-world.ts'
import { decided, decodeTps, held, intent, service } from './one-scale-out.ts'

let world: ApiWorld
beforeEach(async () => {
  world = await createApiWorld()
})
afterEach(() => world.close())

const at = (seconds: number): number => start + seconds * 1000

const ask = async <T = ExplainAtAnswer>(query: string, name = service): Promise<{ readonly status: number; readonly body: T }> => {
  await world.settled()
  const { statusCode, body } = await world.http.inject(`/api/v1/services/${name}/explain${query}`)
  return { status: statusCode, body: JSON.parse(body) as T }
}

const explainAt = async (seconds: number): Promise<ExplainAtAnswer> => (await ask(`?at=${at(seconds)}`)).body

const freeze = (value: 'on' | 'released', seconds: number): ControlSet =>
  ({ type: 'ControlSet', scope: 'fleet', control: 'freeze', value, prefill: null, decode: null, untilMs: null, author: 'alice', reason: 'network change', time: at(seconds) })

describe('what was in force at a time', () => {
  test('is the newest decision or hold up to then, with what followed and what took its place', async () => {
    await world.append('decisions', service, held, decided)
    await world.append('intents', service, intent)
    expect(await explainAt(7)).toMatchObject({ at: at(7), decision: { decisionId: held.decisionId }, intent: null, next: { id: decided.decisionId }, keptSince: at(5) })
    expect(await explainAt(10)).toMatchObject({ decision: { decisionId: decided.decisionId }, intent: { state: 'emitted' }, next: null })
    expect((await ask('')).body.decision?.decisionId).toBe(decided.decisionId)
  })

  test('is unknown before the oldest that is kept, and the answer says since when it knows', async () => {
    await world.append('decisions', service, held, decided)
    expect(await explainAt(1)).toMatchObject({ decision: null, next: { id: held.decisionId }, keptSince: at(5), intent: null })
  })

  test('comes with the controls of then, not of now', async () => {
    await world.append('decisions', service, held)
    await world.append('controls', 'fleet/freeze', freeze('on', 6), freeze('released', 8))
    expect((await explainAt(5)).controlsThen).toEqual([])
    expect((await explainAt(7)).controlsThen).toMatchObject([{ control: 'freeze', author: 'alice', reason: 'network change' }])
    expect(await explainAt(9)).toMatchObject({ controlsThen: [], controls: [] })
  })

  test('ends when the service was deleted; from then on it is unmanaged, until it is applied again', async () => {
    await world.append('decisions', service, held)
    await world.delete(service)
    await world.settled()
    const deletedAt = at(100)
    world.pass(60_000)
    expect(await explainAt(50)).toMatchObject({ decision: { decisionId: held.decisionId }, next: null, deletedAt })
    expect(await explainAt(130)).toMatchObject({ decision: { decisionId: held.decisionId }, deletedAt, notDeciding: null })
    await world.append('decisions', service, { ...held, decisionId: 'chat-70b-00000000000000cc', time: at(140) })
    expect(await explainAt(130)).toMatchObject({ deletedAt, next: { id: 'chat-70b-00000000000000cc' } })
    expect(await explainAt(150)).toMatchObject({ decision: { decisionId: 'chat-70b-00000000000000cc' }, deletedAt: null })
  })

  test('is unmanaged in every gap between a deletion and the next verdict, however often it was deleted', async () => {
    await world.append('decisions', service, held)
    await world.delete(service)
    await world.append('decisions', service, { ...held, decisionId: 'chat-70b-00000000000000cc', time: at(120) })
    await world.settled()
    world.pass(60_000)
    await world.delete(service)
    expect(await explainAt(110)).toMatchObject({ decision: { decisionId: held.decisionId }, deletedAt: at(100) })
    expect(await explainAt(130)).toMatchObject({ decision: { decisionId: 'chat-70b-00000000000000cc' }, deletedAt: at(160) })
    expect(await explainAt(170)).toMatchObject({ deletedAt: at(160) })
  })

  test('comes with the signals of then, however long a hold stood; not with older ones than a minute', async () => {
    await world.append('decisions', service, held)
    const say = async (tps: number): Promise<void> => {
      await world.append('signals', service, decodeTps(tps, 'collector/cell-a-0', tps))
      await world.settled()
    }
    await say(1000)
    world.pass(29_999)
    await say(2000)
    world.pass(1)
    await say(3000)
    const decodeTpsAt = async (seconds: number): Promise<readonly number[]> => (await explainAt(seconds)).signalsThen.map(({ value }) => value)
    expect(await decodeTpsAt(99)).toEqual([])
    expect(await decodeTpsAt(129)).toEqual([1000])
    expect(await decodeTpsAt(130)).toEqual([3000])
    world.pass(120_000)
    expect(await decodeTpsAt(189)).toEqual([3000])
    expect(await decodeTpsAt(190)).toEqual([])
  })

  test('of a name that nobody knows is not found; a time that is none is refused', async () => {
    expect(await ask<ErrorAnswer>('', 'nobody')).toMatchObject({ status: 404, body: { code: 'E_NOT_FOUND' } })
    expect(await ask<ErrorAnswer>('?at=yesterday')).toMatchObject({ status: 400, body: { code: 'E_QUERY', path: 'query/at' } })
  })
})
