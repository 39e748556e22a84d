/** What every SubCluster promises about writes. Run by the memory twin and by the adapter of the emulator over HTTP. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isPortError } from '../../core/port-error.ts'
import type { SubCluster } from '../../core/ports.ts'
import { applyOf, counts, registerOf, undoOf } from '../core/rollout/group-status.ts'

export type SubClusterUnderTest = {
  readonly subCluster: SubCluster
  /** Lets start-up finish and terminated instances go. */
  settle(): Promise<void>
  stop(): Promise<void>
}

/** `open` gives a sub-cluster with the nodes of test/core/rollout/group-status.ts and no group. */
export const subClusterContract = (name: string, open: () => Promise<SubClusterUnderTest>): void => {
  let place: SubClusterUnderTest
  let cluster: SubCluster
  beforeEach(async () => {
    place = await open()
    cluster = place.subCluster
  })
  afterEach(() => place.stop())

  const created = async (): Promise<string> => {
    const outcome = await cluster.applyGroup(applyOf('create', counts(1, 2)))
    return outcome.kind === 'refused' ? outcome.detail : outcome.uid
  }
  const grown = async (): Promise<string> => {
    const uid = await created()
    await cluster.applyGroup(applyOf('grow', counts(2, 4), { expect: { uid, counts: counts(1, 2) } }))
    return uid
  }
  const standing = async () => (await cluster.readGroup('g'))?.counts ?? null

  describe(`${name}: applying counts`, () => {
    it('creates a group whose instances get nodes, become ready and stay out of service', async () => {
      await created()
      await place.settle()
      const group = await cluster.readGroup('g')
      expect(group).toMatchObject({ counts: counts(1, 2), registrationTarget: counts(0, 0), sequence: 1, intentId: 'i-1', decisionId: 'd-1' })
      expect(group?.instances.map(({ role, phase, registered }) => ({ role, phase, registered }))).toEqual([
        { role: 'prefill', phase: 'ready', registered: false },
        { role: 'decode', phase: 'ready', registered: false },
        { role: 'decode', phase: 'ready', registered: false },
      ])
      const { complete, groups } = await cluster.listGroups()
      expect({ complete, groups: groups.map(({ group: id }) => id) }).toEqual({ complete: true, groups: ['g'] })
    })

    it('takes GPUs of the right type from the nodes', async () => {
      await created()
      await place.settle()
      const nodes = await cluster.listNodes()
      const taken = (type: string): number => nodes.filter((it) => it.gpuType === type).reduce((sum, it) => sum + it.gpus - it.gpusFree, 0)
      expect({ H100: taken('H100'), H20: taken('H20') }).toEqual({ H100: 4, H20: 8 })
    })

    it('answers a repeat of a key without a second effect', async () => {
      const uid = await created()
      expect(await cluster.applyGroup(applyOf('create', counts(1, 2)))).toMatchObject({ kind: 'already-written', uid, counts: counts(1, 2) })
      await cluster.applyGroup(applyOf('grow', counts(2, 4), { expect: { uid, counts: counts(1, 2) } }))
      expect(await cluster.applyGroup(applyOf('create', counts(1, 2)))).toMatchObject({ kind: 'already-written', uid })
      expect(await standing()).toEqual(counts(2, 4))
    })

    it('refuses when the group exists and must not, or must exist and does not', async () => {
      const uid = await created()
      expect(await cluster.applyGroup(applyOf('again', counts(1, 2)))).toMatchObject({ kind: 'refused', code: 'UID_CHANGED' })
      const elsewhere = applyOf('other', counts(1, 2), { group: 'h', expect: { uid, counts: counts(0, 0) } })
      expect(await cluster.applyGroup(elsewhere)).toMatchObject({ kind: 'refused', code: 'NOT_FOUND' })
    })

    it('refuses when the counts are not the expected ones, and says both', async () => {
      const uid = await created()
      const outcome = await cluster.applyGroup(applyOf('grow', counts(2, 4), { expect: { uid, counts: counts(1, 1) } }))
      expect(outcome).toEqual({ kind: 'refused', code: 'COUNTS_CHANGED', detail: 'g has 1P+2D; expected 1P+1D' })
      expect(await standing()).toEqual(counts(1, 2))
    })

    it('refuses an older sequence, also after the group was deleted', async () => {
      const uid = await created()
      const newer = applyOf('newer', counts(0, 0), { sequence: 5, expect: { uid, counts: counts(1, 2) } })
      expect(await cluster.applyGroup(newer)).toMatchObject({ kind: 'written', counts: counts(0, 0) })
      expect(await cluster.readGroup('g')).toBeNull()
      expect(await cluster.applyGroup(applyOf('late', counts(1, 2), { sequence: 4 }))).toMatchObject({ code: 'STALE_SEQUENCE' })
    })

    it('removes unregistered instances first', async () => {
      const uid = await grown()
      await place.settle()
      const before = await cluster.readGroup('g')
      const oldest = before?.instances.find(({ role }) => role === 'decode')?.instance ?? ''
      const newest = before?.instances.findLast(({ role }) => role === 'decode')?.instance ?? ''
      await cluster.setRegistered({ group: 'g', instance: newest, registered: true })
      await cluster.applyGroup(applyOf('shrink', counts(1, 1), { expect: { uid, counts: counts(2, 4) } }))
      await place.settle()
      const left = (await cluster.readGroup('g'))?.instances.filter(({ role }) => role === 'decode').map((it) => it.instance)
      expect(left).toEqual([newest])
      expect(left).not.toContain(oldest)
    })
  })

  describe(`${name}: registration`, () => {
    it('keeps the target that was written last and clamps it when the group shrinks', async () => {
      const uid = await grown()
      expect(await cluster.setRegistrationTarget(registerOf('register', counts(2, 4)))).toMatchObject({ kind: 'written', uid })
      await cluster.applyGroup(applyOf('shrink', counts(1, 2), { expect: { uid, counts: counts(2, 4) } }))
      expect((await cluster.readGroup('g'))?.registrationTarget).toEqual(counts(1, 2))
    })

    it('refuses a target that is larger than the group, and one for no group', async () => {
      await created()
      expect(await cluster.setRegistrationTarget(registerOf('r1', counts(2, 2)))).toMatchObject({ code: 'COUNTS_CHANGED' })
      expect(await cluster.setRegistrationTarget(registerOf('r2', counts(1, 2), { group: 'h' }))).toMatchObject({ code: 'NOT_FOUND' })
    })

    it('opens and closes the gate of one instance, and knows no strangers', async () => {
      await created()
      await place.settle()
      const [first] = (await cluster.readGroup('g'))?.instances ?? []
      await cluster.setRegistered({ group: 'g', instance: first?.instance ?? '', registered: true })
      expect((await cluster.readGroup('g'))?.instances.filter((it) => it.registered).map((it) => it.instance)).toEqual([first?.instance])
      const stranger = cluster.setRegistered({ group: 'g', instance: 'nobody', registered: true })
      await expect(stranger).rejects.toSatisfy((error) => isPortError(error, 'not-found'))
    })
  })

  describe(`${name}: undoing`, () => {
    it('removes what the write added, and only once', async () => {
      await grown()
      expect(await cluster.undo(undoOf('grow'))).toMatchObject({ kind: 'written', counts: counts(1, 2) })
      expect(await cluster.undo(undoOf('grow'))).toMatchObject({ kind: 'already-written', counts: counts(1, 2) })
      expect(await standing()).toEqual(counts(1, 2))
    })

    it('deletes a group that the write created', async () => {
      await created()
      expect(await cluster.undo(undoOf('create'))).toMatchObject({ kind: 'written', counts: counts(0, 0) })
      expect(await cluster.readGroup('g')).toBeNull()
    })

    it('gives back what a shrink removed', async () => {
      const uid = await grown()
      await cluster.applyGroup(applyOf('shrink', counts(2, 3), { expect: { uid, counts: counts(2, 4) } }))
      expect(await cluster.undo(undoOf('shrink'))).toMatchObject({ counts: counts(2, 4) })
    })

    it('restores the registration target', async () => {
      await grown()
      await cluster.setRegistrationTarget(registerOf('r1', counts(1, 2)))
      await cluster.setRegistrationTarget(registerOf('r2', counts(2, 4)))
      await cluster.undo(undoOf('r2'))
      expect((await cluster.readGroup('g'))?.registrationTarget).toEqual(counts(1, 2))
    })

    it('bars a write that never arrived, so that its late copy has no effect', async () => {
      const uid = await created()
      expect(await cluster.undo(undoOf('grow'))).toMatchObject({ kind: 'written', counts: counts(1, 2) })
      const late = await cluster.applyGroup(applyOf('grow', counts(2, 4), { expect: { uid, counts: counts(1, 2) } }))
      expect(late).toMatchObject({ kind: 'refused', code: 'KEY_BARRED' })
      expect(await standing()).toEqual(counts(1, 2))
    })

    it('leaves alone what a newer intent wrote since, but still bars the key', async () => {
      const uid = await grown()
      await cluster.applyGroup(applyOf('newer', counts(3, 6), { sequence: 2, expect: { uid, counts: counts(2, 4) } }))
      expect(await cluster.undo(undoOf('grow'))).toMatchObject({ kind: 'refused', code: 'STALE_SEQUENCE' })
      expect(await standing()).toEqual(counts(3, 6))
      expect(await cluster.applyGroup(applyOf('grow', counts(2, 4)))).toMatchObject({ code: 'KEY_BARRED' })
    })
  })
}
