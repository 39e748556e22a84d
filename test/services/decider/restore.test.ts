import { describe, expect, it } from 'vitest'
import type { SnapshotTaken } from '../../../core/events/decided.ts'
import { planRestore } from '../../../services/decider/restore.ts'

const snapshot = (service: string, lastInputOffset: number, over: Partial<SnapshotTaken> = {}): SnapshotTaken => ({
  type: 'SnapshotTaken',
  service,
  logId: 'log-1',
  coreHash: 'mine',
  partition: 0,
  lastInputOffset,
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

  it('is the beginning when nobody committed, because a ServiceConfigured may stand anywhere', () => {
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
