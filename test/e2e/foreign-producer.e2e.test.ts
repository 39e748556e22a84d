/**
 * A producer that is neither ours nor JavaScript, on a real fleet in real time: its throughput alone brings a scale-out, which it
 * reads back; what the gate refuses is visible, and changes nothing.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createApiClient } from '../../cli/api-client.ts'
import { demoService } from '../../cli/demo/play.ts'
import { localKafka } from '../../cli/local-kafka.ts'
import { createKafkaEventLog } from '../../adapters/kafka/event-log.ts'
import { brokerTopic, topicNames } from '../../core/topics.ts'
import type { ServerHandle } from '../../infra/local/process.ts'
import type { TopicAnswer } from '../../services/api/answers.ts'
import { until } from '../support/until.ts'
import { beginStory, type FleetStory } from './fleet-story.ts'
import { foreignTools, gateCount, kcat, keepProducing, lookAt, producerNamed, refusals, registryOf, runPython, type Python } from './foreign-story.ts'

const metrics = brokerTopic('metrics')
/** What eight decode instances serve at the 1,200 tokens per second that the example's policy wants of each. */
const tps = 9_600

/** There is none, and no test runs, where `hasTools` is false. */
let python: Python
let hasTools = false
let story: FleetStory
let gateway: ServerHandle | null = null

beforeAll(async () => {
  const packages = await foreignTools()
  if (packages === null) return
  const envOf = { collector: { HETEROSCALE_FOREIGN_SERVICES: demoService } }
  story = await beginStory({ HETEROSCALE_EMULATOR_STARTUP_SCALE: '0.1' }, { inRealTime: true, envOf })
  python = { packages, story }
  hasTools = true
  await until('the smallest fleet serves', () => story.ledger.gauge.registered.decode === 4 && story.ledger.openIntents.size === 0)
  // A first run downloads the Python packages.
}, 300_000)
// In CI a missing tool fails the run (foreign-story.ts); elsewhere what did not run must not look as if it had.
beforeEach(({ skip }) => skip(!hasTools, 'kcat, Python or its packages are missing'))
afterAll(async () => {
  await gateway?.stop()
  await story?.stop()
})

describe('a producer in Python', () => {
  test('writes throughput; a scale-out follows and is committed; it reads the decision back', async () => {
    const { ledger } = story
    const before = ledger.decisions.length
    gateway = keepProducing(python, ['--service', demoService, '--instances', '4', '--tps', String(tps), '--interval', '1'])
    await until('a decision on what the gateway says', () => ledger.decisions.length > before)
    const decision = ledger.decisions[before]
    expect(decision).toMatchObject({ kind: 'scale-out', from: { decode: 4 }, to: { prefill: 4, decode: 8 } })
    await until('it is committed', () => ledger.ends.some((end) => end.intentId === decision?.intentId && end.outcome === 'committed'), 90_000)
    const read = await runPython(python, 'read_decisions.py', ['--service', demoService, '--record', 'ScaleDecided', '--count', String(before + 1), '--seconds', '60'])
    const last = JSON.parse(read.trim().split('\n').at(-1) ?? '') as unknown
    expect(last).toMatchObject({ type: 'ScaleDecided', service: demoService, decisionId: decision?.decisionId, kind: 'scale-out', to: { prefill: 4, decode: 8 } })
  })
})

describe('kcat', () => {
  test('lists every topic, and reads a record of each that has any, of a schema that the registry knows', async () => {
    const listed = JSON.parse(String(await kcat(story, ['-L', '-J']))) as { readonly topics: readonly { readonly topic: string }[] }
    expect(listed.topics.map(({ topic }) => topic)).toEqual(expect.arrayContaining(topicNames.map((topic) => brokerTopic(topic))))
    await until('the gate has reported', async () => (await producerNamed(story, 'gateway/*')) !== undefined)
    const { items } = await createApiClient(story.running.fleet.apiUrl).get<{ readonly items: readonly TopicAnswer[] }>('/topics')
    const filled = items.filter(({ records }) => records > 0).map(({ name }) => name)
    expect(filled).toEqual(expect.arrayContaining((['metrics', 'signals', 'decisions', 'intents', 'rollouts', 'cells', 'services', 'dead-letters'] as const).map((topic) => brokerTopic(topic))))
    for (const topic of filled) {
      const record = await firstOf(topic)
      expect({ topic, magic: record[0] }).toEqual({ topic, magic: 0 })
      const subjects = (await (await fetch(`${registryOf(story)}/schemas/ids/${record.readUInt32BE(1)}/subjects`)).json()) as readonly string[]
      expect(subjects.some((subject) => subject.startsWith(`${topic}-`)), `${topic}: ${JSON.stringify(subjects)}`).toBe(true)
    }
  })
})

test('look.sh shows records of every topic that has any', async () => {
  const shown = await lookAt(story)
  for (const topic of topicNames) expect(shown).toContain(`== ${brokerTopic(topic)}\n`)
  // What a stranger wrote has no headers of ours; what we wrote has.
  expect(shown).toMatch(new RegExp(`== ${metrics}\\n\\d+ \\d/\\d+ key=${demoService} .*\\d+ bytes\\n`))
  expect(shown).toMatch(new RegExp(`== ${brokerTopic('decisions')}\\n\\d+ \\d/\\d+ key=${demoService} .*ce_type=io.heteroscale.Scale`))
})

/** The first value of a topic, as it stands there. */
const firstOf = (topic: string): Promise<Buffer> => kcat(story, ['-C', '-q', '-t', topic, '-o', 'beginning', '-c', '1', '-e', '-f', '%s'])

/** Wire format: a zero, an id that no release has given, then what should be Avro. */
const unknownSchema = Buffer.from([0, 0, 0, 0x27, 0x0f, 2, 2])

/** What the log of decisions is made of: records of this source in `signals`. */
const inSignals = (source: string): number => story.events.filter((event) => 'source' in event && event.source === source).length

/** Each tick decides on all that stands before it, and the decision is in the log before the tick after the next. */
const decidedSince = async (): Promise<void> => {
  for (let ticks = 0; ticks < 3; ticks += 1) {
    const last = await story.lastTickBeside(demoService)
    await until('the next tick', async () => (await story.lastTickBeside(demoService)) !== last)
  }
}

describe('what the gate refuses is visible, and changes nothing:', () => {
  let decisions = 0
  beforeAll(() => {
    if (hasTools) decisions = story.ledger.decisions.length
  })

  test('a schema that nobody knows, one that the topic does not carry, and bytes that end too early', async () => {
    const sample = await firstOf(metrics)
    for (const value of [unknownSchema, await firstOf(brokerTopic('decisions')), sample.subarray(0, -4)]) await writeRaw(value)
    const told = async () => [await refusals(story, '(unreadable)', 'UNKNOWN_SCHEMA'), await refusals(story, '(unreadable)', 'BAD_BYTES')]
    await until('all three are reported', async () => String(await told()) === '2,1')
    expect([await gateCount(story, 'UNKNOWN_SCHEMA'), await gateCount(story, 'BAD_BYTES')]).toEqual([2, 1])
  })

  test('a schema that is not of this release: the registry does not take it', async () => {
    const foreign = { schema: JSON.stringify({ type: 'record', name: 'TpsObserved', namespace: 'io.heteroscale', fields: [{ name: 'tps', type: 'string' }] }) }
    const answer = await fetch(`${registryOf(story)}/subjects/${metrics}-io.heteroscale.TpsObserved/versions`, { method: 'POST', body: JSON.stringify(foreign) })
    expect(answer.status).toBe(409)
  })

  test.each([
    { what: 'a service that nobody applied', args: ['--service', 'chat-71b', '--source', 'stranger/*', '--tps', '1000'], source: 'stranger/*', reason: 'UNKNOWN_SERVICE' },
    { what: 'an absurd value', args: ['--service', demoService, '--source', 'absurd/*', '--tps', '1e7'], source: 'absurd/*', reason: 'OUT_OF_RANGE' },
  ])('$what', async ({ args, source, reason }) => {
    await runPython(python, 'tps_producer.py', [...args, '--instances', '4', '--interval', '0.5', '--count', '1'])
    await until('it is reported', async () => (await refusals(story, source, reason)) === 1)
    expect(await producerNamed(story, source)).toMatchObject({ accepted: 0, refused: [{ reason, count: 1 }] })
    expect(await gateCount(story, reason)).toBe(1)
    expect(inSignals(source)).toBe(0)
  })

  test('a flood: what exceeds the rate of a producer', async () => {
    const records = 4_000
    const startedAt = Date.now()
    const heard = (await producerNamed(story, 'gateway/*'))?.accepted ?? 0
    await flood('flood/*', records)
    const told = async () => {
      const { accepted = 0, refused = [] } = (await producerNamed(story, 'flood/*')) ?? {}
      return { accepted, limited: refused.find(({ reason }) => reason === 'RATE_LIMITED')?.count ?? 0 }
    }
    await until('all of it is judged', async () => (await told()).accepted + (await told()).limited === records)
    const { accepted, limited } = await told()
    // 500 at once and 50 a second: what docs/producing-metrics.md promises.
    expect(accepted).toBeLessThanOrEqual(500 + (50 * (Date.now() - startedAt)) / 1000)
    expect(await gateCount(story, 'RATE_LIMITED')).toBe(limited)
    await until('what was accepted is in signals', () => inSignals('flood/*') >= accepted)
    await until('the gateway is heard as before', async () => ((await producerNamed(story, 'gateway/*'))?.accepted ?? 0) > heard)
    await decidedSince()
    expect(inSignals('flood/*')).toBe(accepted)
  })

  test('no decision came of any of it', async () => {
    await decidedSince()
    expect(['stranger/*', 'absurd/*'].map(inSignals)).toEqual([0, 0])
    expect(story.ledger.decisions.slice(decisions)).toEqual([])
    expect(gateway?.pid).toBeDefined()
  })
})

/** kcat sends a file as one record, whatever bytes it holds. */
const writeRaw = async (value: Uint8Array): Promise<void> => {
  const file = join(story.running.stack.dir, 'record')
  writeFileSync(file, value)
  await kcat(story, ['-P', '-t', metrics, '-k', demoService, file])
}

/** Sound records in one go. They say what the gateway says: a flood by itself is no new load. */
const flood = async (source: string, records: number): Promise<void> => {
  const eventLog = createKafkaEventLog(localKafka('flood', story.running.stack.kafkaBrokers))
  const now = Date.now()
  const samples = Array.from({ length: records }, (_, index) => {
    const windowEndMs = now - records + index
    return { type: 'TpsObserved', service: demoService, role: 'decode', source, windowStartMs: windowEndMs - 1_000, windowEndMs, instancesHeard: 4, instancesRegistered: 4, tps } as const
  })
  await (await eventLog.appender()).append(samples.map((event) => ({ topic: 'metrics', key: demoService, event })))
  await eventLog.close()
}
