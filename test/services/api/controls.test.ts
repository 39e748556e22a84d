/** Operators' orders over HTTP: what is recorded, who confirms it, and what is refused before it is recorded. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { portError } from '../../../core/port-error.ts'
import type { ControlAnswer, ControlOrderedAnswer, ErrorAnswer, ListAnswer, ServiceAnswer } from '../../../services/api/answers.ts'
import type { ApiWorld } from './api-world.ts'
import { createApiWorld, exampleText, start } from './api-world.ts'

const now = start + 100_000
const service = 'chat-70b'
let world: ApiWorld

beforeEach(async () => {
  world = await createApiWorld()
})
afterEach(() => world.close())

const applyExample = async (): Promise<void> => {
  const decider = await world.startDecider()
  const headers = { 'content-type': 'application/yaml' }
  expect((await world.http.inject({ method: 'POST', url: '/api/v1/services', headers, body: exampleText })).statusCode).toBe(200)
  await decider.close()
}

type Sent = { readonly query?: string; readonly headers?: { readonly [name: string]: string } }

const order = async (body: unknown, { query = '?waitSeconds=0', headers = {} }: Sent = {}) => {
  const response = await world.http.inject({
    method: 'POST',
    url: `/api/v1/controls${query}`,
    headers: { 'content-type': 'application/json', 'x-heteroscale-author': 'ana', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.statusCode, answer: response.json<ControlOrderedAnswer>(), error: response.json<ErrorAnswer>() }
}

const get = async <T>(path: string): Promise<T> => {
  await world.settled()
  return (await world.http.inject({ url: `/api/v1${path}` })).json<T>()
}

const inForce = async (): Promise<readonly string[]> =>
  (await get<ListAnswer<ControlAnswer>>('/controls')).items.map(({ scope, control, value }) => `${scope} ${control} ${value}`)

const freeze = { scope: 'fleet', control: 'freeze', value: 'on', reason: 'network change' }
const killSwitch = { scope: 'fleet', control: 'kill-switch', value: 'on', reason: 'outage' }
const pause = { scope: `service/${service}`, control: 'mode', value: 'paused', reason: 'new model' }
const scale = { scope: `service/${service}`, control: 'manual-scale', value: 'on', prefill: 3, decode: 6, forSeconds: 7200, reason: 'launch event' }

describe('an order', () => {
  test('is confirmed by the decider of every service that it concerns, with its author and its end', async () => {
    await applyExample()
    await world.startAnnouncing(service)
    const { status, answer } = await order({ ...freeze, forSeconds: 3600 }, { query: '' })
    expect(status).toBe(200)
    expect(answer).toEqual({
      control: { ...freeze, prefill: null, decode: null, untilMs: now + 3_600_000, author: 'ana', time: now },
      replaced: null,
      confirmed: [service],
      waiting: [],
    })
  })

  test('is recorded, and in force for effects, while its decider is silent', async () => {
    await applyExample()
    expect(await order(freeze)).toMatchObject({ status: 202, answer: { confirmed: [], waiting: [service] } })
    expect(await inForce()).toEqual(['fleet freeze on'])
  })

  test('is not confirmed by what a decider said before it', async () => {
    await applyExample()
    await world.append('signals', service, { type: 'ControlChanged', service, controlsEnd: 0, directives: [], time: start })
    await world.settled()
    expect(await order(freeze)).toMatchObject({ status: 202, answer: { waiting: [service] } })
  })

  test('stands in every list and beside the services that it concerns, until it is released', async () => {
    await applyExample()
    await order(pause)
    for (const list of ['services', 'groups', 'decisions', 'rollouts', 'producers', 'topics', 'controls'])
      expect(await get(`/${list}`), list).toMatchObject({ controls: [{ control: 'mode', value: 'paused', author: 'ana', reason: 'new model' }] })
    expect(await get<ServiceAnswer>(`/services/${service}`)).toMatchObject({ controls: [{ control: 'mode', value: 'paused' }] })
    await order({ scope: pause.scope, control: 'mode', value: 'auto', reason: 'done' })
    expect(await inForce()).toEqual([])
  })

  test('ends by itself', async () => {
    await applyExample()
    const ended = { ...freeze, type: 'ControlSet', control: 'freeze', value: 'on', prefill: null, decode: null, untilMs: now, author: 'ana', time: start } as const
    await world.append('controls', 'fleet/freeze', ended)
    expect(await inForce()).toEqual([])
  })

  test('of one service concerns no other', async () => {
    await applyExample()
    const other = { type: 'ServiceAccepted', service: 'other', generation: 1, accepted: true, message: '', manifest: '{}', policyHash: '', conditions: [], time: start } as const
    await world.append('services', 'other', other)
    await world.settled()
    expect((await order(pause)).answer.waiting).toEqual([service])
    expect((await order(freeze)).answer.waiting).toEqual([service, 'other'])
  })

  test('that stands over a deleted service can be released; a new one is refused, and the deletion is told', async () => {
    await applyExample()
    await order(pause)
    await world.delete(service)
    await world.settled()
    expect(await order({ scope: 'service/chat-70b', control: 'mode', value: 'paused', reason: 'once more' })).toMatchObject({ status: 404, error: { message: expect.stringMatching(/^chat-70b was deleted at/) as string } })
    const resume = { scope: 'service/chat-70b', control: 'mode', value: 'auto', reason: 'it is gone' }
    expect(await order(resume)).toMatchObject({ status: 200, answer: { confirmed: [], waiting: [], replaced: { value: 'paused' } } })
    await world.settled()
    expect((await world.http.inject('/api/v1/controls')).json()).toMatchObject({ items: [] })
  })

  test('that changes nothing is not announced, and is confirmed as soon as somebody decides', async () => {
    await applyExample()
    await world.startTicking(service)
    expect(await order({ ...freeze, value: 'released' }, { query: '?waitSeconds=5' })).toMatchObject({ status: 200, answer: { confirmed: [service] } })
  })

  test('that takes back what no decider has heard of is not confirmed by what one said before it', async () => {
    await applyExample()
    await world.append('signals', service, { type: 'ControlChanged', service, controlsEnd: 0, directives: [], time: start })
    await world.settled()
    const killSwitch = { scope: 'fleet', control: 'kill-switch', reason: 'network change' }
    expect(await order({ ...killSwitch, value: 'on' }, { query: '?waitSeconds=0' })).toMatchObject({ status: 202, answer: { waiting: [service] } })
    expect(await order({ ...killSwitch, value: 'released' }, { query: '?waitSeconds=0' })).toMatchObject({ status: 202, answer: { confirmed: [], waiting: [service] } })
  })

  test('that the log did not take is said to be unknown', async () => {
    world.broker.failNext({ error: portError('timeout', 'E_LOG_TIMEOUT') })
    expect(await order(freeze)).toMatchObject({ status: 503, error: { code: 'E_LOG_UNAVAILABLE' } })
  })
})

describe('the kill switch', () => {
  test.each([
    ['no reason', { control: 'kill-switch', value: 'on' }, 'not given'],
    ['a reason of one letter', { ...killSwitch, reason: 'x' }, 'x'],
    ['a reason that is too long', { ...killSwitch, reason: 'x'.repeat(1000) }, 'x'.repeat(200)],
    ['a reason that would steer a terminal', { ...killSwitch, reason: 'a\u001b[2Jb\u202ec' }, 'a [2Jb c'],
    ['a field that nobody knows', { ...killSwitch, prefill: 3 }, 'outage'],
  ])('is never stopped by %s', async (_title, body, reason) => {
    expect((await order(body)).answer.control).toMatchObject({ scope: 'fleet', value: 'on', reason })
    expect(await inForce()).toEqual(['fleet kill-switch on'])
  })

  test('is never stopped by a wrong wait or author', async () => {
    const { status, answer } = await order(killSwitch, { query: '?waitSeconds=-1&x=y', headers: { 'x-heteroscale-author': 'Ána Ö' } })
    expect(status).toBe(200)
    expect(answer.control.author).toBe('unknown')
  })

  test('is released with a reason only', async () => {
    await order(killSwitch)
    expect(await order({ control: 'kill-switch', value: 'released' })).toMatchObject({ status: 400, error: { code: 'E_BODY', path: 'body/reason' } })
    expect((await order({ control: 'kill-switch', value: 'released', reason: 'cause found' })).status).toBe(200)
    expect(await inForce()).toEqual([])
  })
})

describe('an order where another one stands', () => {
  beforeEach(applyExample)

  const recommend = { ...pause, value: 'recommend', reason: 'first week' }
  const stands = async (body: unknown): Promise<void> => {
    expect((await order(body, { headers: { 'x-heteroscale-author': 'ada' } })).status).toBeLessThan(300)
    await world.settled()
  }

  test.each([
    ['a pause of a minute over recommend', recommend, { ...pause, forSeconds: 60 }, 'mode recommend for service/chat-70b by ada: first week stands until it is released', '2026-01-01T00:02:40Z'],
    ['a freeze of an hour over one without an end', freeze, { ...freeze, forSeconds: 3600 }, 'freeze on for fleet by ada: network change stands until it is released', '2026-01-01T01:01:40Z'],
    ['a shorter scale over a longer one', scale, { ...scale, forSeconds: 7199 }, 'manual-scale 3P+6D for service/chat-70b by ada: launch event stands until 2026-01-01T02:01:40Z', '2026-01-01T02:01:39Z'],
  ])('%s is refused with what stands, and what to type', async (_title, standing, body, words, endsAt) => {
    await stands(standing)
    const before = await get('/controls')
    const { status, error } = await order(body)
    expect(status).toBe(409)
    expect(error).toEqual({
      code: 'E_SAFETY_REPLACES',
      path: body.scope,
      message: `${words}; this order would take its place and end at ${endsAt}, with nothing in force after it; nothing was recorded; if you mean it, add --replace (in a body "replace": true)`,
    })
    expect(await get('/controls')).toEqual(before)
  })

  test.each([
    ['that is meant to', freeze, { ...freeze, forSeconds: 3600, replace: true }],
    ['with a later end', { ...freeze, forSeconds: 3600 }, { ...freeze, forSeconds: 3601 }],
    ['with the same end', scale, { ...scale, prefill: 4, decode: 8 }],
    ['without an end', { ...pause, forSeconds: 3600 }, recommend],
    ['that releases', freeze, { ...freeze, value: 'released' }],
    ['that lets the service scale', recommend, { ...pause, value: 'auto' }],
    ['that pulls the kill switch again', killSwitch, { ...killSwitch, forSeconds: 60 }],
  ])('%s goes through, and its answer tells what it replaced', async (_title, standing, body) => {
    await stands(standing)
    const { status, answer } = await order(body)
    expect(status).toBeLessThan(300)
    expect(answer.replaced).toMatchObject({ scope: standing.scope, control: standing.control, value: standing.value, author: 'ada', reason: standing.reason })
    expect(answer.control).toMatchObject({ value: body.value, author: 'ana' })
  })

  test.each([
    ['of another kind', pause],
    ['of which nothing stands', { ...freeze, value: 'released' }],
  ])('%s replaces nothing', async (_title, other) => {
    await stands(other)
    expect(await order({ ...freeze, forSeconds: 60 })).toMatchObject({ status: 202, answer: { replaced: null } })
  })

  test('that has ended by itself replaces nothing', async () => {
    await stands({ ...freeze, forSeconds: 120 })
    world.pass(120_000)
    expect(await order({ ...freeze, forSeconds: 60 })).toMatchObject({ status: 202, answer: { replaced: null } })
  })
})

describe('before anything is recorded', () => {
  beforeEach(applyExample)
  afterEach(async () => expect(await inForce()).toEqual([]))

  test.each([
    ['no JSON', '{', 'body'],
    ['no object', '3', 'body/control'],
    ['a prototype', '{"__proto__": {"control": "freeze"}}', 'body/control'],
    ['an unknown control', { ...freeze, control: 'stop' }, 'body/control'],
    ['a value of another control', { ...freeze, value: 'paused' }, 'body/control'],
    ['a freeze of one service', { ...freeze, scope: pause.scope }, 'body/scope'],
    ['a pause of the fleet', { ...pause, scope: 'fleet' }, 'body/scope'],
    ['no reason', { ...freeze, reason: undefined }, 'body/reason'],
    ['a reason of two letters', { ...freeze, reason: 'ok' }, 'body/reason'],
    ['a reason of 201 letters', { ...freeze, reason: 'x'.repeat(201) }, 'body/reason'],
    ['a reason with an escape', { ...freeze, reason: 'abc\u001b[2J' }, 'body/reason'],
    ['a reason of two lines', { ...freeze, reason: 'abc\ndef' }, 'body/reason'],
    ['59 seconds', { ...freeze, forSeconds: 59 }, 'body/forSeconds'],
    ['more than a week', { ...freeze, forSeconds: 604_801 }, 'body/forSeconds'],
    ['a manual scale without an end', { ...scale, forSeconds: undefined }, 'body/forSeconds'],
    ['a manual scale of one role', { ...scale, decode: undefined }, 'body/decode'],
    ['half an instance', { ...scale, decode: 6.5 }, 'body/decode'],
    ['counts of a pause', { ...pause, prefill: 3 }, 'body'],
    ['a replacement that is neither true nor false', { ...freeze, replace: 'yes' }, 'body/replace'],
    ['a release that replaces', { ...freeze, value: 'released', replace: true }, 'body'],
  ])('%s is refused, naming the field', async (_title, body, path) => {
    const { status, error } = await order(body)
    expect(status).toBe(400)
    expect(error).toMatchObject({ code: 'E_BODY', path, message: expect.stringContaining('nothing was done') })
  })

  test('a service that nobody knows is not found', async () => {
    expect(await order({ ...pause, scope: 'service/nobody' })).toMatchObject({ status: 404, error: { code: 'E_NOT_FOUND' } })
  })

  test.each([
    ['below the minimum', { prefill: 1, decode: 6 }, 'the nearest allowed is 2P+6D'],
    ['above the maximum', { prefill: 12, decode: 99 }, 'the nearest allowed is 12P+24D'],
    ['out of the ratio band', { prefill: 12, decode: 6 }, 'the nearest allowed is '],
  ])('counts %s are refused with the nearest that are allowed', async (_title, counts, words) => {
    const { status, error } = await order({ ...scale, ...counts })
    expect(status).toBe(409)
    expect(error).toMatchObject({ code: 'E_SAFETY_SCALE', path: `service/${service}`, message: expect.stringContaining(words) })
    const [, prefill, decode] = /nearest allowed is (\d+)P\+(\d+)D/.exec(error.message) ?? []
    expect((await order({ ...scale, prefill: Number(prefill), decode: Number(decode) })).status, error.message).toBe(202)
    await order({ scope: scale.scope, control: 'manual-scale', value: 'released', reason: 'tried' })
  })

  test('a scale by hand under a stop is refused with who stopped it and why', async () => {
    await order(pause)
    await world.settled()
    const { status, error } = await order(scale)
    expect(status).toBe(409)
    expect(error.code).toBe('E_SAFETY_STOPPED')
    expect(error.message).toBe(`PAUSED: mode paused for service/${service} by ana: new model; no scale is carried out until it is released; nothing was recorded`)
    await order({ scope: pause.scope, control: 'mode', value: 'auto', reason: 'done' })
  })
})
