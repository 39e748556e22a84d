/** Two versions of the deciding code on one log of a real broker, each a compiled program with its own bundle. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { createWorldClock, type WorldTime } from '../../adapters/clock/world-clock.ts'
import { createKafkaEventLog } from '../../adapters/kafka/event-log.ts'
import { ensureTopics } from '../../adapters/kafka/topics.ts'
import type { ReplayReport } from '../../cli/replay-log.ts'
import type { Clock, LogRecord } from '../../core/ports.ts'
import { superviseProcess, type ServerHandle } from '../../infra/local/process.ts'
import { projectRoot } from '../../infra/local/project-root.ts'
import { otherNumber, plantedCore } from '../audit/planted-core.ts'
import { scratchDir } from '../support/scratch-dir.ts'
import { until } from '../support/until.ts'
import { createWorld, type World } from './decider/world.ts'

const time: WorldTime = { worldEpochMs: Date.UTC(2026, 0, 1), wallEpochMs: Date.now(), speed: 20 }
const services = ['chat', 'code', 'draft']

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

/** Another release of the program: the same, but for the core that decides. */
const otherRelease = async (): Promise<{ readonly root: string; readonly coreHash: string; readonly cores: string }> => {
  const root = join(scratchDir(), 'release')
  mkdirSync(root)
  cpSync(join(projectRoot, 'dist'), join(root, 'dist'), { recursive: true })
  for (const shared of ['node_modules', 'schemas', 'package.json', 'package-lock.json']) symlinkSync(join(projectRoot, shared), join(root, shared))
  const { coreHash, text } = await plantedCore(otherNumber)
  const cores = join(root, 'dist/cores')
  writeFileSync(join(cores, `${coreHash}.mjs`), text)
  writeFileSync(join(cores, 'current.json'), JSON.stringify({ coreHash }))
  return { root, coreHash, cores }
}

const openScene = async () => {
  const topicPrefix = `cores-${randomUUID()}`
  const brokers = inject('kafkaBrokers')
  await ensureTopics({ brokers, topicPrefix, clientId: 'scene', partitions: 2 })
  const eventLog = createKafkaEventLog({ brokers, topicPrefix, clientId: 'scene' })
  cleanUps.push(() => eventLog.close())
  const decided: LogRecord[] = []
  await eventLog.follow({ topics: ['decisions'], from: 'start', onRecord: (record) => void decided.push(record) })
  const env = { KAFKA_BROKERS: brokers.join(','), HETEROSCALE_TOPIC_PREFIX: topicPrefix }
  const logs = scratchDir()
  const startDecider = (name: string, root: string): ServerHandle => {
    const worldTime = { HETEROSCALE_SPEED: String(time.speed), HETEROSCALE_WORLD_EPOCH_MS: String(time.worldEpochMs), HETEROSCALE_WALL_EPOCH_MS: String(time.wallEpochMs) }
    const handle = superviseProcess({
      name,
      command: process.execPath,
      args: [join(root, 'dist/services/decider/main.js')],
      env: { ...env, ...worldTime, HETEROSCALE_HTTP_PORT: '0', HETEROSCALE_OWNER_ID: name },
      logFile: join(logs, `${name}.log`),
    })
    cleanUps.push(() => handle.stop())
    return handle
  }
  const decisionsBy = (coreHash: string): number => decided.filter(({ event }) => event?.type === 'ScaleDecided' && event.coreHash === coreHash).length
  return { eventLog, env, startDecider, decisionsBy, decided }
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

type Replayed = { readonly exitCode: number; readonly report: ReplayReport; readonly progress: string }

/** The verb, as an auditor runs it. */
const replay = (env: Record<string, string>, ...args: readonly string[]): Promise<Replayed> =>
  new Promise((done) => {
    const command = [join(projectRoot, 'dist/cli/main.js'), 'replay', '-o', 'json', ...args]
    const options = { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 }
    const child = execFile(process.execPath, command, options, (_error, stdout, stderr) =>
      done({ exitCode: child.exitCode ?? -1, report: JSON.parse(stdout || 'null') as ReplayReport, progress: stderr }),
    )
  })

describe('a log that two versions decided, one after the other', () => {
  it('is replayed by both of their bundles, and is equal', async () => {
    const old = await otherRelease()
    const scene = await openScene()
    const clock = createWorldClock(time)
    const world = await createWorld(scene.eventLog, clock)
    for (const service of services) await world.configure(service)
    keepTurning(world, clock)

    const first = scene.startDecider('first', old.root)
    await until('the old version decided five times', () => scene.decisionsBy(old.coreHash) >= 5)
    expect(await first.stop()).toEqual({ code: 0, signal: null })
    const oldDecisions = scene.decisionsBy(old.coreHash)
    const second = scene.startDecider('second', projectRoot)
    await until('the new version decided five times', () => scene.decided.length - oldDecisions > 5 && newHash(scene.decided, old.coreHash) !== null)
    const present = newHash(scene.decided, old.coreHash) as string
    await until('the new version decided five times', () => scene.decisionsBy(present) >= 5)
    expect(await second.stop()).toEqual({ code: 0, signal: null })

    const { exitCode, report, progress } = await replay(scene.env, '--cores', old.cores)
    expect(report).toMatchObject({ refusal: null, equal: true, differences: [] })
    expect(report.cores.map(({ coreHash }) => coreHash)).toEqual([old.coreHash, present])
    expect(report.decisions.count).toBeGreaterThanOrEqual(10)
    expect(exitCode).toBe(0)
    expect(progress).toMatch(/replay: 100 %, partition 1: \d+ records, \d+ ticks folded, \d+ records\/s/)

    const missing = await replay(scene.env)
    expect(missing).toMatchObject({ exitCode: 4, report: { equal: false, refusal: { reason: 'OTHER_CORE', coreHashes: [old.coreHash] } } })

    const lastMinute = await replay(scene.env, '--from', '60s')
    expect(lastMinute.report).toMatchObject({ refusal: null, equal: true, cores: [{ coreHash: present }] })
    expect(lastMinute.report.ticks).toBeLessThan(report.ticks / 2)
  })
})

const newHash = (decided: readonly LogRecord[], old: string): string | null =>
  decided.flatMap(({ event }) => (event?.type === 'ScaleDecided' && event.coreHash !== old ? [event.coreHash] : []))[0] ?? null
