/**
 * Decides what one write does to the store of groups: idempotency keys, barred keys and preconditions, all evaluated
 * against one state, so a sub-cluster that runs this between two awaits is atomic.
 */
import type { ApplyGroup, SetRegistrationTarget, UndoWrite, WriteOutcome } from '../ports.ts'
import { noInstances, roles, sameCounts, showCounts, type RoleCounts } from '../roles.ts'
import { assert } from '../units.ts'
import { evolveGroupStore, uidOf, type GroupEvent, type GroupObject, type GroupStore, type GroupWritten } from './group-object.ts'

/** The outcome for the caller, what changed, and the store after it. A refusal changes nothing, except that an undo bars. */
export type WriteDecision = { readonly outcome: WriteOutcome; readonly events: readonly GroupEvent[]; readonly store: GroupStore }

type RefusalCode = Extract<WriteOutcome, { kind: 'refused' }>['code']
type AnyWrite = ApplyGroup | SetRegistrationTarget | UndoWrite

/** Brings a group to absolute counts. Domain, GPU types and GPUs per instance are fixed when the group is created. */
export const decideApplyGroup = (store: GroupStore, write: ApplyGroup): WriteDecision => {
  assertCounts(write.counts)
  const early = repeated(store, write)
  if (early !== null) return early
  const before = store.groups.get(write.group) ?? null
  const refusal = refuseApply(store, write, before)
  if (refusal !== null) return refuse(store, refusal)
  const after = sameCounts(write.counts, noInstances) ? null : appliedObject(store, write, before)
  return accept(store, writtenBy(write, { before, after, undoes: null }))
}

/** Tells the registrar which counts to bring into service. The target must fit into the group's counts. */
export const decideRegistrationTarget = (store: GroupStore, write: SetRegistrationTarget): WriteDecision => {
  assertCounts(write.target)
  const early = repeated(store, write)
  if (early !== null) return early
  const before = store.groups.get(write.group) ?? null
  if (before === null) return refuse(store, notFound(write))
  const stale = staleSequence(store, write)
  if (stale !== null) return refuse(store, stale)
  if (write.expect !== undefined && !sameCounts(before.counts, write.expect)) return refuse(store, countsChanged(write.group, before.counts, write.expect))
  if (!fitsInto(write.target, before.counts)) return refuse(store, targetTooHigh(write, before))
  const after = { ...stamp(store, before, write), registrationTarget: write.target, band: write.band }
  return accept(store, writtenBy(write, { before, after, undoes: null }))
}

/**
 * Takes back the write with key `undoes`. A write that never took effect is only barred. One that did is inverted role
 * by role against the present counts, so that what somebody else changed since stays.
 */
export const decideUndo = (store: GroupStore, write: UndoWrite): WriteDecision => {
  const early = repeated(store, write)
  if (early !== null) return early
  const bars: readonly GroupEvent[] = store.barred.has(write.undoes)
    ? []
    : [{ type: 'KeyBarred', key: write.undoes, group: write.group }]
  const barred = bars.reduce(evolveGroupStore, store)
  const stale = staleSequence(store, write)
  if (stale !== null) return { ...refuse(barred, stale), events: bars }
  const before = store.groups.get(write.group) ?? null
  const after = invert(barred, before, { write, effect: store.written.get(write.undoes) ?? null })
  const accepted = accept(barred, writtenBy(write, { before, after, undoes: write.undoes }))
  return { ...accepted, events: [...bars, ...accepted.events] }
}

const repeated = (store: GroupStore, write: AnyWrite): WriteDecision | null => {
  if (store.barred.has(write.key)) {
    return refuse(store, { code: 'KEY_BARRED', detail: `${write.key} was undone; a late copy of it has no effect` })
  }
  const earlier = store.written.get(write.key)
  return earlier === undefined ? null : { outcome: outcomeOf('already-written', earlier), events: [], store }
}

type Refusal = { readonly code: RefusalCode; readonly detail: string }

const refuseApply = (store: GroupStore, write: ApplyGroup, before: GroupObject | null): Refusal | null => {
  const { expect, group } = write
  const { uid, counts } = before ?? absent
  if (expect.uid !== '' && uid === '') return notFound(write)
  if (uid !== expect.uid) {
    return { code: 'UID_CHANGED', detail: `${group} has uid ${uid || 'none'}; expected ${expect.uid || 'none'}` }
  }
  const stale = staleSequence(store, write)
  if (stale !== null || sameCounts(counts, expect.counts)) return stale
  return countsChanged(group, counts, expect.counts)
}

const countsChanged = (group: string, counts: RoleCounts, expected: RoleCounts): Refusal => ({
  code: 'COUNTS_CHANGED',
  detail: `${group} has ${showCounts(counts)}; expected ${showCounts(expected)}`,
})

/** How a group that does not exist reads in preconditions and outcomes. */
const absent = { uid: '', resourceVersion: '', counts: noInstances }

const staleSequence = (store: GroupStore, write: AnyWrite): Refusal | null => {
  const highest = Math.max(store.groups.get(write.group)?.sequence ?? 0, store.sequences.get(write.group) ?? 0)
  if (write.sequence >= highest) return null
  return { code: 'STALE_SEQUENCE', detail: `${write.group} was written by sequence ${highest}; got ${write.sequence}` }
}

const notFound = (write: AnyWrite): Refusal => ({ code: 'NOT_FOUND', detail: `group ${write.group} does not exist` })

const targetTooHigh = (write: SetRegistrationTarget, before: GroupObject): Refusal => ({
  code: 'COUNTS_CHANGED',
  detail: `${write.group} has ${showCounts(before.counts)}; a registration target of ${showCounts(write.target)} does not fit`,
})

const appliedObject = (store: GroupStore, write: ApplyGroup, before: GroupObject | null): GroupObject => {
  if (before === null) return createdObject(store, write)
  const registrationTarget = lesser(before.registrationTarget, write.counts)
  return { ...stamp(store, before, write), counts: write.counts, registrationTarget, band: write.band }
}

const createdObject = (store: GroupStore, write: ApplyGroup): GroupObject => ({
  group: write.group,
  service: write.service,
  uid: uidOf(write.group, store.version + 1),
  resourceVersion: String(store.version + 1),
  sequence: write.sequence,
  intentId: write.intentId,
  decisionId: write.decisionId,
  domain: write.domain,
  counts: write.counts,
  gpuTypes: write.gpuTypes,
  gpusPerInstance: write.gpusPerInstance,
  registrationTarget: noInstances,
  band: write.band,
})

const stamp = (store: GroupStore, before: GroupObject, write: AnyWrite): GroupObject => ({
  ...before,
  resourceVersion: String(store.version + 1),
  sequence: write.sequence,
  intentId: write.intentId,
  decisionId: write.decisionId,
})

type Inversion = { readonly write: UndoWrite; readonly effect: GroupWritten | null }

/** What stands after the undo; `present` itself when there is nothing to take back. */
const invert = (store: GroupStore, present: GroupObject | null, { write, effect }: Inversion): GroupObject | null => {
  if (effect === null) return present
  if (effect.after === null) return present ?? recreated(store, effect, write)
  if (present === null || (effect.before === null && present.uid !== effect.after.uid)) return present
  if (effect.before === null) return null
  const counts = inverseCounts(present.counts, effect.before.counts, effect.after.counts)
  const target = inverseCounts(present.registrationTarget, effect.before.registrationTarget, effect.after.registrationTarget)
  return { ...stamp(store, present, write), counts, registrationTarget: lesser(target, counts), band: effect.before.band }
}

/** A deleted group comes back as another object, out of service until its registration target is written again. */
const recreated = (store: GroupStore, effect: GroupWritten, write: UndoWrite): GroupObject | null => {
  if (effect.before === null) return null
  return { ...stamp(store, effect.before, write), uid: uidOf(write.group, store.version + 1), registrationTarget: noInstances }
}

const inverseCounts = (present: RoleCounts, before: RoleCounts, after: RoleCounts): RoleCounts => ({
  prefill: Math.max(0, present.prefill - (after.prefill - before.prefill)),
  decode: Math.max(0, present.decode - (after.decode - before.decode)),
})

const lesser = (a: RoleCounts, b: RoleCounts): RoleCounts => ({
  prefill: Math.min(a.prefill, b.prefill),
  decode: Math.min(a.decode, b.decode),
})

const fitsInto = (part: RoleCounts, whole: RoleCounts): boolean => roles.every((role) => part[role] <= whole[role])

const writtenBy = (write: AnyWrite, change: Pick<GroupWritten, 'before' | 'after' | 'undoes'>): GroupWritten => ({
  type: 'GroupWritten',
  key: write.key,
  group: write.group,
  sequence: write.sequence,
  ...change,
})

const accept = (store: GroupStore, event: GroupWritten): WriteDecision => ({
  outcome: outcomeOf('written', event),
  events: [event],
  store: evolveGroupStore(store, event),
})

const refuse = (store: GroupStore, refusal: Refusal): WriteDecision => ({
  outcome: { kind: 'refused', ...refusal },
  events: [],
  store,
})

const outcomeOf = (kind: 'written' | 'already-written', { after, before }: GroupWritten): WriteOutcome => {
  const { uid, resourceVersion } = after ?? before ?? absent
  return { kind, uid, resourceVersion, counts: (after ?? absent).counts }
}

const assertCounts = (counts: RoleCounts): void =>
  assert(roles.every((role) => Number.isInteger(counts[role]) && counts[role] >= 0), `counts ${showCounts(counts)} are not whole numbers ≥ 0`)
