/** Preconditions of writes: what was planned for other counts changes nothing. */
import { expect, it } from 'vitest'
import { decideApplyGroup, decideRegistrationTarget } from '../../../core/rollout/group-write.ts'
import { emptyGroupStore } from '../../../core/rollout/group-object.ts'
import { applyOf, counts, registerOf } from './group-status.ts'

const { store } = decideApplyGroup(emptyGroupStore, applyOf('grow', counts(3, 5)))

it('a registration target for other counts than the group has takes nothing out of traffic (seed 5040 of the simulation)', () => {
  const stale = decideRegistrationTarget(store, registerOf('register', counts(2, 4), { expect: counts(3, 6) }))
  expect(stale.outcome).toMatchObject({ kind: 'refused', code: 'COUNTS_CHANGED', detail: 'g has 3P+5D; expected 3P+6D' })
  expect(stale.store.groups.get('g')?.registrationTarget).toEqual(counts(0, 0))
})

it('a registration target for the counts that the group has is taken, and so is one that names none', () => {
  expect(decideRegistrationTarget(store, registerOf('register', counts(2, 4), { expect: counts(3, 5) })).outcome.kind).toBe('written')
  expect(decideRegistrationTarget(store, registerOf('register', counts(2, 4))).outcome.kind).toBe('written')
})
