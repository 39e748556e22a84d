/**
 * A fleet scales on real servers, and its record is verified; then faults are planted, each in a copy of the topics or in the
 * sub-cluster itself, and each is named. World time runs at speed 20.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEmulatorSubCluster } from '../../adapters/emulator/sub-cluster.ts'
import { createKafkaEventLog } from '../../adapters/kafka/event-log.ts'
import { ensureTopics } from '../../adapters/kafka/topics.ts'
import { countEnds } from '../../cli/demo/ledger.ts'
import { demoService } from '../../cli/demo/play.ts'
import { readChanges } from '../../cli/verify-changes.ts'
import { verifyLog } from '../../cli/verify-log.ts'
import type { ChangeLine } from '../../core/audit/verify/effects.ts'
import type { Verification } from '../../core/audit/verify/verify.ts'
import type { LogEvent } from '../../core/events/event.ts'
import type { LogRecord } from '../../core/ports.ts'
import { projectRoot } from '../../infra/local/project-root.ts'
import { until } from '../support/until.ts'
import { beginStory, type FleetStory } from './fleet-story.ts'

let story: FleetStory
/** Log and change log of one moment: every copy is made of them, whatever the fleet does meanwhile. */
let record: readonly LogRecord[]
let changes: readonly ChangeLine[]

const writesIn = (lines: readonly ChangeLine[]): number => lines.filter(({ kind }) => kind === 'written').length

/** Snapshots first: what they name is written before them. */
const topics = ['snapshots', 'decisions', 'intents', 'rollouts', 'cells'] as const

beforeAll(async () => {
  story = await beginStory()
  await story.traffic(14)
  await until('two owners have ticked', () => new Set(story.events.flatMap((event) => (event.type === 'ClockTicked' ? [event.ownerId] : []))).size === 2)
  await story.traffic(30)
  await until('a committed scale-out', () => countEnds(story.ledger, 'committed', 'scale-out') > 0)
  await story.traffic(60)
  await until('a second one', () => countEnds(story.ledger, 'committed', 'scale-out') > 1)
  await story.world.plantFault({ kind: 'decode-never-ready', service: demoService, rollouts: 1 })
  await story.traffic(84)
  await until('one that was undone', () => countEnds(story.ledger, 'rolled-back') > 0)
  await story.traffic(12)
  await until('a committed scale-in', () => countEnds(story.ledger, 'committed', 'scale-in') > 0)
  await until('a moment in which nothing was written, and a snapshot that names a hold', async () => {
    changes = await readChanges([story.running.fleet.emulatorUrl])
    if (story.ledger.openIntents.size > 0) return false
    record = await recordOf('heteroscale')
    return story.ledger.openIntents.size === 0 && heldHashes().length > 0 && writesIn(await readChanges([story.running.fleet.emulatorUrl])) === writesIn(changes)
  })
})
afterAll(() => story?.stop())

const logOf = (topicPrefix: string) => createKafkaEventLog({ brokers: story.running.stack.kafkaBrokers, clientId: 'verify-story', topicPrefix })

const recordOf = async (topicPrefix: string): Promise<readonly LogRecord[]> => {
  const eventLog = logOf(topicPrefix)
  const records: LogRecord[] = []
  for (const topic of topics)
    for (const { partition, start, end } of await eventLog.bounds(topic))
      for await (const one of eventLog.read({ topic, partition, from: start, to: end })) records.push(one)
  await eventLog.close()
  return records
}

/** Copies the record into topics of their own; `plant` says what becomes of each event, null what is left out. */
const verifiedCopy = async (name: string, plant: (event: LogEvent) => LogEvent | null): Promise<Verification> => {
  const topicPrefix = `copy-${name}`
  await ensureTopics({ brokers: story.running.stack.kafkaBrokers, clientId: 'verify-story', topicPrefix })
  const eventLog = logOf(topicPrefix)
  const appender = await eventLog.appender()
  const planted = record.flatMap(({ topic, partition, key, event }) => {
    const kept = event === null ? null : plant(event)
    return kept === null ? [] : [{ topic, partition, key, event: kept }]
  })
  await appender.append(planted)
  await appender.close()
  const verification = await verifyLog(eventLog, { service: null, sinceMs: -Infinity, changes: () => Promise.resolve(changes), onProgress: () => undefined })
  await eventLog.close()
  return verification
}

const heteroscale = (...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> => {
  const { fleet, stack } = story.running
  const env = { ...process.env, KAFKA_BROKERS: stack.kafkaBrokers.join(','), HETEROSCALE_EMULATOR: fleet.emulatorUrl, HETEROSCALE_API: fleet.apiUrl }
  return new Promise((done) => {
    execFile(process.execPath, [join(projectRoot, 'dist/cli/main.js'), ...args], { env, cwd: projectRoot }, (error, out, err) => {
      if (error !== null && typeof error.code === 'number' && error.code !== 4) console.log(err)
      done({ code: typeof error?.code === 'number' ? error.code : 0, out: out.trimEnd() })
    })
  })
}

/** Holds that snapshots name; the first of a service is taken before any was written, the next 10 minutes of the world later. */
const heldHashes = (): readonly string[] => record.flatMap(({ event }) => (event?.type === 'SnapshotTaken' && event.heldHash !== '' ? [event.heldHash] : []))

const firstDecision = (): string => record.flatMap(({ event }) => (event?.type === 'ScaleDecided' ? [event.decisionId] : []))[0] ?? ''

describe('heteroscale verify', () => {
  test('finds nothing in what the fleet did, and says how much it checked', async () => {
    const { code, out } = await heteroscale('verify')
    expect(out).toMatch(/[1-9]\d* decisions and [1-9]\d* holds of 1 service, chain unbroken/)
    expect(out).toMatch(/([1-9]\d*) effects in the change log of \S+: \1 as ordered/)
    expect(out).toMatch(/[1-9]\d* rollouts: [1-9]\d* committed, [1-9]\d* rolled back/)
    expect(out).toMatch(/verify: 0 findings$/)
    expect(code).toBe(0)
  })

  test('a faithful copy has no findings either', async () => {
    expect((await verifiedCopy('whole', (event) => event)).findings).toEqual([])
  })

  test('names what a removed decision leaves behind', async () => {
    const { findings } = await verifiedCopy('removed', (event) => (event.type === 'ScaleDecided' && event.decisionId === firstDecision() ? null : event))
    expect(findings.map(({ code }) => code)).toContain('CHAIN_BROKEN')
    expect(findings).toContainEqual(expect.objectContaining({ code: 'INTENT_WITHOUT_DECISION', id: `i-${firstDecision()}` }))
  })

  test('names the decision of which one byte was changed', async () => {
    const { findings } = await verifiedCopy('changed', (event) =>
      event.type === 'ScaleDecided' && event.decisionId === firstDecision() ? { ...event, reason: `${event.reason.slice(0, -1)}~` } : event,
    )
    expect(findings.map(({ code, id }) => `${code} ${id}`)).toEqual([`DECISION_CHANGED ${firstDecision()}`])
  })

  test('names the hold of which one byte was changed, in a text that no rule reads', async () => {
    const hold = record.flatMap(({ event }) => (event?.type === 'ScaleHeld' ? [event] : []))[1]
    const { findings } = await verifiedCopy('held', (event) => (event === hold && hold ? { ...hold, detail: `${hold.detail.slice(0, -1)}~` } : event))
    expect(findings.map(({ code, id }) => `${code} ${id}`)).toEqual([`HOLD_CHANGED ${hold?.decisionId}`])
  })

  test('names the decision before which a hold was removed, and the snapshot that was taken after one', async () => {
    const verdicts = record.flatMap(({ event }) => (event?.type === 'ScaleHeld' || event?.type === 'ScaleDecided' ? [event] : []))
    const decision = verdicts.find((event, at) => event.type === 'ScaleDecided' && verdicts[at - 1]?.type === 'ScaleHeld')
    const last = verdicts[verdicts.findIndex((event) => event === decision) - 1]
    const { findings } = await verifiedCopy('unheld', (event) => (event === last ? null : event))
    expect(findings.map(({ code, id }) => `${code} ${id}`)).toEqual([`HOLDS_BROKEN ${decision?.decisionId}`])
    const named = heldHashes()
    const unanchored = await verifiedCopy('unanchored', (event) => (event.type === 'ScaleHeld' && named.includes(event.hash) ? null : event))
    expect(unanchored.findings.map(({ code, id }) => `${code} ${id}`)).toContain(`HOLDS_BROKEN snapshots/${demoService}`)
  })

  test('names the rollout that has no end', async () => {
    const { findings } = await verifiedCopy('endless', (event) => (event.type === 'RolloutCommitted' && event.intentId === `i-${firstDecision()}` ? null : event))
    expect(findings.length).toBeGreaterThan(0)
    for (const { code, id } of findings) expect(`${code} ${id}`).toMatch(new RegExp(`^ROLLOUT_WITHOUT_END rollout/.*i-${firstDecision()}/`))
  })

  test('names an effect that somebody had behind the back of the loop', async () => {
    const url = story.running.fleet.emulatorUrl
    const placed = record.flatMap(({ event }) => (event?.type === 'PlacementDecided' ? event.answers.flatMap(({ groups }) => groups) : []))[0]
    const subCluster = createEmulatorSubCluster({ name: placed?.subCluster ?? '', url })
    const [status] = (await subCluster.listGroups()).groups
    if (status === undefined) throw new Error('expected a group')
    const { group, service, sequence, uid, counts, domain, gpuTypes, gpusPerInstance, band } = status
    const more = { ...counts, decode: counts.decode + 1 }
    const write = { key: 'by-hand', group, service, sequence, intentId: 'i-nobody', decisionId: 'nobody', expect: { uid, counts }, counts: more, domain, gpuTypes, gpusPerInstance, band }
    expect((await subCluster.applyGroup(write)).kind).toBe('written')
    const { code, out } = await heteroscale('verify')
    expect(out).toMatch(/^EFFECT_WITHOUT_INTENT \S+ by-hand at .*i-nobody/m)
    expect(out).toMatch(/verify: 1 finding$/)
    expect(code).toBe(4)
  })
})
