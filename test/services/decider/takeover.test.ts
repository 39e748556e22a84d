import { describe, expect, it } from 'vitest'
import * as engine from '../../../core/audit/engine.ts'
import type { EventLog } from '../../../core/ports.ts'
import { openPartition } from '../../../core/scaling/partition.ts'
import { restorePartition } from '../../../services/decider/restore.ts'
import { followSnapshots } from '../../../services/decider/standby.ts'
import { claimsOf, recordsOf, replayed, statesAfter, ticksOf } from './history.ts'
import { wrongBy } from './manual-clock.ts'
import { createMortalLog, type Death } from './mortal-log.ts'
import { coreHash, group, openStage } from './stage.ts'

const services = ['chat', 'code']

const openBusyStage = async () => {
  const stage = await openStage()
  for (const service of services) await stage.configure(service)
  return stage
}

describe('one decider', () => {
  it('claims each partition, gives it an identity, and scales services with their load', async () => {
    const stage = await openBusyStage()
    const ada = await stage.startDecider('ada')
    await stage.pass(400)
    const report = await replayed(stage.eventLog)
    expect(report.decisions.count).toBeGreaterThanOrEqual(services.length * 2)
    expect(report).toMatchObject({ equal: true, duplicates: 0, unsettled: 0, decisions: { equal: report.decisions.count } })
    expect(report.holds.count).toBe(report.holds.equal)
    expect(report.intents).toEqual({ count: report.decisions.count, equal: report.decisions.count })
    expect((await claimsOf(stage.eventLog)).map(({ partition, epoch, logId }) => ({ partition, epoch, logId }))).toEqual([
      { partition: 0, epoch: 1, logId: 'log-of-ada' },
      { partition: 1, epoch: 1, logId: 'log-of-ada' },
    ])
    expect(ada.ready()).toBe(true)
  })

  it('decides nothing on the tick that claims', async () => {
    const stage = await openBusyStage()
    await stage.pass(60)
    const ada = await stage.startDecider('ada')
    await stage.pass(60)
    await ada.stop()
    await stage.startDecider('bob')
    await stage.pass(60)
    const claims = (await claimsOf(stage.eventLog)).map(({ partition, offset }) => `${partition}@${offset}`)
    const decided = (await recordsOf(stage.eventLog, 'decisions')).flatMap(({ event }) =>
      event?.type === 'ScaleDecided' || event?.type === 'ScaleHeld' ? [`${event.inputs.partition}@${event.inputs.tickOffset}`] : [],
    )
    expect(claims).toHaveLength(4)
    expect(decided.length).toBeGreaterThan(0)
    expect(decided.filter((position) => claims.includes(position))).toEqual([])
  })

  it('keeps a snapshot of a new service before it commits the record that configured it', async () => {
    const stage = await openStage()
    await stage.startDecider('ada')
    await stage.pass(2)
    await stage.configure('chat')
    await stage.clock.advance(0)
    const partition = await stage.eventLog.partitionOf('signals', 'chat')
    const configuredAt = (await recordsOf(stage.eventLog, 'signals')).find(({ event }) => event?.type === 'ServiceConfigured')?.offset
    expect((await stage.eventLog.committed(group, 'signals')).get(partition)).toBeGreaterThan(configuredAt ?? Infinity)
    expect((await recordsOf(stage.eventLog, 'snapshots')).map(({ key }) => key)).toEqual(['chat'])
  })

  it('leaves a tombstone where a removed service was', async () => {
    const stage = await openBusyStage()
    const ada = await stage.startDecider('ada')
    await stage.pass(5)
    await stage.remove('chat')
    await stage.pass(2)
    const last = (await recordsOf(stage.eventLog, 'snapshots')).filter(({ key }) => key === 'chat').at(-1)
    expect(last).toMatchObject({ key: 'chat', event: null })
    await ada.stop()
    await stage.startDecider('bob')
    await stage.pass(120)
    expect(await replayed(stage.eventLog)).toMatchObject({ equal: true })
  })
})

describe('two deciders', () => {
  it('share the partitions, and what they decide equals one fold', async () => {
    const stage = await openBusyStage()
    await stage.startDecider('ada')
    await stage.startDecider('bob')
    await stage.pass(300)
    const lastOwners = new Map((await ticksOf(stage.eventLog)).map(({ partition, ownerId }) => [partition, ownerId]))
    expect([...lastOwners.values()].sort()).toEqual(['ada', 'bob'])
    expect(await replayed(stage.eventLog)).toMatchObject({ equal: true })
  })

  it('hand over without loss or change when one leaves and comes back', async () => {
    const stage = await openBusyStage()
    const ada = await stage.startDecider('ada')
    await stage.pass(100)
    await stage.startDecider('bob')
    await stage.pass(100)
    await ada.stop()
    await stage.pass(100)
    await stage.startDecider('ada-again')
    await stage.pass(100)
    const report = await replayed(stage.eventLog)
    expect(report.decisions.count).toBeGreaterThanOrEqual(services.length)
    expect(report).toMatchObject({ equal: true, unsettled: 0, differences: [] })
  })

  const storyOfDeath = async (death: Death, snapshotIntervalMs: number) => {
    const stage = await openBusyStage()
    const mortal = createMortalLog(stage.broker.eventLog())
    await stage.startDecider('ada', { eventLog: mortal.eventLog, snapshotIntervalMs })
    await stage.pass(100)
    mortal.kill(death)
    await stage.pass(30)
    expect(mortal.isDead()).toBe(true)
    const snapshotsLeft = (await recordsOf(stage.eventLog, 'snapshots')).length
    await stage.startDecider('bob', { snapshotIntervalMs })
    await stage.pass(120)
    const report = await replayed(stage.eventLog)
    expect(report.decisions.count).toBeGreaterThanOrEqual(services.length)
    expect(report).toMatchObject({ equal: true, unsettled: 0, differences: [] })
    return { report, snapshotsLeft }
  }

  it.each<[Death, number]>([
    ['before-outputs', 0],
    ['after-outputs', 1],
  ])('lose and change nothing when one dies %s, and leave at least %i repeats with equal bytes', async (death, repeats) => {
    const { report } = await storyOfDeath(death, 60_000)
    expect(report.duplicates).toBeGreaterThanOrEqual(repeats)
    expect(report.duplicates > 0).toBe(repeats > 0)
  })

  it('lose no decision when one dies before it wrote it and a snapshot was due: no snapshot says that it is settled', async () => {
    const { report } = await storyOfDeath('before-outputs', 1000)
    expect(report.duplicates).toBe(0)
  })

  it('repeat a decision with equal bytes when one dies between it and the snapshot that would include it', async () => {
    const { report, snapshotsLeft } = await storyOfDeath('after-outputs', 1000)
    expect(snapshotsLeft).toBeGreaterThan(0)
    expect(report.duplicates).toBeGreaterThan(0)
  })
})

describe('the state after a takeover', () => {
  it('equals the state of a fold from the beginning', async () => {
    const stage = await openBusyStage()
    await stage.startDecider('ada')
    await stage.pass(200)
    const standby = await followSnapshots(stage.eventLog)
    for (const partition of [0, 1]) {
      const restored = await restorePartition({ eventLog: stage.eventLog, standby, group, coreHash, engine }, partition)
      expect(restored.snapshots.length).toBeGreaterThan(0)
      expect(restored.from).toBeGreaterThan(0)
      const full = await statesAfter(stage.eventLog, openPartition(partition, coreHash), 0)
      expect(await statesAfter(stage.eventLog, restored.state, restored.from)).toEqual(full)
    }
  })

  /** Brokers forget the commits of a group without members after a week. */
  const withoutCommits = (eventLog: EventLog): EventLog => ({ ...eventLog, committed: () => Promise.resolve(new Map()) })

  it('is built from snapshots also when the broker forgot the commits, and nothing is lost or decided otherwise', async () => {
    const stage = await openBusyStage()
    const ada = await stage.startDecider('ada')
    await stage.pass(200)
    await ada.stop()
    const eventLog = withoutCommits(stage.broker.eventLog())
    const standby = await followSnapshots(eventLog)
    for (const partition of [0, 1]) {
      const restored = await restorePartition({ eventLog, standby, group, coreHash, engine }, partition)
      expect(restored.snapshots.length).toBeGreaterThan(0)
      expect(restored.from).toBeGreaterThan(0)
      expect(restored.committed).toBe(restored.from)
      const full = await statesAfter(stage.eventLog, openPartition(partition, coreHash), 0)
      expect(await statesAfter(stage.eventLog, restored.state, restored.from)).toEqual(full)
    }
    await stage.startDecider('bob', { eventLog })
    await stage.pass(120)
    expect(await replayed(stage.eventLog)).toMatchObject({ equal: true, unsettled: 0, differences: [] })
  })

  it('is built from snapshots also when the log begins with a claim that did not count, of an owner with a wrong clock', async () => {
    const stage = await openBusyStage()
    const fast = await stage.startDecider('fast', { clock: wrongBy(stage.clock, 60_000) })
    await stage.pass(1)
    await fast.stop()
    await stage.startDecider('ada')
    await stage.pass(100)
    expect((await ticksOf(stage.eventLog))[0]?.logId).toBe('log-of-fast')
    const standby = await followSnapshots(stage.eventLog)
    const restored = await restorePartition({ eventLog: stage.eventLog, standby, group, coreHash, engine }, 0)
    expect(restored.snapshots.map(({ logId }) => logId)).toEqual(['log-of-ada'])
  })
})
