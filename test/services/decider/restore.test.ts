import { describe, expect, it } from 'vitest'
import { createMemoryBroker } from '../../../adapters/memory/event-log.ts'
import * as engine from '../../../core/audit/engine.ts'
import type { SnapshotTaken } from '../../../core/events/decided.ts'
import { unclaimed } from '../../../core/scaling/claim.ts'
import { newService } from '../../../core/scaling/service-state.ts'
import { writeSnapshot } from '../../../core/scaling/snapshot-content.ts'
import { apiVersion, manifestKind } from '../../../core/service/specification.ts'
import { planRestore, restorePartition } from '../../../services/decider/restore.ts'
import { followSnapshots } from '../../../services/decider/standby.ts'
import { specification } from '../../support/decider-story.ts'

const snapshot = (service: string, lastInputOffset: number, over: Partial<SnapshotTaken> = {}): SnapshotTaken => ({
  type: 'SnapshotTaken',
  service,
  logId: 'log-1',
  coreHash: 'mine',
  partition: 0,
  lastInputOffset,
  heldHash: '',
  state: '{}',
  time: 0,
  ...over,
})

const facts = { coreHash: 'mine', logId: 'log-1', committed: 100, start: 0 }

describe('where a new owner starts to fold', () => {
  it('is after the lowest snapshot when that lies below the committed offset', () => {
    const snapshots = [snapshot('chat', 90), snapshot('code', 60)]
    expect(planRestore({ ...facts, snapshots })).toEqual({ snapshots, from: 61 })
  })

  it('is the committed offset when all snapshots lie above it', () => {
    const snapshots = [snapshot('chat', 120), snapshot('code', 130)]
    expect(planRestore({ ...facts, snapshots })).toEqual({ snapshots, from: 100 })
  })

  it('is the beginning when nothing was ever kept', () => {
    expect(planRestore({ ...facts, snapshots: [], logId: null })).toEqual({ snapshots: [], from: 0 })
  })

  it('is the beginning when nothing was settled, because a ServiceConfigured may stand anywhere', () => {
    expect(planRestore({ ...facts, committed: null, snapshots: [snapshot('chat', 90)] })).toEqual({ snapshots: [], from: 0 })
  })

  it('is the beginning for everybody when one service has a snapshot of another version only', () => {
    const snapshots = [snapshot('chat', 90), snapshot('code', 95, { coreHash: 'other' })]
    expect(planRestore({ ...facts, snapshots })).toEqual({ snapshots: [], from: 0 })
  })

  it('does not care for another version that also kept a snapshot', () => {
    const mine = snapshot('chat', 90)
    expect(planRestore({ ...facts, snapshots: [snapshot('chat', 95, { coreHash: 'other' }), mine] })).toEqual({ snapshots: [mine], from: 91 })
  })

  it('does not restore what belongs to a log that was deleted', () => {
    const snapshots = [snapshot('chat', 5000, { logId: 'log-0' }), snapshot('chat', 90)]
    expect(planRestore({ ...facts, snapshots })).toEqual({ snapshots: [snapshots[1]], from: 91 })
  })

  it('is the first record that is kept when retention has removed what follows the lowest snapshot', () => {
    const snapshots = [snapshot('chat', 90)]
    expect(planRestore({ ...facts, snapshots, start: 95 })).toEqual({ snapshots, from: 95 })
  })
})

describe('a log whose group has no commits', () => {
  const openLog = async () => {
    const eventLog = createMemoryBroker({ now: () => 0, partitions: 1 }).eventLog()
    const appender = await eventLog.appender()
    const tick = (time: number, decidedThrough: number, coreHash = 'mine') =>
      appender.append([
        {
          topic: 'signals',
          key: null,
          event: { type: 'ClockTicked', logId: 'log-1', epoch: 1, ownerId: 'ada', coreHash, decidedThrough, simulated: false, time },
        },
      ])
    await tick(1, -1)
    await tick(2, 0)
    await tick(3, 1)
    const manifest = { apiVersion, kind: manifestKind, metadata: { name: 'chat' }, spec: specification() } as const
    const chat = newService({ service: 'chat', generation: 1, manifest, policyHash: '' })
    const state = writeSnapshot({ claim: { ...unclaimed, logId: 'log-1' }, state: chat })
    await appender.append([{ topic: 'snapshots', key: 'chat', event: snapshot('chat', 2, { state }) }])
    const restore = async () =>
      restorePartition({ eventLog, standby: await followSnapshots(eventLog), group: 'deciders', coreHash: 'mine', engine }, 0)
    return { tick, restore }
  }

  it('is folded from after the lowest snapshot once a tick says that its owner had kept all that was due there', async () => {
    const { tick, restore } = await openLog()
    await tick(4, 2)
    expect(await restore()).toMatchObject({ from: 3, committed: 3, snapshots: [{ service: 'chat' }] })
  })

  it('is folded from the beginning when its owner may have died between the first snapshots of two services', async () => {
    const { tick, restore } = await openLog()
    await tick(4, 1)
    expect(await restore()).toMatchObject({ from: 0, committed: 0, snapshots: [] })
  })

  it('does not take the word of another version, whose snapshots this one cannot restore', async () => {
    const { tick, restore } = await openLog()
    await tick(4, 2, 'other')
    expect(await restore()).toMatchObject({ from: 0, committed: 0, snapshots: [] })
  })
})
