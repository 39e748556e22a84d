import { afterEach, describe, expect, inject, it } from 'vitest'
import { counts } from '../core/rollout/orders.ts'
import { openStage } from './stage.ts'
import type { Stage, StageOptions } from './stage.ts'
import { commit, ending } from './stories.ts'

describe('the workflow of a service', () => {
  let stage: Stage
  const open = async (name: string, options: Partial<StageOptions> = {}): Promise<void> => {
    stage = await openStage({ address: inject('temporalAddress'), name: `${name}-${Date.now()}`, ...options })
  }
  afterEach(() => stage.close())
  const outcomes = (): string[] => stage.reports.all().filter(({ group }) => group === null).map(({ sequence, outcome }) => `${sequence} ${outcome}`)

  it('refuses an older sequence and recognises a repeat', async () => {
    await open('stale')
    await commit(stage, 5)
    expect(await stage.submitter.submit(stage.intent({ sequence: 4 }))).toMatchObject({ kind: 'refused' })
    expect(await stage.submitter.submit(stage.intent({ sequence: 5, intentId: 'i-other' }))).toMatchObject({ kind: 'refused' })
    expect((await stage.submitter.submit(stage.intent({ sequence: 5 }))).kind).toMatch(/accepted|duplicate/)
    expect(outcomes()).toEqual(['5 completed'])
  })

  it('carries out only the newest of the intents that came while it was placing', async () => {
    await open('supersede')
    stage.placer.failNext('place', 'before')
    await stage.submitter.submit(stage.intent({ sequence: 1, target: counts(1, 2) }))
    for (const sequence of [2, 3, 4]) await stage.submitter.submit(stage.intent({ sequence, target: counts(sequence, 2 * sequence) }))
    await stage.reports.first(({ sequence, outcome }) => sequence === 4 && outcome === 'completed')
    await stage.reports.first(({ sequence, outcome }) => sequence === 1 && outcome === 'completed')
    expect(outcomes().filter((line) => line.endsWith('superseded'))).toEqual(['2 superseded', '3 superseded'])
    expect(stage.placed().map(({ sequence }) => sequence)).toEqual([1, 4])
  })

  it('places a new intent at once, leaving out groups with an open rollout', async () => {
    await open('busy')
    stage.cluster.neverReady('decode')
    const first = stage.intent({ sequence: 1, target: counts(2, 4), readyDeadlineMs: 8_000 })
    await stage.submitter.submit(first)
    const opened = await stage.reports.first(({ sequence, step }) => sequence === 1 && step === 'grow')
    await stage.observe()
    await stage.submitter.submit(stage.intent({ sequence: 2, target: counts(4, 8), readyDeadlineMs: 500 }))
    await stage.reports.first(({ sequence, outcome }) => sequence === 2 && outcome === 'rolled-back')
    const [, second] = stage.placed()
    expect(second?.busyGroups).toEqual([opened.group])
    // It counts on what the first one was promised, and ends when that is known.
    expect(outcomes()).toEqual([])
    stage.cluster.neverReady('decode', false)
    expect((await ending(stage, first)).outcome).toEqual({ kind: 'committed' })
    expect(await stage.reports.first(({ sequence, group }) => sequence === 2 && group === null)).toMatchObject({ partial: true })
    expect(outcomes()).toEqual(['1 completed', '2 completed'])
  })

  it('does not place an intent that expired while it waited', async () => {
    await open('expired')
    await stage.submitter.submit(stage.intent({ sequence: 1, expiresAt: Date.now() - 1 }))
    const told = await stage.reports.first(({ sequence }) => sequence === 1)
    expect(told.outcome).toBe('expired')
    expect(stage.placed()).toEqual([])
    expect((await stage.cluster.listGroups()).groups).toEqual([])
  })

  it('gives up an intent for a cell that nobody serves once it has expired, and carries out the corrected one', async () => {
    await open('misspelt')
    await stage.submitter.submit(stage.intent({ sequence: 1, cell: `cell-nobody-${Date.now()}`, expiresAt: Date.now() + 300 }))
    const corrected = stage.intent({ sequence: 2, target: counts(3, 6) })
    await stage.submitter.submit(corrected)
    expect(await stage.reports.first(({ sequence }) => sequence === 1)).toMatchObject({
      group: null,
      outcome: 'expired',
      detail: expect.stringMatching(/^cell cell-nobody-\d+ did not place it before it expired: no answer in time/) as unknown,
    })
    expect((await ending(stage, corrected)).outcome).toEqual({ kind: 'committed' })
    expect(outcomes()).toEqual(['1 expired', '2 completed'])
  })

  it('gives back what a placement reserved whose answer never arrived', async () => {
    await open('unanswered')
    for (const when of ['after', 'after'] as const) stage.placer.failNext('place', when)
    const intent = stage.intent({ sequence: 1, expiresAt: Date.now() + 2_000 })
    await stage.submitter.submit(intent)
    expect((await stage.reports.first(({ sequence }) => sequence === 1)).outcome).toBe('expired')
    expect(stage.placer.state().answers.get(intent.intentId)?.groups).toHaveLength(1)
    await stage.withdrawn(intent)
    expect(stage.openReservations()).toEqual([])
    expect((await stage.cluster.listGroups()).groups).toEqual([])
  })

  it('reports a refused placement with its numbers', async () => {
    await open('refused', { nodesPerSwitch: [1] })
    await stage.submitter.submit(stage.intent({ sequence: 1, target: counts(2, 4) }))
    const told = await stage.reports.first(({ sequence, group }) => sequence === 1 && group === null)
    expect(told).toMatchObject({ outcome: 'refused', detail: expect.stringMatching(/\d/) })
  })

  it('continues as new when no rollout is open, and still knows the last sequence', async () => {
    await open('continue', { intentsPerRun: 1 })
    await commit(stage, 1)
    const second = stage.intent({ sequence: 2, target: counts(3, 6) })
    await stage.submitter.submit(second)
    expect((await ending(stage, second)).outcome).toEqual({ kind: 'committed' })
    expect(await stage.submitter.submit(stage.intent({ sequence: 1, intentId: 'i-late' }))).toMatchObject({ kind: 'refused' })
    await stage.submitter.submit(stage.intent({ sequence: 3, target: counts(4, 8) }))
    expect((await stage.completed(3)).partial).toBe(false)
    const { status } = await stage.entity().describe()
    const runs = await stage.runsOfEntity()
    expect(status.name).toBe('RUNNING')
    expect(runs).toBeGreaterThan(1)
  })

  it('freezes a group whose rollout was terminated from outside', async () => {
    await open('terminated')
    stage.cluster.neverReady('decode')
    const intent = stage.intent({ sequence: 1 })
    await stage.submitter.submit(intent)
    const { group } = await stage.reports.first(({ step }) => step === 'grow')
    await stage.rollout(intent, group ?? '').terminate('by mistake')
    expect((await stage.settledAs('stuck')).stuck).toEqual([{ group, intentId: intent.intentId }])
    expect((await stage.completed(1)).partial).toBe(true)
  })
})
