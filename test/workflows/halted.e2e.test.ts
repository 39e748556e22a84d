import { afterEach, describe, expect, inject, it } from 'vitest'
import { counts } from '../core/rollout/orders.ts'
import { until } from '../support/until.ts'
import { openStage } from './stage.ts'
import type { Stage } from './stage.ts'
import { commit, ending, haltThenResume, haltThenUndo } from './stories.ts'

describe('a rollout under an operator\'s stop', () => {
  let stage: Stage
  const open = async (name: string): Promise<void> => {
    stage = await openStage({ address: inject('temporalAddress'), name: `${name}-${Date.now()}` })
  }
  afterEach(() => stage.close())

  const facts = (sequence: number): string[] =>
    stage.reports.all().filter((report) => report.sequence === sequence && report.group !== null).map(({ step, outcome }) => `${step ?? 'group'} ${outcome}`)
  const written = (sequence: number): string[] =>
    stage.cluster.changes().flatMap((change) => (change.kind === 'written' && change.sequence === sequence ? [change.key.split('/').slice(4).join('/')] : []))

  it('halts before its next effect, keeps what it has, and goes on with the same step after the release', async () => {
    await open('resume')
    await commit(stage)
    const told = await haltThenResume(stage, async ({ rollout, group, halted }) => {
      const why = `PAUSED: mode paused for service/${stage.service} by ada: a switch is being repaired`
      expect(halted).toMatchObject({ step: 'register', detail: why })
      expect(await rollout.query('progress')).toMatchObject({ step: 'register', halted: { step: 'register', why }, stuck: null, outcome: null })
      expect(written(2)).toEqual(['grow'])
      expect(await stage.cluster.readGroup(group)).toMatchObject({ counts: counts(4, 8), registrationTarget: counts(2, 4) })
    })
    expect(told.outcome).toEqual({ kind: 'committed' })
    expect(await stage.cluster.readGroup(told.group)).toMatchObject({ counts: counts(4, 8), registrationTarget: counts(4, 8) })
    const told2 = facts(2)
    expect(told2.slice(told2.indexOf('register halted'))).toEqual(['register halted', 'register resumed', 'register step-done', 'registered step-done', 'group committed'])
    expect(written(2)).toEqual(['grow', 'register'])
  })

  it('is undone when the release comes after its deadline', async () => {
    await open('too-late')
    await commit(stage)
    const told = await haltThenUndo(stage)
    expect(told.outcome).toMatchObject({ kind: 'rolled-back', step: 'register', reason: expect.stringMatching(/^released \d+ ms past the deadline/) as unknown })
    expect(await stage.cluster.readGroup(told.group)).toMatchObject({ counts: counts(2, 4), registrationTarget: counts(2, 4) })
    expect(stage.openReservations()).toEqual([])
  })

  it('stays halted while one stop follows another without a gap', async () => {
    await open('handed-over')
    await commit(stage)
    await haltThenResume(stage, async () => {
      await stage.order('on', { scope: 'fleet', control: 'freeze' })
      await stage.order('auto')
      await stage.order('paused')
      await stage.order('released', { scope: 'fleet', control: 'freeze' })
    })
    expect(facts(2).filter((fact) => /halted|resumed/.test(fact))).toEqual(['register halted', 'register resumed'])
  })

  it('fails and is undone under the stop as at any other time', async () => {
    await open('undo-under-stop')
    await commit(stage)
    stage.cluster.neverReady('decode')
    const intent = stage.intent({ sequence: 2, target: counts(4, 8), readyDeadlineMs: 1_500 })
    await stage.submitter.submit(intent)
    await stage.reports.first(({ sequence, step }) => sequence === 2 && step === 'grow')
    await stage.order('on', { scope: 'fleet', control: 'kill-switch' })
    const told = await ending(stage, intent)
    expect(told.outcome).toMatchObject({ kind: 'rolled-back', step: 'ready/decode' })
    expect(await stage.cluster.readGroup(told.group)).toMatchObject({ counts: counts(2, 4) })
  })

  it('is undone when its workflow is cancelled while it is halted', async () => {
    await open('cancelled')
    await commit(stage)
    let cancelled = (): void => {}
    const told = haltThenResume(stage, async ({ rollout }) => {
      await rollout.cancel()
      await stage.reports.first(({ sequence, outcome }) => sequence === 2 && outcome === 'rolled-back')
      cancelled()
    })
    await new Promise<void>((resolve) => (cancelled = resolve))
    expect((await told).outcome).toMatchObject({ kind: 'rolled-back', step: 'register', reason: 'stopped before it was done' })
  })

  it('halts while nobody can read the controls, and goes on when they can be read', async () => {
    await open('unreadable')
    await commit(stage)
    stage.cluster.neverReady('decode')
    const intent = stage.intent({ sequence: 2, target: counts(4, 8) })
    await stage.submitter.submit(intent)
    await stage.reports.first(({ sequence, step }) => sequence === 2 && step === 'grow')
    stage.controlsReadable(false)
    stage.cluster.neverReady('decode', false)
    expect(await stage.reports.first(({ sequence, outcome }) => sequence === 2 && outcome === 'halted')).toMatchObject({
      detail: expect.stringMatching(/^CONTROLS_UNKNOWN: E_CONTROLS_UNREADABLE/) as unknown,
    })
    expect(written(2)).toEqual(['grow'])
    stage.controlsReadable(true)
    expect((await ending(stage, intent)).outcome).toEqual({ kind: 'committed' })
  })

  it('begins nothing for an intent that is read under a stop: the intent ends', async () => {
    await open('unplaced')
    await stage.order('on', { scope: 'fleet', control: 'freeze' })
    await stage.submitter.submit(stage.intent({ sequence: 1 }))
    expect(await stage.reports.first(({ sequence }) => sequence === 1)).toMatchObject({
      group: null,
      outcome: 'halted',
      detail: 'FROZEN: freeze on for fleet by ada: a switch is being repaired',
    })
    expect(stage.placed()).toEqual([])
    await stage.order('released', { scope: 'fleet', control: 'freeze' })
    expect((await commit(stage, 2)).outcome).toEqual({ kind: 'committed' })
  })

  it('halts before its first effect when it was placed before the stop, and writes nothing; and again before the next', async () => {
    await open('first-effect')
    stage.placer.failNext('place', 'after')
    const intent = stage.intent({ sequence: 1, target: counts(2, 4) })
    await stage.submitter.submit(intent)
    await until('the placement was reserved', () => stage.placer.state().answers.has(intent.intentId))
    await stage.order('paused')
    expect(await stage.reports.first(({ outcome }) => outcome === 'halted')).toMatchObject({ step: 'grow', group: expect.any(String) as unknown })
    expect(stage.cluster.changes()).toEqual([])
    stage.cluster.neverReady('decode')
    await stage.order('auto')
    await stage.reports.first(({ outcome, step }) => outcome === 'step-done' && step === 'grow')
    await stage.order('recommend')
    stage.cluster.neverReady('decode', false)
    expect(await stage.reports.first(({ outcome, step }) => outcome === 'halted' && step === 'register')).toMatchObject({
      detail: expect.stringMatching(/^RECOMMEND_ONLY/) as unknown,
    })
    expect(written(1)).toEqual(['grow'])
    await stage.order('auto')
    expect((await ending(stage, intent)).outcome).toEqual({ kind: 'committed' })
  })
})
