/** One write of a rollout against a fleet: decide, store, reconcile the instances, and say what changed. */
import type { ApplyGroup, SetRegistrationTarget, UndoWrite, WriteOutcome } from '../ports.ts'
import { noInstances } from '../roles.ts'
import type { EpochMs } from '../units.ts'
import type { BarChange, GroupWriteChange, RefusalChange } from './fleet-change.ts'
import { reconcile, surroundings, type Fleet, type FleetStep } from './fleet.ts'
import { adoptGroup, type GroupEvent, type GroupObject, type GroupWritten } from './group-object.ts'
import { decideApplyGroup, decideRegistrationTarget, decideUndo, type WriteDecision } from './group-write.ts'

export type FleetWrite =
  | { readonly method: 'applyGroup'; readonly write: ApplyGroup }
  | { readonly method: 'setRegistrationTarget'; readonly write: SetRegistrationTarget }
  | { readonly method: 'undo'; readonly write: UndoWrite }

export type FleetWriteStep = FleetStep & { readonly outcome: WriteOutcome }

/** Carries out one write. The lines of what it removed follow the line of the write and show the same counts. */
export const writeToFleet = (fleet: Fleet, order: FleetWrite, at: EpochMs): FleetWriteStep => {
  const decision = decide(fleet, order)
  const stored = { ...fleet, store: decision.store }
  const { write } = order
  const step = reconcile(stored, write.group, { at, by: write.key })
  const line = { time: at, group: write.group, service: write.service }
  const events = decision.events.map((event) => lineOf(event, { before: fleet, after: step.fleet, at, line }))
  return { outcome: decision.outcome, fleet: step.fleet, changes: [...events, ...refusals(decision, { ...line, key: write.key }), ...step.changes] }
}

/** A group that already serves: its instances are ready and registered from the start. */
export const adoptServingGroup = (fleet: Fleet, object: Omit<GroupObject, 'uid' | 'resourceVersion'>, at: EpochMs): FleetStep =>
  reconcile({ ...fleet, store: adoptGroup(fleet.store, object) }, object.group, { at, by: 'adopted' })

const decide = (fleet: Fleet, order: FleetWrite): WriteDecision => {
  switch (order.method) {
    case 'applyGroup':
      return decideApplyGroup(fleet.store, order.write)
    case 'setRegistrationTarget':
      return decideRegistrationTarget(fleet.store, order.write)
    case 'undo':
      return decideUndo(fleet.store, order.write)
  }
}

type Around = { readonly before: Fleet; readonly after: Fleet; readonly at: EpochMs; readonly line: Pick<BarChange, 'time' | 'group' | 'service'> }

const lineOf = (event: GroupEvent, { before, after, at, line }: Around): BarChange | GroupWriteChange =>
  event.type === 'KeyBarred'
    ? { kind: 'barred', key: event.key, ...line }
    : { ...surroundings(before, after, { group: event.group, at }), ...writtenLine(event), ...line }

const writtenLine = ({ key, undoes, sequence, before, after }: GroupWritten) => {
  const from = before ?? absent
  const to = after ?? absent
  const { uid, intentId, decisionId } = after ?? from
  return {
    kind: 'written' as const,
    ...{ key, undoes, uid, sequence, intentId, decisionId },
    ...{ countsBefore: from.counts, countsAfter: to.counts },
    ...{ targetBefore: from.registrationTarget, targetAfter: to.registrationTarget },
  }
}

/** How a group that does not exist reads in the log. */
const absent = { uid: '', intentId: '', decisionId: '', counts: noInstances, registrationTarget: noInstances }

const refusals = ({ outcome }: WriteDecision, line: Pick<RefusalChange, 'time' | 'group' | 'service' | 'key'>): readonly RefusalChange[] =>
  outcome.kind === 'refused' ? [{ kind: 'refused', ...line, code: outcome.code, detail: outcome.detail }] : []
