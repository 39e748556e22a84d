/** Deciders as real processes on a real broker: sharing, death by kill -9, and a clock that is a minute ahead. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { createWorldClock, wallTime, type WorldTime } from '../../adapters/clock/world-clock.ts'
import { createKafkaEventLog } from '../../adapters/kafka/event-log.ts'
import { ensureTopics } from '../../adapters/kafka/topics.ts'
import { replayLog } from '../../cli/replay-log.ts'
import { controlKey, fleetScope } from '../../core/controls/controls.ts'
import type { Clock, EventLog, LogRecord } from '../../core/ports.ts'
import { nodeArgumentsOf } from '../../infra/local/node-arguments.ts'
import { pickPort } from '../../infra/local/ports.ts'
import { superviseProcess, type ServerHandle } from '../../infra/local/process.ts'
import { projectRoot } from '../../infra/local/project-root.ts'
import { runningCore } from '../../services/core-bundle.ts'
import { scratchDir } from '../support/scratch-dir.ts'
import { createWorld, type World } from './decider/world.ts'

const partitions = [0, 1, 2, 3]
const services = ['chat', 'code', 'draft', 'search', 'summary', 'translate']

type Scene = {
  readonly eventLog: EventLog
  /** All records of `signals` and `decisions` so far. */
  readonly records: readonly LogRecord[]
  /** Resolves when `holds` is true of the records; asked again at each new one. */
  until(holds: (records: readonly LogRecord[]) => boolean): Promise<void>
  startDecider(ownerId: string, env?: Record<string, string>): ServerHandle
  replay(): ReturnType<typeof replayLog>
}

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const openScene = async (env: Record<string, string>): Promise<Scene> => {
  const topicPrefix = `decider-${randomUUID()}`
  const options = { brokers: inject('kafkaBrokers'), topicPrefix, clientId: 'scene' }
  await ensureTopics({ ...options, partitions: partitions.length })
  const eventLog = createKafkaEventLog(options)
  cleanUps.push(() => eventLog.close())
  const { records, until } = await watch(eventLog)
  const logs = scratchDir()
  return {
    eventLog,
    records,
    until,
    startDecider: (ownerId, own = {}) => {
      const handle = superviseProcess({
        name: ownerId,
        command: process.execPath,
        args: [...nodeArgumentsOf('decider'), join(projectRoot, 'dist/services/decider/main.js')],
        env: {
          KAFKA_BROKERS: options.brokers.join(','),
          HETEROSCALE_TOPIC_PREFIX: topicPrefix,
          HETEROSCALE_HTTP_PORT: '0',
          HETEROSCALE_OWNER_ID: ownerId,
          ...env,
          ...own,
        },
        logFile: join(logs, `${ownerId}.log`),
      })
      cleanUps.push(() => handle.stop())
      return handle
    },
    replay: async () => replayLog(eventLog, { coreHash: await compiledHash(), group: `${topicPrefix}-decider` }),
  }
}

/** The deciders run as their users run them: compiled. */
const compiledHash = async (): Promise<string> => (await runningCore(join(projectRoot, 'dist/cores'))).coreHash

const watch = async (eventLog: EventLog): Promise<Pick<Scene, 'records' | 'until'>> => {
  const records: LogRecord[] = []
  let waiting: { holds(records: readonly LogRecord[]): boolean; resolve(): void }[] = []
  await eventLog.follow({
    topics: ['signals', 'decisions'],
    from: 'start',
    onRecord: (record) => {
      records.push(record)
      const met = waiting.filter(({ holds }) => holds(records))
      waiting = waiting.filter((one) => !met.includes(one))
      for (const { resolve } of met) resolve()
    },
  })
  const until: Scene['until'] = (holds) => (holds(records) ? Promise.resolve() : new Promise((resolve) => waiting.push({ holds, resolve })))
  return { records, until }
}

const keepTurning = (world: World, clock: Clock): void => {
  let over = false
  const turning = (async () => {
    while (!over) {
      await world.observe()
      await clock.sleep(1000)
      await world.carryOut()
    }
  })()
  cleanUps.push(async () => {
    over = true
    await turning
  })
}

/** By id: who takes a partition over may write once more what the one before had written. */
const decisions = (records: readonly LogRecord[]): number => new Set(records.flatMap(({ event }) => (event?.type === 'ScaleDecided' ? [event.decisionId] : []))).size

/** Ticks of an owner that claim or hold a partition; epoch 0 is a question to the broker's clock. */
const isTickOf = ({ event }: LogRecord, ownerId: string): boolean =>
  event?.type === 'ClockTicked' && event.ownerId === ownerId && event.epoch > 0

const ticksOn = (records: readonly LogRecord[], ownerId: string): ReadonlySet<number> =>
  new Set(records.filter((record) => isTickOf(record, ownerId)).map(({ partition }) => partition))

const probesOf = (records: readonly LogRecord[], ownerId: string): number =>
  records.filter(({ event }) => event?.type === 'ClockTicked' && event.ownerId === ownerId && event.epoch === 0).length

describe('two deciders on a real broker', () => {
  it('share the partitions; when one is killed the other goes on, and every decision can be replayed', async () => {
    const time: WorldTime = { worldEpochMs: Date.UTC(2026, 0, 1), wallEpochMs: Date.now(), speed: 20 }
    const scene = await openScene({
      HETEROSCALE_SPEED: String(time.speed),
      HETEROSCALE_WORLD_EPOCH_MS: String(time.worldEpochMs),
      HETEROSCALE_WALL_EPOCH_MS: String(time.wallEpochMs),
    })
    const clock = createWorldClock(time)
    const world = await createWorld(scene.eventLog, clock)
    for (const service of services) await world.configure(service)
    const ada = scene.startDecider('ada')
    const bob = scene.startDecider('bob')
    keepTurning(world, clock)
    await scene.until((records) => ticksOn(records, 'ada').size >= 2 && ticksOn(records, 'bob').size >= 2 && decisions(records) >= 4)

    ada.kill('SIGKILL')
    expect(await ada.exited).toMatchObject({ signal: 'SIGKILL' })
    const decidedBefore = decisions(scene.records)
    await scene.until((records) => ticksOn(records, 'bob').size === partitions.length && decisions(records) >= decidedBefore + 6)

    expect(await bob.stop()).toEqual({ code: 0, signal: null })
    const report = await scene.replay()
    expect(report.refusal).toBeNull()
    expect(report.decisions.count).toBeGreaterThanOrEqual(10)
    expect(report).toMatchObject({ equal: true, differences: [], decisions: { equal: report.decisions.count } })
    expect(report.holds.equal).toBe(report.holds.count)
  })
})

const freeze = async (eventLog: EventLog, value: 'on' | 'released', time: number): Promise<void> => {
  const order = { scope: fleetScope, control: 'freeze', value, prefill: null, decode: null, untilMs: null, author: 'eve', reason: 'fire', time } as const
  const appender = await eventLog.appender()
  await appender.append([{ topic: 'controls', key: controlKey(order), event: { type: 'ControlSet', ...order } }])
  await appender.close()
}

/** Services whose fold was told of that many directives last. */
const toldOf = (records: readonly LogRecord[], directives: number): number => {
  const last = new Map(records.flatMap(({ event }) => (event?.type === 'ControlChanged' ? [[event.service, event.directives.length] as const] : [])))
  return [...last.values()].filter((count) => count === directives).length
}

const frozenOf = (records: readonly LogRecord[]): ReadonlySet<string> =>
  new Set(records.flatMap(({ event }) => (event?.type === 'ScaleHeld' && event.reason === 'FROZEN' ? [event.service] : [])))

describe('a fleet that is frozen', () => {
  it('decides nothing, also when every decider was killed and others came; released, it goes on', async () => {
    const time: WorldTime = { worldEpochMs: Date.UTC(2026, 0, 1), wallEpochMs: Date.now(), speed: 20 }
    const scene = await openScene({
      HETEROSCALE_SPEED: String(time.speed),
      HETEROSCALE_WORLD_EPOCH_MS: String(time.worldEpochMs),
      HETEROSCALE_WALL_EPOCH_MS: String(time.wallEpochMs),
    })
    const clock = createWorldClock(time)
    const world = await createWorld(scene.eventLog, clock)
    for (const service of services) await world.configure(service)
    const ada = scene.startDecider('ada')
    keepTurning(world, clock)
    await scene.until((records) => decisions(records) >= 2)

    await freeze(scene.eventLog, 'on', clock.now())
    await scene.until((records) => frozenOf(records).size === services.length)
    const decidedBefore = decisions(scene.records)
    ada.kill('SIGKILL')
    await ada.exited
    scene.startDecider('bob')
    await scene.until((records) => records.filter((record) => isTickOf(record, 'bob')).length >= 100 * partitions.length)
    expect(decisions(scene.records)).toBe(decidedBefore)
    expect(toldOf(scene.records, 1)).toBe(services.length)

    await freeze(scene.eventLog, 'released', clock.now())
    await scene.until((records) => toldOf(records, 0) === services.length && decisions(records) >= decidedBefore + 4)
    expect(await scene.replay()).toMatchObject({ equal: true, differences: [] })
  })
})

describe('an owner whose clock is a minute ahead, on a topic that is not simulated', () => {
  it('freezes nobody: it withdraws and is not ready, and the other ticks and decides on every partition', async () => {
    const scene = await openScene({ HETEROSCALE_TICK_MS: '250' })
    const clock = createWorldClock(wallTime)
    const world = await createWorld(scene.eventLog, clock)
    for (const service of services) await world.configure(service)
    const port = await pickPort(0)
    scene.startDecider('fast', { HETEROSCALE_WORLD_EPOCH_MS: '60000', HETEROSCALE_HTTP_PORT: String(port) })
    keepTurning(world, clock)
    await scene.until((records) => ticksOn(records, 'fast').size > 0)
    scene.startDecider('ada')
    await scene.until((records) => ticksOn(records, 'ada').size === partitions.length)
    // A member asks the broker's clock only once it left its group: from here on it owns nothing.
    await scene.until((records) => probesOf(records, 'fast') >= 1)
    const withdrawnAt = scene.records.length
    const decidedFor = (records: readonly LogRecord[]) => new Set(records.filter(({ topic }) => topic === 'decisions').map(({ key }) => key))
    await scene.until((records) => services.every((service) => decidedFor(records).has(service)))
    await scene.until((records) => probesOf(records, 'fast') >= 2)
    const after = scene.records.slice(withdrawnAt)
    expect(ticksOn(after, 'fast').size).toBe(0)
    expect(ticksOn(after, 'ada').size).toBe(partitions.length)
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(503)
    expect(await scene.replay()).toMatchObject({ equal: true, differences: [] })
  })
})
