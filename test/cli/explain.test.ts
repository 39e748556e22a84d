import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Evidence, PolicyAsk, RolloutEvent, ScaleDecided, ScaleHeld } from '../../core/events/decided.ts'
import { start } from '../services/api/api-world.ts'
import { completed, decided, decisionId, decodeTps, group, held, instances, intent, intentId, placement, released, rolloutBegins, rolloutCommits, service } from '../services/api/one-scale-out.ts'
import { createCliWorld, type CliWorld } from './cli-world.ts'

let world: CliWorld
beforeEach(async () => {
  world = await createCliWorld()
})
afterEach(() => world.close())

const at = (seconds: number): number => start + seconds * 1000
const explain = async (...args: readonly string[]): Promise<string> => {
  await world.settled()
  const { exitCode, out, err } = await world.cli('explain', ...args)
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
  return out
}

const expectOneScreen = (out: string): void => {
  expect(out.split('\n').length, out).toBeLessThanOrEqual(40)
  expect(Math.max(...out.split('\n').map((line) => line.length)), out).toBeLessThanOrEqual(120)
}

/** As many signals, asks and limits as a real decision has, with reasons as long as real ones. */
const usual: ScaleDecided = {
  ...decided,
  evidence: ['decodeTps', 'prefillTps', 'ttftMsP95', 'tbtMsP95', 'queueDepth', 'instances'].map((signal): Evidence => ({ signal, state: 'fresh', value: 1234.5, ageMs: 3000, coverage: 1, rising: false })),
  asks: (['proportional', 'latency-guard', 'ratio', 'bounds'] as const).map((policy): PolicyAsk => ({ policy, direction: 'out', target: decided.to, reason: `${'because of the load '.repeat(8)}and so on` })),
  reason: `decode load ${'of very many tokens per second '.repeat(6)}needs 12 instances`,
}

const step = (name: string, seconds: number, outcome: Extract<RolloutEvent, { type: 'RolloutStepDone' }>['outcome'] = 'step-done', detail = ''): RolloutEvent =>
  ({ type: 'RolloutStepDone', service, intentId, sequence: 3, group, step: name, outcome, detail, time: at(seconds) })

const growth = ['grow', 'scheduled/prefill', 'scheduled/decode', 'ready/prefill', 'ready/decode', 'register', 'registered']

describe('one decision', () => {
  test('fits a screen of 40 lines and 120 columns, from the samples to the instances', async () => {
    await world.append('decisions', service, usual)
    await world.append('intents', service, intent)
    await world.append('cells', 'cell-a', placement, released('committed', 56))
    const [placed] = rolloutBegins
    await world.append('rollouts', service, placed as RolloutEvent, ...growth.map((name, index) => step(name, 11 + index * 5)), ...rolloutCommits.slice(1), completed(false, 56))
    await world.append('signals', service, instances(6, 12, 95))
    const out = await explain(decisionId)
    expectOneScreen(out)
    for (const words of ['decodeTps', 'proportional', 'Limited by', `Intent ${intentId}: completed`, 'Placed in cell-a', 'done: grow +1.0s', 'registered', 'Reservation', 'Instances now', 'Decided on signals/2'])
      expect(out).toContain(words)
  })

  test('shows where its rollout was halted, by whom, and that it went on', async () => {
    await world.append('decisions', service, decided)
    await world.append('intents', service, intent)
    const why = 'FROZEN freeze on for fleet by alice: network change'
    await world.append('rollouts', service, ...rolloutBegins, step('register', 30, 'halted', why))
    const halted = await explain(decisionId)
    expect(halted).toMatch(/Rollout of group \S+: halted/)
    expect(halted).toMatch(/\+20s +register +halted +FROZEN freeze on for fleet by alice: network change/)
    await world.append('rollouts', service, step('register', 50, 'resumed', 'nothing forbids it any more'))
    const resumed = await explain(decisionId)
    expect(resumed).toMatch(/Rollout of group \S+: running/)
    expect(resumed).toMatch(/\+40s +register +resumed +nothing forbids it any more/)
  })
})

describe('at a time', () => {
  const frozen: ScaleHeld = { ...held, decisionId: 'chat-70b-00000000000000bb', time: at(20), reason: 'FROZEN', detail: 'freeze on for fleet by alice: network change', evidence: decided.evidence }
  const freeze = { type: 'ControlSet', scope: 'fleet', control: 'freeze', value: 'on', prefill: null, decode: null, untilMs: null, author: 'alice', reason: 'network change', time: at(18) } as const

  test('a hold says since when, by whom, what the signals said, and what would end it', async () => {
    await world.append('controls', 'fleet/freeze', freeze)
    await world.append('decisions', service, held, decided, frozen)
    const out = await explain(service, '--at', '60s')
    expect(out).toMatch(/^chat-70b at 2026-01-01T00:00:40Z \(world time, UTC\): held for FROZEN\n  since 2026-01-01T00:00:20Z \(20s before\), still so at/)
    expect(out).toContain('! freeze on for fleet since 22s by alice: network change')
    expect(out).toContain('freeze on for fleet by alice: network change')
    expect(out).toContain('needed: heteroscale unfreeze')
    expect(out).toContain('Evidence as of 2026-01-01T00:00:20Z, when this reason began')
    expect(out).toContain('decodeTps')
    expectOneScreen(out)
  })

  test('is now for the mere name of a service, also as data', async () => {
    await world.append('decisions', service, held, decided, frozen)
    expect(await explain(service)).toBe(await explain(service, '--at', '0s'))
    expect(JSON.parse(await explain(service, '-o', 'json'))).toMatchObject({ service, at: at(100), decision: { decisionId: frozen.decisionId } })
  })

  test('is a time of day in UTC or a date, and what took its place is named', async () => {
    await world.append('decisions', service, held, decided)
    for (const time of ['00:00:07', '2026-01-01T00:00:07Z'])
      expect(await explain(service, '--at', time)).toMatch(/held for WITHIN_TOLERANCE\n  since 2026-01-01T00:00:05Z \(2s before\), until 2026-01-01T00:00:10Z: scale-out to 6P\+12D/)
  })

  test('the signals of then stand beside it', async () => {
    await world.append('decisions', service, held)
    await world.append('signals', service, decodeTps(1234, 'collector/cell-a-0', 95))
    const out = await explain(service, '--at', '0s')
    expect(out).toMatch(/Signals then\n +SIGNAL +VALUE +AGE\n +decodeTps +1234 tokens\/s +5s/)
    expectOneScreen(out)
  })

  test('an outage of the deciders is told also when it is over', async () => {
    await world.append('decisions', service, held)
    await world.tick(service)
    await world.settled()
    world.pass(60_000)
    await world.tick(service)
    await world.append('decisions', service, { ...decided, time: at(161) })
    await world.settled()
    world.pass(10_000)
    const out = await explain(service, '--at', '40s')
    expect(out).toMatch(/\n! nobody decided then: no tick of signals\/\d from 2026-01-01T00:01:40Z to 2026-01-01T00:02:40Z, 30s into it\n/)
    expect(await explain(service, '--at', '0s')).not.toContain('nobody decided then')
    expectOneScreen(out)
  })

  test('of a time before the API started it says that it knows neither signals nor silence', async () => {
    await world.append('decisions', service, held)
    expect(await explain(service, '--at', '60s')).toContain('Signals then: not known, nor whether anybody decided: the API started at 2026-01-01T00:01:40Z')
    expect(await explain(service, '--at', '0s')).toContain('Signals then: none was measured')
  })

  test('the last word is not said to hold still when nobody decides', async () => {
    await world.append('decisions', service, held)
    await world.startDecider()
    expect((await world.cli('apply', '-f', 'docs/examples/chat-70b.yaml')).exitCode).toBe(0)
    world.pass(16_000)
    const out = await explain(service, '--at', '0s')
    expect(out).not.toContain('still so')
    expect(out).toMatch(/\n  since 2026-01-01T00:00:05Z \(111s before\), and nothing was decided since\n/)
    expect(out).toMatch(/\n! nobody decides for chat-70b for 16s: no tick was heard since the API started; silent: signals\/\d; counts stay\n/)
    expectOneScreen(out)
  })

  test('a service that was deleted is unmanaged from then on, whatever held before', async () => {
    await world.append('decisions', service, held)
    await world.delete(service)
    await world.settled()
    world.pass(60_000)
    expect(await explain(service, '--at', '70s')).toMatch(/held for WITHIN_TOLERANCE\n.*until 2026-01-01T00:01:40Z: the service was deleted/)
    const after = await explain(service, '--at', '10s')
    expect(after).toBe(
      'chat-70b at 2026-01-01T00:02:30Z (world time, UTC): unmanaged, nobody decided for it\n' +
        '  deleted at 2026-01-01T00:01:40Z (50s before); its instances stayed as they were\n' +
        `  the last before: held for WITHIN_TOLERANCE, at 2026-01-01T00:00:05Z: heteroscale explain ${held.decisionId}`,
    )
    await world.append('decisions', service, { ...decided, time: at(155) })
    expect(await explain(service, '--at', '10s')).toContain('managed again: scale-out to 6P+12D at 2026-01-01T00:02:35Z')
  })

  test('a reason that this version does not know speaks for itself', async () => {
    await world.append('decisions', service, { ...held, reason: 'NEW_RULE', detail: 'a rule of tomorrow' })
    const out = await explain(service, '--at', '1s')
    expect(out).toContain('NEW_RULE')
    expect(out).toContain('a rule of tomorrow')
    expect(out).not.toContain('needed:')
  })

  test('before what is kept it says since when it knows', async () => {
    await world.append('decisions', service, held)
    const out = await explain(service, '--at', '00:00:01')
    expect(out).toContain('not known here')
    expect(out).toContain('since 2026-01-01T00:00:05Z')
  })

  test('is data with -o json', async () => {
    await world.append('decisions', service, held)
    expect(JSON.parse(await explain(service, '--at', '1s', '-o', 'json'))).toMatchObject({ service, at: at(99), decision: { decisionId: held.decisionId }, controlsThen: [] })
  })

  test('in the future is refused', async () => {
    const { exitCode, err } = await world.cli('explain', service, '--at', '2027-01-01')
    expect(exitCode).toBe(2)
    expect(err).toMatch(/^E_USAGE explain: got --at 2027-01-01T00:00:00Z; allowed: up to the world's present/)
  })
})
