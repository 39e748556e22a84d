/** Every command of docs/runbook.md, typed on a live fleet: it answers, on one screen, with what the question asked for. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createKafkaEventLog } from '../../adapters/kafka/event-log.ts'
import { createApiClient } from '../../cli/api-client.ts'
import { countEnds } from '../../cli/demo/ledger.ts'
import { localKafka } from '../../cli/local-kafka.ts'
import type { ScaleDecided, ScaleHeld } from '../../core/events/decided.ts'
import { showCounts, type RoleCounts } from '../../core/roles.ts'
import { projectRoot } from '../../infra/local/project-root.ts'
import type { ListAnswer, ServiceAnswer } from '../../services/api/answers.ts'
import { until } from '../support/until.ts'
import { beginStory, type FleetStory } from './fleet-story.ts'
import { refusals } from './foreign-story.ts'

/** What a laptop's terminal shows at once. */
const screen = { lines: 50, columns: 132 }

const runbook = readFileSync(join(projectRoot, 'docs/runbook.md'), 'utf8')
const commands = [...runbook.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) => block.split('\n').filter((line) => line !== ''))

/** What each answer must say, by the first words of its command; a command that is not listed here fails the test. */
const answers: { readonly [command: string]: readonly RegExp[] } = {
  'heteroscale get services': [/chat-70b/, /DECODE-TPS/],
  'heteroscale kill-switch on': [/kill-switch on for fleet/],
  'heteroscale kill-switch release': [/kill-switch released/],
  'heteroscale get controls': [/freeze/, /network change/],
  'heteroscale explain chat-70b --at': [/chat-70b at .*: held for [A-Z_]+/, /needed: \w+/, /decodeTps/],
  'heteroscale explain DECISION_ID': [/intent/i, /committed|completed/i],
  'heteroscale stuck': [/heteroscale unfreeze/],
  'heteroscale describe chat-70b': [/chat-70b/, /prefill/i, /decode/i, /Last decisions/],
  'heteroscale scale chat-70b --prefill': [/3P\+6D/],
  'heteroscale scale chat-70b --release': [/manual-scale released/],
  'heteroscale pause chat-70b': [/mode paused/],
  'heteroscale resume chat-70b': [/mode auto/],
  'heteroscale freeze': [/freeze on for fleet.*ends by itself/],
  'heteroscale unfreeze': [/freeze released/],
  'heteroscale get producers': [/^stranger\/\* .* UNKNOWN_SERVICE 1 /m],
  'heteroscale get groups': [/SEEN/, /chat-70b/],
  'heteroscale get rollouts': [/LAST-STEP/, /committed/],
  'heteroscale topics': [/heteroscale\.dead-letters\.v1/],
  'heteroscale verify': [/chain/i],
  'heteroscale replay': [/(\d+) decisions?, \1 equal/],
  'heteroscale validate': [/valid/],
  'heteroscale apply': [/chat-70b/],
}

let story: FleetStory

beforeAll(async () => {
  story = await beginStory()
  await story.traffic(30)
  await until('a committed scale-out', () => countEnds(story.ledger, 'committed', 'scale-out') > 0)
  await until('every intent has ended', () => story.ledger.openIntents.size === 0)
  await until('a hold after it', () => lastHold() !== undefined)
  await produceForNobody()
  await until('the gate has refused it', async () => (await refusals(story, 'stranger/*', 'UNKNOWN_SERVICE')) === 1)
})
afterAll(() => story?.stop())

describe('the runbook', () => {
  test('has a check for every command, and a command for every check', () => {
    expect(commands.filter((line) => checkOf(line) === undefined)).toEqual([])
    expect(new Set(commands.map(checkOf)).size).toBe(Object.keys(answers).length)
    expect(runbook.match(/^## \d+\. /gm)).toHaveLength(10)
  })

  test.each(commands.map((line) => [line]))('%s', async (line) => {
    const needsFreeze = /get controls|stuck$/.test(line)
    if (needsFreeze) await type('heteroscale freeze --for 1h --reason "network change"')
    const { code, out, err } = await type(line)
    if (needsFreeze) await type('heteroscale unfreeze --reason "test over"')
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
    for (const pattern of answers[checkOf(line) ?? ''] ?? []) expect(out).toMatch(pattern)
    expect(out.split('\n').length).toBeLessThanOrEqual(screen.lines)
    expect(Math.max(...out.split('\n').map((row) => row.length))).toBeLessThanOrEqual(screen.columns)
  })
})

describe('beside the ten questions', () => {
  test('a service that was deleted keeps its instances, and is adopted with them when it is applied again', async () => {
    await until('the service rests', () => story.ledger.openIntents.size === 0 && lastVerdict()?.type === 'ScaleHeld' && lastVerdict()?.reason === 'INSIDE_TOLERANCE')
    const before = await counts()
    const writes = writesUntil(await story.world.changes(), Infinity)
    expect(await type('heteroscale delete chat-70b --yes')).toMatchObject({ code: 0, out: expect.stringContaining(`its instances stay at ${showCounts(before)}`) as string })
    expect((await type('heteroscale explain chat-70b --at 0s')).out).toMatch(/unmanaged, nobody decided for it\n +deleted at/)
    expect((await type('heteroscale get services')).out).toMatch(new RegExp(`^unmanaged: chat-70b, deleted \\d+\\w* ago, left at ${showCounts(before).replace('+', '\\+')}$`))
    const deleted = story.events.length
    expect((await type('heteroscale apply -f docs/examples/chat-70b.yaml')).code).toBe(0)
    const adopted = (): ScaleHeld | ScaleDecided | undefined => verdictsSince(deleted).find(({ reason }) => !reason.endsWith('_UNKNOWN'))
    await until('a verdict that knows what stands', () => adopted() !== undefined)
    const verdict = adopted()
    expect(verdict?.type === 'ScaleHeld' ? verdict.current : verdict?.from).toEqual(before)
    expect(writesUntil(await story.world.changes(), verdict?.time ?? 0)).toBe(writes)
  })

  test('when no decider lives every list says so, and no list any more when one does', async () => {
    const deciders = Object.entries(story.running.fleet.processes).flatMap(([name, process]) => (name.startsWith('decider') ? [process] : []))
    expect(deciders).toHaveLength(2)
    for (const decider of deciders) decider.kill('SIGKILL')
    await until('the API misses their ticks', async () => (await managed()).notDeciding !== null)
    const { out } = await type('heteroscale stuck')
    expect(out).toMatch(/nobody decides for chat-70b .*promtool query .*last ticked by decider-\d/)
    for (const line of ['get services', 'get decisions', 'describe chat-70b', 'explain chat-70b --at 0s'])
      expect((await type(`heteroscale ${line}`)).out).toMatch(/^! nobody decides for chat-70b for \d+\w+: last ticked by decider-\d/m)
    expect((await type('heteroscale explain chat-70b --at 0s')).out).toContain('and nothing was decided since')
    const meanwhile = new Date((await managed()).now).toISOString()
    await Promise.all(deciders.map((decider) => decider.restart()))
    await until('the API hears ticks again', async () => (await managed()).notDeciding === null)
    expect((await type('heteroscale stuck')).out).not.toContain('nobody decides')
    expect((await type(`heteroscale explain chat-70b --at ${meanwhile}`)).out).toContain('! nobody decided then: no tick of signals/')
  })
})

const managed = (): Promise<ListAnswer<ServiceAnswer>> => createApiClient(story.running.fleet.apiUrl).get('/services')

const counts = async (): Promise<RoleCounts> => (await managed()).items[0]?.observed?.desired ?? { prefill: 0, decode: 0 }

/** Effects on the sub-clusters up to a time. */
const writesUntil = (changes: string, untilMs: number): number =>
  changes.split('\n').filter((line) => line.includes('"kind":"written"') && (JSON.parse(line) as { time: number }).time <= untilMs).length

const verdictsSince = (index: number): readonly (ScaleHeld | ScaleDecided)[] =>
  story.events.slice(index).filter((event): event is ScaleHeld | ScaleDecided => event.type === 'ScaleHeld' || event.type === 'ScaleDecided')

const lastVerdict = (): ScaleHeld | ScaleDecided | undefined => verdictsSince(0).at(-1)

const checkOf = (line: string): string | undefined =>
  Object.keys(answers)
    .sort((a, b) => b.length - a.length)
    .find((start) => line.startsWith(start))

const lastHold = (): ScaleHeld | undefined => story.events.findLast((event): event is ScaleHeld => event.type === 'ScaleHeld')

/** A sample of a service that nobody applied. */
const produceForNobody = async (): Promise<void> => {
  const { time } = story.ledger.gauge
  const sample = { type: 'TpsObserved', service: 'chat-71b', role: 'decode', source: 'stranger/*', windowStartMs: time - 1_000, windowEndMs: time, instancesHeard: 4, instancesRegistered: 4, tps: 1_000 } as const
  const eventLog = createKafkaEventLog(localKafka('stranger', story.running.stack.kafkaBrokers))
  await (await eventLog.appender()).append([{ topic: 'metrics', key: sample.service, event: sample }])
  await eventLog.close()
}

/** The line as an operator would type it, with the placeholders of the page filled in from the story. */
const type = (line: string): Promise<{ code: number; out: string; err: string }> => {
  const decision = story.ledger.decisions[0]
  const at = new Date(lastHold()?.time ?? 0).toISOString()
  const words = [...line.replace('DECISION_ID', decision?.decisionId ?? '').replace('14:05', at).matchAll(/"([^"]*)"|(\S+)/g)]
  const args = words.slice(1).map(([, quoted, plain]) => quoted ?? plain ?? '')
  const { fleet, stack } = story.running
  const env = {
    ...process.env,
    COLUMNS: String(screen.columns),
    HETEROSCALE_API: fleet.apiUrl,
    HETEROSCALE_EMULATOR: fleet.emulatorUrl,
    KAFKA_BROKERS: stack.kafkaBrokers.join(','),
    TEMPORAL_ADDRESS: stack.temporalAddress,
  }
  return new Promise((done) => {
    execFile(process.execPath, [join(projectRoot, 'dist/cli/main.js'), ...args], { env, cwd: projectRoot }, (error, out, err) => {
      done({ code: typeof error?.code === 'number' ? error.code : 0, out: out.trimEnd(), err })
    })
  })
}
