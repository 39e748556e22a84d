import { afterEach, describe, expect, inject, it } from 'vitest'
import { portError } from '../../core/port-error.ts'
import { counts } from '../core/rollout/orders.ts'
import { openStage } from './stage.ts'
import type { Stage, StageOptions } from './stage.ts'
import { commit, ending, outOfService, rollBack, stickThenRepair } from './stories.ts'

/** Workflows, activities and workers of production on a real Temporal server; the sub-cluster is the twin in memory. */
describe('a rollout on a real Temporal server', () => {
  let stage: Stage
  const open = async (name: string, options: Partial<StageOptions> = {}): Promise<void> => {
    stage = await openStage({ address: inject('temporalAddress'), name: `${name}-${Date.now()}`, ...options })
  }
  afterEach(() => stage.close())

  const group = async (id: string) => stage.cluster.readGroup(id)
  const facts = (sequence: number): string[] =>
    stage.reports.all().filter((report) => report.sequence === sequence && report.group !== null).map(({ step, outcome }) => `${step ?? 'group'} ${outcome}`)

  it('brings both roles into service and gives the reservation back', async () => {
    await open('commit')
    const told = await commit(stage)
    expect(told.outcome).toEqual({ kind: 'committed' })
    expect(await group(told.group)).toMatchObject({ counts: counts(2, 4), registrationTarget: counts(2, 4), sequence: 1 })
    expect(stage.openReservations()).toEqual([])
    expect(facts(1).at(-1)).toBe('group committed')
    expect((await stage.completed(1)).partial).toBe(false)
  })

  it('writes each step once to the log, and in the order in which it happened', async () => {
    await open('facts')
    await commit(stage)
    const told = facts(1)
    expect(told.filter((fact) => !fact.startsWith('scheduled') && !fact.startsWith('ready'))).toEqual([
      'group placed',
      'grow step-done',
      'register step-done',
      'registered step-done',
      'group committed',
    ])
    expect(new Set(told).size).toBe(told.length)
    expect(told.findIndex((fact) => fact.startsWith('ready'))).toBeGreaterThan(told.findLastIndex((fact) => fact.startsWith('scheduled')))
  })

  it('returns to the old counts of both roles when decode never becomes ready', async () => {
    await open('never-ready')
    await commit(stage)
    const told = await rollBack(stage)
    expect(told.outcome).toMatchObject({ kind: 'rolled-back', step: 'ready/decode' })
    expect(await group(told.group)).toMatchObject({ counts: counts(2, 4), registrationTarget: counts(2, 4) })
    expect((await group(told.group))?.instances.every(({ registered }) => registered)).toBe(true)
    expect(stage.openReservations()).toEqual([])
    expect((await stage.completed(2)).partial).toBe(true)
  })

  it('undoes newest first, and takes out of service before it removes', async () => {
    await open('late-failure')
    await commit(stage)
    const told = await outOfService(stage)
    expect(told.outcome).toMatchObject({ kind: 'rolled-back', step: 'registered' })
    expect(facts(2).filter((fact) => fact.endsWith('undone'))).toEqual(['register step-undone', 'grow step-undone'])
    expect(await group(told.group)).toMatchObject({ counts: counts(2, 4), registrationTarget: counts(2, 4) })
  })

  it('calls an operator when an undo is refused, holds the capacity, and ends after the repair', async () => {
    await open('stuck')
    await commit(stage)
    const told = await stickThenRepair(stage, async (rollout) => {
      expect(await rollout.query('progress')).toMatchObject({ stuck: { step: 'grow' }, outcome: null })
      expect(stage.openReservations()).toHaveLength(1)
      const entity = await stage.settledAs('stuck')
      expect(entity).toMatchObject({ open: [], stuck: [{ group: expect.any(String) }] })
    })
    expect(told.outcome).toMatchObject({ kind: 'rolled-back' })
    expect(await group(told.group)).toMatchObject({ counts: counts(2, 4) })
    expect(stage.openReservations()).toEqual([])
    expect((await stage.settledAs('free')).stuck).toEqual([])
    expect(stage.reports.all().filter(({ outcome }) => outcome === 'completed' || outcome === 'repaired').map(({ outcome }) => outcome)).toEqual([
      'completed',
      'completed',
      'repaired',
    ])
  })

  it('has one effect when the answer of a write is lost', async () => {
    await open('lost-answer')
    stage.cluster.failNext('applyGroup', 'after')
    const told = await commit(stage)
    expect(told.outcome).toEqual({ kind: 'committed' })
    const writes = stage.cluster.changes().filter((change) => change.kind === 'written' && change.key.endsWith('/grow'))
    expect(writes).toHaveLength(1)
  })

  it('is cleanly undone when someone cancels its workflow', async () => {
    await open('cancel')
    await commit(stage)
    stage.cluster.neverReady('decode')
    const intent = stage.intent({ sequence: 2, target: counts(4, 8) })
    await stage.submitter.submit(intent)
    const grown = await stage.reports.first(({ sequence, step, outcome }) => sequence === 2 && step === 'grow' && outcome === 'step-done')
    await stage.rollout(intent, grown.group ?? '').cancel()
    expect((await ending(stage, intent)).outcome).toMatchObject({ kind: 'rolled-back', reason: 'stopped before it was done' })
    expect(await group(grown.group ?? '')).toMatchObject({ counts: counts(2, 4) })
  })

  it('commits one group and undoes the other: the intent is partial', async () => {
    await open('partial', { nodesPerSwitch: [6, 6] })
    stage.cluster.failNext('applyGroup', 'before', portError('invalid', 'E_QUOTA sub-a: the quota of the namespace is used up'))
    await stage.submitter.submit(stage.intent({ sequence: 1, target: counts(4, 8) }))
    expect((await stage.completed(1)).partial).toBe(true)
    const ends = stage.reports.all().filter(({ outcome }) => outcome === 'committed' || outcome === 'rolled-back')
    expect(ends.map(({ outcome }) => outcome).sort()).toEqual(['committed', 'rolled-back'])
    expect((await stage.cluster.listGroups()).groups.map((each) => each.counts)).toEqual([counts(2, 4)])
  })
})
