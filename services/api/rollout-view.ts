/** How far an intent and each of its rollouts came, read from their facts in the log. */
import type { RolloutEvent } from '../../core/events/decided.ts'
import { rolloutWorkflowId } from '../../core/ids.ts'
import type { IntentState, RolloutAnswer, RolloutState, StepAnswer } from './answers.ts'
import type { ReadModel } from './read-model.ts'

type GroupEvent = Extract<RolloutEvent, { readonly group: string }>
type IntentEvent = Exclude<RolloutEvent, GroupEvent>

export const factsOf = (model: ReadModel, intentId: string): readonly RolloutEvent[] =>
  [...(model.facts.get(intentId)?.values() ?? [])].sort((a, b) => a.time - b.time)

const isGroupEvent = (event: RolloutEvent): event is GroupEvent => 'group' in event

/** What became of an intent. Only the last fact about the whole intent counts. */
export const intentOutcome = (
  model: ReadModel,
  intentId: string,
): { readonly state: IntentState; readonly detail: string; readonly endedAt: number | null } => {
  const facts = factsOf(model, intentId)
  const last = facts.filter((event): event is IntentEvent => !isGroupEvent(event)).at(-1)
  if (last !== undefined) return { state: stateOfIntent(last), detail: last.detail, endedAt: last.time }
  return { state: facts.length > 0 ? 'rolling-out' : 'emitted', detail: '', endedAt: null }
}

const stateOfIntent = (event: IntentEvent): IntentState => {
  switch (event.type) {
    case 'IntentCompleted':
      return event.partial ? 'partial' : 'completed'
    case 'IntentRefused':
      return 'refused'
    case 'IntentExpired':
      return 'expired'
    case 'IntentSuperseded':
      return 'superseded'
  }
}

/** The rollouts of an intent, one per deployment group. */
export const rolloutsOf = (model: ReadModel, intentId: string): readonly RolloutAnswer[] => {
  const groups = new Map<string, GroupEvent[]>()
  for (const event of factsOf(model, intentId)) {
    if (isGroupEvent(event)) groups.set(event.group, [...(groups.get(event.group) ?? []), event])
  }
  return [...groups.values()].map(rolloutOf)
}

const rolloutOf = (events: readonly GroupEvent[]): RolloutAnswer => {
  const first = events[0] as GroupEvent
  const placed = events.find((event) => event.type === 'RolloutPlaced')
  const end = events.findLast((event) => event.type === 'RolloutCommitted' || event.type === 'RolloutRolledBack')
  return {
    id: rolloutWorkflowId(first.service, first.intentId, first.group),
    service: first.service,
    group: first.group,
    intentId: first.intentId,
    sequence: first.sequence,
    state: events.reduce<RolloutState>(stateAfter, 'placed'),
    target: placed?.target ?? null,
    steps: events.flatMap(stepOf),
    detail: (end ?? events.at(-1) ?? first).detail,
    startedAt: first.time,
    endedAt: end?.time ?? null,
  }
}

const stateAfter = (state: RolloutState, event: GroupEvent): RolloutState => {
  switch (event.type) {
    case 'RolloutPlaced':
      return state
    case 'RolloutStepDone':
      return afterStep(event.outcome)
    case 'RolloutCommitted':
      return 'committed'
    case 'RolloutRolledBack':
      return 'rolled-back'
    case 'RolloutStuck':
      return 'stuck'
  }
}

const afterStep = (outcome: StepAnswer['outcome']): RolloutState => {
  if (outcome === 'halted') return 'halted'
  return outcome === 'step-done' || outcome === 'resumed' ? 'running' : 'undoing'
}

const stepOf = (event: GroupEvent): readonly StepAnswer[] => {
  if (event.type === 'RolloutStepDone') return [{ step: event.step, outcome: event.outcome, detail: event.detail, time: event.time }]
  if (event.type === 'RolloutStuck') return [{ step: event.step, outcome: 'stuck', detail: event.detail, time: event.time }]
  return []
}

const openStates: readonly RolloutState[] = ['placed', 'running', 'halted', 'undoing']

/** STUCK is not open: the service does not wait for it. */
export const isOpen = (rollout: RolloutAnswer): boolean => openStates.includes(rollout.state)
