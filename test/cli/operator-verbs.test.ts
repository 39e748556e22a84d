/** The verbs of operators, against a real API on a memory broker. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LogEvent } from '../../core/events/event.ts'
import { start } from '../services/api/api-world.ts'
import { decided, decodeTps, group, held, instances, intent, placement, rolloutBegins, service } from '../services/api/one-scale-out.ts'
import type { CliWorld } from './cli-world.ts'
import { createCliWorld, runCli } from './cli-world.ts'

let world: CliWorld

beforeEach(async () => {
  world = await createCliWorld()
})
afterEach(() => world.close())

const managed = async (): Promise<void> => {
  await world.startDecider()
  expect(await world.cli('apply', '-f', 'docs/examples/chat-70b.yaml')).toMatchObject({ exitCode: 0 })
}

const order = async (...words: readonly string[]) => {
  const ran = await world.cli(...words, '--wait', '0')
  await world.settled()
  return ran
}

/** Of the list of controls: scope, control, value and reason. */
const inForce = async (): Promise<readonly string[]> => {
  const { out } = await world.cli('get', 'controls', '-o', 'json')
  const { items } = JSON.parse(out) as { items: { scope: string; control: string; value: string; reason: string }[] }
  return items.map(({ scope, control, value, reason }) => `${scope} ${control} ${value}: ${reason}`)
}

describe('an order', () => {
  test('that every decider confirmed exits with 0 and says so', async () => {
    await managed()
    await world.startAnnouncing(service)
    const { exitCode, out } = await world.cli('freeze', '--for', '1h', '--reason', 'network change')
    expect(out).toBe('freeze on for fleet, ends by itself in 60m: recorded; confirmed by the deciders of 1 of 1 service')
    expect(exitCode).toBe(0)
  })

  test('that no decider confirmed exits with 5, and is in force for effects all the same', async () => {
    await managed()
    const { exitCode, err } = await order('freeze', '--reason', 'network change')
    expect(exitCode).toBe(5)
    expect(err).toMatch(/^E_NOT_YET_CONFIRMED fleet: recorded, and heeded before every effect from now on; no decider has confirmed it for chat-70b within 0 s/)
    expect(await inForce()).toEqual(['fleet freeze on: network change'])
  })

  test.each([
    [['freeze'], ['unfreeze'], 'fleet freeze on'],
    [['pause', service], ['resume', service], `service/${service} mode paused`],
    [['mode', service, 'recommend'], ['mode', service, 'auto'], `service/${service} mode recommend`],
    [['scale', service, '--prefill', '3', '--decode', '6', '--for', '2h'], ['scale', service, '--release'], `service/${service} manual-scale on`],
  ])('%j stands until %j', async (begin, end, stands) => {
    await managed()
    await order(...begin, '--reason', 'why it is so')
    expect(await inForce()).toEqual([`${stands}: why it is so`])
    await order(...end, '--reason', 'no more')
    expect(await inForce()).toEqual([])
  })

  test('that a safety rule refuses exits with 4 and names what is allowed', async () => {
    await managed()
    const refused = await order('scale', service, '--prefill', '3', '--decode', '99', '--for', '2h', '--reason', 'launch')
    expect(refused.exitCode).toBe(4)
    expect(refused.err).toMatch(/^E_SAFETY_SCALE service\/chat-70b: got 3P\+99D; 2P\+4D to 12P\+24D .* the nearest allowed is \d+P\+\d+D; nothing was recorded$/)
    await order('pause', service, '--reason', 'new model')
    expect(await order('scale', service, '--prefill', '3', '--decode', '6', '--for', '2h', '--reason', 'launch')).toMatchObject({
      exitCode: 4,
      err: expect.stringMatching(/^E_SAFETY_STOPPED service\/chat-70b: PAUSED: mode paused .*: new model;/),
    })
  })

  test('for a service that nobody knows exits with 1', async () => {
    expect(await order('pause', 'nobody', '--reason', 'new model')).toMatchObject({ exitCode: 1, err: expect.stringMatching(/^E_NOT_FOUND/) })
  })

  test.each([
    ['no reason', ['freeze']],
    ['a reason of two letters', ['freeze', '--reason', 'ok']],
    ['a reason that would steer a terminal', ['freeze', '--reason', 'abc\u001b[2J']],
    ['a time without a unit', ['freeze', '--for', '60', '--reason', 'network']],
    ['half a minute', ['freeze', '--for', '30s', '--reason', 'network']],
    ['eight days', ['freeze', '--for', '8d', '--reason', 'network']],
    ['counts of one role', ['scale', service, '--prefill', '3', '--for', '2h', '--reason', 'launch']],
    ['counts without an end', ['scale', service, '--prefill', '3', '--decode', '6', '--reason', 'launch']],
    ['a release with counts', ['scale', service, '--release', '--prefill', '3', '--reason', 'launch']],
    ['a release that replaces', ['scale', service, '--release', '--replace', '--reason', 'launch']],
    ['a replacement by auto', ['mode', service, 'auto', '--replace', '--reason', 'launch']],
    ['a mode that is none', ['mode', service, 'off', '--reason', 'launch']],
    ['a kill switch of one service', ['kill-switch', 'on', service]],
    ['a kill switch that is released without a reason', ['kill-switch', 'release']],
    ['producers of one service', ['get', 'producers', '--service', service]],
  ])('with %s is a usage error, and nothing is recorded', async (_title, words) => {
    expect(await world.cli(...words)).toMatchObject({ exitCode: 2, err: expect.stringMatching(/^E_USAGE .*nothing was done$/s) })
    expect(await inForce()).toEqual([])
  })
})

describe('an order where another one stands', () => {
  const because = ['--reason', 'a load test'] as const

  test.each([
    ['a timed freeze over an open one', ['freeze'], ['freeze', '--for', '1h'], 'freeze on for fleet'],
    ['a timed pause over recommend', ['mode', service, 'recommend'], ['pause', service, '--for', '1m'], `mode recommend for service/${service}`],
    ['a timed mode over a pause', ['pause', service], ['mode', service, 'recommend', '--for', '1h'], `mode paused for service/${service}`],
    ['a shorter scale over a longer one', ['scale', service, '--prefill', '3', '--decode', '6', '--for', '2h'], ['scale', service, '--prefill', '4', '--decode', '8', '--for', '1h'], `manual-scale 3P+6D for service/${service}`],
  ])('%s exits with 4 and says what to add; with it, it says what it replaces', async (_title, first, second, stands) => {
    await managed()
    await order(...first, '--reason', 'first week')
    const before = await inForce()
    const refused = await order(...second, ...because)
    expect(refused.exitCode).toBe(4)
    expect(refused.err).toMatch(/^E_SAFETY_REPLACES .*: first week stands until .*; nothing was recorded; if you mean it, add --replace /)
    expect(refused.err).toContain(stands)
    expect(await inForce()).toEqual(before)
    const { out } = await order(...second, '--replace', ...because)
    expect(out.split('\n')[1]).toMatch(new RegExp(`^replaces ${stands.replaceAll('+', '\\+')} by [^ ]+: first week$`))
    expect(await inForce()).toEqual([expect.stringMatching(/: a load test$/)])
  })

  test('that releases says what it ends', async () => {
    await managed()
    await order('freeze', '--reason', 'network change')
    const { out } = await order('unfreeze', ...because)
    expect(out.split('\n')[1]).toMatch(/^ends freeze on for fleet by [^ ]+: network change$/)
    expect((await order('unfreeze', ...because)).out).not.toContain('\n')
  })
})

describe('the kill switch', () => {
  test.each([
    [['kill-switch', 'on'], 'not given'],
    [['kill-switch', 'on', '--reason'], 'not given'],
    [['kill-switch', 'on', '--reason', ''], 'not given'],
    [['kill-switch', 'on', '--reason', 'x'], 'x'],
    [['kill-switch', 'on', '--reason', 'scale-in', 'during', 'the', 'outage'], 'scale-in during the outage'],
  ])('is pulled by %j', async (words, reason) => {
    expect(await order(...words)).toMatchObject({ exitCode: 0 })
    expect(await inForce()).toEqual([`fleet kill-switch on: ${reason}`])
    await order('kill-switch', 'release', '--reason', 'cause found')
    expect(await inForce()).toEqual([])
  })

  test('with neither an API nor a Kafka that is known says in capitals that nothing was stopped', async () => {
    const { exitCode, err } = await runCli(['kill-switch', 'on', '--direct', '--brokers', ','])
    expect(exitCode).toBe(6)
    expect(err).toMatch(/^E_NO_BROKERS .*NOTHING WAS STOPPED$/)
  })
})

describe('an API that takes the connection and never answers', () => {
  test('holds no operator up for longer than the wait and five seconds, and the kill switch goes on to Kafka', async () => {
    const hanging = createServer(() => {}).listen(0, '127.0.0.1')
    await once(hanging, 'listening')
    const server = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`
    try {
      const [paused, stopped] = await Promise.all([
        runCli(['pause', service, '--reason', 'new model', '--wait', '0', '--server', server]),
        runCli(['kill-switch', 'on', '--wait', '0', '--brokers', ',', '--server', server]),
      ])
      expect(paused, paused.err).toMatchObject({ exitCode: 6 })
      expect(stopped.err).toMatch(/^asking the API; without an answer within 5s .*\n.*\nThe record is written to Kafka without the API\.\nE_NO_BROKERS .*NOTHING WAS STOPPED$/s)
    } finally {
      hanging.closeAllConnections()
      hanging.close()
    }
  }, 30_000)
})

describe('what is shown', () => {
  test('begins with a line per control in force, but for JSON, which carries them as data', async () => {
    await managed()
    await order('pause', service, '--reason', 'new model', '--for', '2h')
    for (const words of [['get', 'services'], ['get', 'decisions'], ['get', 'producers'], ['topics'], ['describe', service]]) {
      const { out } = await world.cli(...words)
      expect(out, words.join(' ')).toContain(`! mode paused for service/${service} since 0s by `)
      expect(out).toContain(': new model, ends in 120m\n')
      expect(JSON.stringify(JSON.parse((await world.cli(...words, '-o', 'json')).out))).toContain('"reason":"new model"')
    }
    expect((await world.cli('get', 'controls')).out).not.toContain('!')
  })

  test('of topics is every topic with its writers', async () => {
    const { out } = await world.cli('topics')
    expect(out.split('\n')).toHaveLength(12)
    expect(out).toMatch(/heteroscale\.decisions\.v1 +\d+ +0 +400d +decider +ScaleDecided, ScaleHeld/)
  })

  test('of a service is all of it on one screen', async () => {
    await managed()
    await world.append('decisions', service, held, decided)
    await world.append('intents', service, intent)
    await world.append('cells', 'cell-a', placement)
    const halted: LogEvent = { type: 'RolloutStepDone', service, intentId: intent.intentId, sequence: 3, group, step: 'await-ready', outcome: 'halted', detail: 'freeze on for fleet', time: start + 20_000 }
    await world.append('rollouts', service, ...rolloutBegins, halted)
    await world.append('signals', service, instances(4, 8, 95), decodeTps(7000, 'a', 97))
    await world.settled()
    const { out } = await world.cli('describe', service)
    const story = [
      'chat-70b: generation 1 in force, cell cell-a, priority 10',
      'Roles    prefill 2-12 (4 GPUs: H100 or A100), decode 4-24 (4 GPUs: H20 or H100), P/D 1:2 ± 25%, affinity s2',
      'Counts   ordered 6P+12D, desired 4P+8D, ready 4P+8D, registered 4P+8D; seen 5s ago',
      'decodeTps   7000 tokens/s   3s',
      'Groups',
      'Open rollouts',
      'halted   await-ready',
      'Last decisions and holds',
      '4P+8D → 6P+12D',
      'WITHIN_TOLERANCE',
    ]
    const positions = story.map((words) => out.indexOf(words))
    expect(positions, out).not.toContain(-1)
    expect(positions).toEqual(positions.toSorted((a, b) => a - b))
    expect(out.split('\n').length).toBeLessThanOrEqual(45)
    expect(await world.cli('describe', 'nobody')).toMatchObject({ exitCode: 1 })
  })
})

describe('delete', () => {
  test('asks for the name where it can, and needs --yes where it cannot', async () => {
    await managed()
    const ask = (answer: string | null) =>
      runCli(['delete', service, '--server', world.server], { ask: () => Promise.resolve(answer) })
    expect(await ask(null)).toMatchObject({ exitCode: 2, err: expect.stringContaining('--yes') })
    expect(await ask('chat')).toMatchObject({ exitCode: 4, err: expect.stringMatching(/^E_NOT_CONFIRMED/) })
    expect((await world.cli('get', 'services')).out).toContain(service)
    expect(await ask(service)).toMatchObject({ exitCode: 0, out: `service/${service} deleted: unmanaged from now on; its instances stay as they are` })
    expect(await world.cli('get', 'services')).toMatchObject({ out: `unmanaged: ${service}, deleted 0s ago, left as it was` })
  })

  test('exits with 5 while no decider answers', async () => {
    const decider = await world.startDecider()
    await world.cli('apply', '-f', 'docs/examples/chat-70b.yaml')
    await decider.close()
    expect(await order('delete', service, '--yes')).toMatchObject({ exitCode: 5, err: expect.stringMatching(/^E_NOT_YET_ACCEPTED/) })
  })
})
