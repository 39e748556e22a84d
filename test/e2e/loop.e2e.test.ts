/**
 * The whole loop through a real Kafka and a real Temporal, as separate processes: load rises and falls, a rollout fails
 * half-way, and the decider and the orchestrator are killed in the middle of their work. Times are world time at speed 20.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkBand, replayInFreshProcess } from '../../cli/demo/audit.ts'
import { countEnds } from '../../cli/demo/ledger.ts'
import { demoService } from '../../cli/demo/play.ts'
import { notRestored } from '../../cli/demo/restored.ts'
import type { EventOf, EventType } from '../../core/events/event.ts'
import { check } from '../checker/check.ts'
import { writeEvidence } from '../checker/evidence-folder.ts'
import { recordFleet } from '../support/record-fleet.ts'
import { until } from '../support/until.ts'
import { beginStory, type FleetStory } from './fleet-story.ts'

let story: FleetStory

beforeAll(async () => {
  story = await beginStory()
  // Four decoders of 1,200 tokens per second carry some 18 requests of 240 tokens.
  await story.traffic(14)
})
afterAll(() => story?.stop())

const seen = <T extends EventType>(type: T): readonly EventOf<T>[] =>
  story.events.filter((event): event is EventOf<T> => event.type === type)

describe('one fleet, one history', () => {
  test('load rises: both roles are scaled out and committed', async () => {
    await until('two owners have ticked on four partitions', () => new Set(seen('ClockTicked').map((tick) => tick.ownerId)).size === 2)
    await story.traffic(30)
    await until('a committed scale-out', () => countEnds(story.ledger, 'committed', 'scale-out') > 0)
    const [first] = story.ledger.decisions
    expect(first?.kind).toBe('scale-out')
    expect(first?.to.decode).toBeGreaterThan(first?.from.decode ?? 0)
  })

  test('the decider is killed with -9: the other takes over, and decides on', async () => {
    const owner = await ownerOfService()
    const before = story.ledger.decisions.length
    const victim = story.running.fleet.processes[owner]
    victim?.kill('SIGKILL')
    await story.traffic(46)
    await until('another owner claims the partition', async () => (await ownerOfService()) !== owner)
    await until('a decision by the new owner', () => story.ledger.decisions.length > before)
    await victim?.restart()
  })

  test('the orchestrator is killed with -9 in mid-rollout: the rollout ends all the same, each effect once', async () => {
    const placed = seen('RolloutPlaced').length
    await story.traffic(62)
    await until('a rollout under way', () => seen('RolloutPlaced').length > placed && story.ledger.openIntents.size > 0)
    const orchestrator = story.running.fleet.processes['orchestrator']
    orchestrator?.kill('SIGKILL')
    await orchestrator?.restart()
    await until('every intent has ended', () => story.ledger.openIntents.size === 0)
    expect(await repeatedEffects()).toEqual([])
  })

  test('decoders that never become ready: the whole group is undone', async () => {
    await story.world.plantFault({ kind: 'decode-never-ready', service: demoService, rollouts: 1 })
    await story.traffic(84)
    await until('a rolled-back rollout', () => countEnds(story.ledger, 'rolled-back') > 0)
    expect(notRestored(await story.world.changes())).toEqual([])
  })

  test('load falls: the fleet shrinks, with both roles', async () => {
    await story.traffic(12)
    await until('a committed scale-in', () => countEnds(story.ledger, 'committed', 'scale-in') > 0)
  })

  test('at the end: nothing reserved, the band never left, every decision replays', async () => {
    await story.traffic(12)
    await until('every reservation was released', () => story.ledger.openReservations.size === 0 && story.ledger.openIntents.size === 0)
    const changes = await story.world.changes()
    await story.running.fleet.stop()
    const band = await checkBand(changes, story.running.stack.dir, { lo: 0.375, hi: 0.625 })
    expect(band).toMatchObject({ violations: [] })
    expect(band.checked).toBeGreaterThan(20)
    const replay = await replayInFreshProcess(story.running.stack.kafkaBrokers)
    expect(replay.differences).toEqual([])
    expect(replay.decisions.count).toBe(story.ledger.decisions.length)
    const evidence = await recordFleet({
      brokers: story.running.stack.kafkaBrokers,
      changeLogs: [changes],
      run: { seed: null, simulated: true, tickMs: 1_000, latenessMs: 2_000, convergeMs: 20 * 60_000 },
    })
    // For a look with `node --import tsx test/checker/main.ts FOLDER`.
    if (process.env['HETEROSCALE_EVIDENCE'] !== undefined) writeEvidence(process.env['HETEROSCALE_EVIDENCE'], evidence)
    const { violations, counted } = check(evidence)
    expect(violations).toEqual([])
    expect(counted).toMatchObject({ decisions: replay.decisions.count })
  })
})

/** Owner of the partition on which the service is decided: the one whose ticks stand in it, of the highest epoch. */
const ownerOfService = async (): Promise<string> => (await story.lastTickBeside(demoService))?.ownerId ?? ''

/** Idempotency keys with more than one effect on the sub-cluster: steps that were done twice. */
const repeatedEffects = async (): Promise<readonly string[]> => {
  const lines = (await story.world.changes()).split('\n').filter(Boolean)
  const written = lines.map((line) => JSON.parse(line) as { kind: string; key: string }).filter(({ kind }) => kind === 'written')
  const keys = written.map(({ key }) => key).filter((key) => key !== '')
  expect(keys.length).toBeGreaterThan(0)
  return keys.filter((key, index) => keys.indexOf(key) !== index)
}
