/** Folds what workflows report about intents, and derives the facts that stand in `rollouts`. */
import type { RolloutReported } from '../events/input.ts'
import type { EpochMs } from '../units.ts'
import type { Emitted } from './emitted.ts'
import type { OpenIntent, StuckGroup } from './intents.ts'
import { rolloutFact } from './rollout-fact.ts'
import type { ServiceState } from './service-state.ts'

export type Reported = { readonly state: ServiceState; readonly emitted: readonly Emitted[] }

/** Each `reportId` counts once. What concerns a closed intent is ignored, save the repair of a group that got stuck. */
export const foldReport = (state: ServiceState, event: RolloutReported, nowMs: EpochMs): Reported => {
  const intent = state.openIntents.find(({ intentId }) => intentId === event.intentId)
  if (intent) return intent.reportIds.includes(event.reportId) ? nothing(state) : foldOpen(state, event, { intent, nowMs })
  const stuck = state.stuckGroups.find((one) => one.intentId === event.intentId && one.group === event.group)
  return stuck && !stuck.reportIds.includes(event.reportId) ? foldStuck(state, event, stuck) : nothing(state)
}

const nothing = (state: ServiceState): Reported => ({ state, emitted: [] })

const foldOpen = (
  state: ServiceState,
  event: RolloutReported,
  { intent, nowMs }: { readonly intent: OpenIntent; readonly nowMs: EpochMs },
): Reported => {
  const known = {
    ...intent,
    reportedAtMs: nowMs,
    reportIds: [...intent.reportIds, event.reportId],
    groups: event.outcome === 'placed' && event.group ? [...intent.groups, event.group] : intent.groups,
  }
  const openIntents = state.openIntents.map((one) => (one === intent ? known : one))
  return { state: afterOutcome({ ...state, openIntents }, event, { intent: known, nowMs }), emitted: factOf(event) }
}

type Subject = { readonly intent: OpenIntent; readonly nowMs: EpochMs }

const afterOutcome = (state: ServiceState, event: RolloutReported, subject: Subject): ServiceState => {
  switch (event.outcome) {
    case 'committed':
      return withoutStuck(state, event)
    case 'rolled-back':
      return failed(withoutStuck(state, event), subject.nowMs)
    case 'stuck':
      return failed(withStuck(state, event), subject.nowMs)
    case 'refused':
      return failed(closeIntent(state, subject.intent, closing(event, 'unfinished')), subject.nowMs)
    case 'halted':
      return halted(state, event, subject)
    case 'expired':
    case 'superseded':
      return closeIntent(state, subject.intent, closing(event, 'unfinished'))
    case 'completed':
      return grown(closeIntent(state, subject.intent, closing(event, event.partial ? 'unfinished' : 'reached')), subject)
    default:
      return state
  }
}

const closing = (event: RolloutReported, end: Closing['end']): Closing => ({ end, atMs: event.time })

export type Closing = {
  /** Whether the service stands at the intent's target now. */
  readonly end: 'reached' | 'unfinished'
  readonly atMs: EpochMs
}

/**
 * Takes an intent off the list. What the service has from now on is the target when it was reached by the last order;
 * what it had before when nothing was begun; else unknown until every sub-cluster has reported again.
 */
export const closeIntent = (state: ServiceState, intent: OpenIntent, { end, atMs }: Closing): ServiceState => {
  const openIntents = state.openIntents.filter(({ intentId }) => intentId !== intent.intentId)
  if (end === 'unfinished' && intent.groups.length === 0) return { ...state, openIntents }
  const isLast = intent.sequence === state.lastSequence
  const settled = end === 'reached' && isLast ? intent.target : null
  return { ...state, openIntents, settled, settledSinceMs: Math.max(state.settledSinceMs, atMs) }
}

/** Of a group it is a fact: its rollout waits. Of the intent: nothing was begun, and nothing failed either. */
const halted = (state: ServiceState, event: RolloutReported, { intent }: Subject): ServiceState =>
  event.group === null ? closeIntent(state, intent, closing(event, 'unfinished')) : state

const failed = (state: ServiceState, nowMs: EpochMs): ServiceState => ({
  ...state,
  memory: { ...state.memory, failedAtMs: nowMs },
})

const grown = (state: ServiceState, { intent, nowMs }: Subject): ServiceState =>
  intent.kind === 'scale-in' ? state : { ...state, memory: { ...state.memory, grownAtMs: nowMs } }

/** More stuck groups of one service than this page somebody anyway. */
const maxStuckGroups = 32

const withStuck = (state: ServiceState, { intentId, group, sequence }: RolloutReported): ServiceState =>
  group === null
    ? state
    : { ...state, stuckGroups: [...state.stuckGroups, { intentId, group, sequence, reportIds: [] }].slice(-maxStuckGroups) }

const withoutStuck = (state: ServiceState, event: RolloutReported): ServiceState => ({
  ...state,
  stuckGroups: state.stuckGroups.filter((one) => one.intentId !== event.intentId || one.group !== event.group),
})

/** A repaired group settles long after its intent did; what stands is then what is observed after it. */
const foldStuck = (state: ServiceState, event: RolloutReported, stuck: StuckGroup): Reported => {
  const isSettled = event.outcome === 'committed' || event.outcome === 'rolled-back'
  if (isSettled) return { state: withoutStuck(state, event), emitted: factOf(event) }
  const known = { ...stuck, reportIds: [...stuck.reportIds, event.reportId] }
  return { state: { ...state, stuckGroups: state.stuckGroups.map((one) => (one === stuck ? known : one)) }, emitted: factOf(event) }
}

const factOf = (event: RolloutReported): readonly Emitted[] => {
  const fact = rolloutFact(event)
  return fact ? [{ topic: 'rollouts', key: event.service, event: fact }] : []
}
