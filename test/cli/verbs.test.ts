/** The verbs that talk to the API, against a real one on a memory broker. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCli } from './cli-world.ts'
import type { CliWorld } from './cli-world.ts'
import { createCliWorld } from './cli-world.ts'
import { exampleText } from '../services/api/api-world.ts'
import {
  completed,
  decided,
  decodeTps,
  decisionId,
  group,
  held,
  instances,
  intent,
  intentId,
  latency,
  placement,
  released,
  rolloutBegins,
  rolloutUndoes,
  service,
} from '../services/api/one-scale-out.ts'

const example = 'docs/examples/chat-70b.yaml'
let world: CliWorld

beforeEach(async () => {
  world = await createCliWorld()
})
afterEach(() => world.close())

const failedScaleOut = async (): Promise<void> => {
  await world.append('decisions', service, held, decided)
  await world.append('intents', service, intent)
  await world.append('cells', 'cell-a', placement)
  await world.append('rollouts', service, ...rolloutBegins, ...rolloutUndoes, completed(true, 194))
  await world.append('cells', 'cell-a', released('rolled-back', 193))
  await world.append('signals', service, instances(4, 8, 95))
  await world.settled()
}

describe('apply', () => {
  test('exits with 0 when the decider accepted', async () => {
    await world.startDecider()
    expect(await world.cli('apply', '-f', example)).toEqual({ exitCode: 0, out: 'service/chat-70b accepted (generation 1)', err: '' })
    expect(await world.cli('apply', '-f', example)).toMatchObject({ out: 'service/chat-70b unchanged (generation 1)' })
  })

  test('exits with 5 when it was recorded but nobody accepted it in time', async () => {
    const { exitCode, err, out } = await world.cli('apply', '-f', example, '--wait', '0')
    expect(exitCode).toBe(5)
    expect(err).toMatch(/^E_NOT_YET_ACCEPTED service\/chat-70b: recorded as generation 1/)
    expect(out).toBe('')
  })

  test('exits with 3 and shows the line when the file is bad, without asking the API', async () => {
    const files = { '-': exampleText.replace('minReplicas: 2', 'minReplicas: 010') }
    const { exitCode, err } = await runCli(['apply', '-f', '-'], { files })
    expect(exitCode).toBe(3)
    expect(err).toMatch(/^E_SPEC_INT stdin:\d+:20: 010; plain decimal digits; nothing was applied$/)
  })

  test('exits with 4 when a safety rule refuses, and with 0 when it is confirmed', async () => {
    await world.startDecider()
    const files = { 'low.yaml': exampleText.replace('minReplicas: 4', 'minReplicas: 1') }
    await world.cli('apply', '-f', example)
    const refused = await runCli(['apply', '-f', 'low.yaml', '--server', world.server], { files })
    expect(refused.exitCode).toBe(4)
    expect(refused.err).toMatch(/^E_SAFETY_STEP spec.roles.decode.minReplicas: 4 → 1 lowers the minimum by 75 %/)
    const confirmed = await runCli(['apply', '-f', 'low.yaml', '--confirm-decrease', '75', '--server', world.server], { files })
    expect(confirmed).toMatchObject({ exitCode: 0, out: 'service/chat-70b accepted (generation 2)' })
  })
})

describe('get', () => {
  test('says so when there is nothing', async () => {
    expect(await world.cli('get', 'services')).toEqual({ exitCode: 0, out: 'No services found.', err: '' })
    expect(await world.cli('get', 'controls')).toMatchObject({ out: 'No control is in force.' })
    expect(await world.cli('get', 'decisions', '--service', 'chat-7b')).toMatchObject({ out: 'No decisions of chat-7b found; `heteroscale get services` lists the services.' })
  })

  test('shows services, groups, decisions and rollouts as tables', async () => {
    await world.startDecider()
    await world.cli('apply', '-f', example)
    await failedScaleOut()
    expect(columns(await world.cli('get', 'services'))).toEqual([
      'NAME CELL GEN ACCEPTED TARGET DESIRED READY REGISTERED DECODE-TPS TTFT-P95 TBT-P95 LAST AGE',
      'chat-70b cell-a 1 yes 6P+12D 4P+8D 4P+8D 4P+8D - - - scale-out 90s',
    ])
    expect(columns(await world.cli('get', 'groups'))[1]).toBe(
      `${group} chat-70b sub-1 vdc/c/sub-1/pod-1 4P+8D 4P+8D 4P+8D H100/H20 3 rolled-back 5s`,
    )
    expect(columns(await world.cli('get', 'decisions'))[1]).toBe(
      `${decisionId} 90s scale-out 4P+8D 6P+12D partial decode load 14400 tokens/s needs 12 instances at 1200 each`,
    )
    expect(columns(await world.cli('get', 'rollouts'))[1]).toContain(`${group} ${intentId} 3 6P+12D rolled-back apply`)
  })

  test('services fit 132 columns, whole, also with large counts', async () => {
    await world.startDecider()
    await world.cli('apply', '-f', example)
    await world.append('decisions', service, decided)
    await world.append('intents', service, { ...intent, target: { prefill: 100, decode: 200 } })
    await world.append('signals', service, instances(100, 200, 95), decodeTps(240_000, 'a', 95), latency(900, 'a', 95))
    await world.settled()
    const { out } = await runCli(['get', 'services', '--server', world.server], { columns: 132 })
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(132)
    expect(out.replace(/ +/g, ' ')).toContain('chat-70b cell-a 1 yes 100P+200D 100P+200D 100P+200D 100P+200D 240000 900ms - scale-out 90s')
  })

  test('prints what the API answered as JSON and YAML', async () => {
    await failedScaleOut()
    const json = await world.cli('get', 'decisions', '--limit', '1', '-o', 'json')
    expect(JSON.parse(json.out)).toMatchObject({ items: [{ id: decisionId }] })
    expect((await world.cli('get', 'decisions', '--limit', '1', '-o', 'yaml')).out).toContain(`id: ${decisionId}`)
  })

  test('--watch shows again only what changed, and ends at Ctrl-C', async () => {
    const steps = [() => Promise.resolve(), failedScaleOut]
    const pause = async (): Promise<'go' | 'stop'> => {
      const step = steps.shift()
      await step?.()
      return step === undefined ? 'stop' : 'go'
    }
    const { exitCode, out } = await runCli(['get', 'decisions', '--watch', '--server', world.server], { pause })
    expect(exitCode).toBe(0)
    expect(out.match(/No decisions found/g)).toHaveLength(1)
    expect(out.match(/ID +AGE/g)).toHaveLength(1)
  })

  test('colours a terminal, and no terminal with NO_COLOR', async () => {
    await failedScaleOut()
    const args = ['get', 'rollouts', '--server', world.server]
    const escape = '\u001b[31mrolled-back'
    expect((await runCli(args, { isTty: true })).out).toContain(escape)
    expect((await runCli(args, { isTty: true, env: { NO_COLOR: '1' } })).out).not.toContain('\u001b')
    expect((await runCli(args)).out).not.toContain('\u001b')
  })

  test('does not let text from the log steer the terminal', async () => {
    await world.append('decisions', service, { ...held, reason: 'x\u001b[2Jy\nz' })
    await world.settled()
    expect((await world.cli('get', 'decisions')).out).toContain('x?[2Jy?z')
  })
})

describe('explain', () => {
  test('of a stuck rollout ends with what to type after the repair', async () => {
    await world.append('decisions', service, held, decided)
    await world.append('intents', service, intent)
    const stuck = { type: 'RolloutStuck' as const, service, intentId, sequence: 1, group, step: 'undo/grow', detail: 'the node does not answer', time: decided.time + 60_000 }
    await world.append('rollouts', service, ...rolloutBegins, stuck)
    await world.settled()
    const { out } = await world.cli('explain', decisionId)
    expect(out).toContain('the node does not answer')
    expect(out).toContain(`heteroscale repair 'rollout/${service}/${intentId}/${group}'`)
  })

  test.each([decisionId, intentId, `rollout/${service}/${intentId}/${group}`])('tells the whole story of %s on one screen', async (id) => {
    await failedScaleOut()
    const { exitCode, out } = await world.cli('explain', id)
    expect(exitCode).toBe(0)
    const story = [
      `Decision ${decisionId} of chat-70b, sequence 3, at 2026-01-01T00:00:10Z (world time)`,
      'scale-out: 4P+8D → 6P+12D',
      'decodeTps   fresh     14400   3s    100%       yes',
      'ttftMsP95   missing   -       -     -          no',
      'proportional   out         6P+12D   1.5 times the target per instance',
      'rate    7P+14D   6P+12D   at most 4 instances in 60 s',
      `Intent ${intentId}: partial at +3m4s`,
      'Placed in cell-a at +0.2s',
      '24 GPUs on 2 nodes (H100/H20)',
      `Rollout of group ${group}: rolled-back at +3m3s, after 3m3s`,
      'await-ready   failed    decode 9 of 12 ready',
      'apply         undone    back to 4P+8D',
      `Reservation of ${group}: released at +3m3s (rolled-back)`,
      `${group}   decode    8         8       8            H20    5s ago`,
      'Decided on signals/2 up to offset 40',
    ]
    const positions = story.map((words) => out.indexOf(words))
    expect(positions, out).not.toContain(-1)
    expect(positions).toEqual(positions.toSorted((a, b) => a - b))
    expect(out.split('\n').length).toBeLessThanOrEqual(50)
  })

  test('tells why nothing was done', async () => {
    await failedScaleOut()
    const { out } = await world.cli('explain', held.decisionId)
    expect(out).toContain('stays at 4P+8D: WITHIN_TOLERANCE\n  load is 1.02 of the target')
    expect(out).not.toContain('Intent')
  })

  test('exits with 1 when nobody knows the id', async () => {
    const { exitCode, err } = await world.cli('explain', 'nobody')
    expect(exitCode).toBe(1)
    expect(err).toMatch(/^E_NOT_FOUND decisions: "nobody" is not known here; ids of decisions and intents stand in `heteroscale get decisions` /)
  })
})

/** Lines of a table with the space between columns reduced to one. */
const columns = ({ out }: { readonly out: string }): readonly string[] => out.split('\n').map((line) => line.replace(/ +/g, ' '))
