import { describe, expect, it } from 'vitest'
import { openPartition } from '../../../core/scaling/partition.ts'
import { restorePartition } from '../../../services/decider/restore.ts'
import { followSnapshots } from '../../../services/decider/standby.ts'
import { claimsOf, recordsOf, replayed, statesAfter, ticksOf } from './history.ts'
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

  it.each<[Death, number]>([
    ['before-outputs', 0],
    ['before-commit', 1],
  ])('lose and change nothing when one dies %s, and leave at least %i repeats with equal bytes', async (death, repeats) => {
    const stage = await openBusyStage()
    const mortal = createMortalLog(stage.broker.eventLog())
    await stage.startDecider('ada', { eventLog: mortal.eventLog })
    await stage.pass(100)
    mortal.kill(death)
    await stage.pass(30)
    expect(mortal.isDead()).toBe(true)
    await stage.startDecider('bob')
    await stage.pass(120)
    const report = await replayed(stage.eventLog)
    expect(report.duplicates).toBeGreaterThanOrEqual(repeats)
    expect(report.duplicates > 0).toBe(repeats > 0)
    expect(report.decisions.count).toBeGreaterThanOrEqual(services.length)
    expect(report).toMatchObject({ equal: true, unsettled: 0, differences: [] })
  })
})

describe('the state after a takeover', () => {
  it('equals the state of a fold from the beginning', async () => {
    const stage = await openBusyStage()
    await stage.startDecider('ada')
    await stage.pass(200)
    const standby = await followSnapshots(stage.eventLog)
    for (const partition of [0, 1]) {
      const restored = await restorePartition({ eventLog: stage.eventLog, standby, group, coreHash }, partition)
      expect(restored.snapshots.length).toBeGreaterThan(0)
      expect(restored.from).toBeGreaterThan(0)
      const full = await statesAfter(stage.eventLog, openPartition(partition, coreHash), 0)
      expect(await statesAfter(stage.eventLog, restored.state, restored.from)).toEqual(full)
    }
  })
})
