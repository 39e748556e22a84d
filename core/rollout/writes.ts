/** What a rollout writes to its sub-cluster: absolute targets with preconditions, each under its idempotency key. */
import type { ScaleIntentEmitted } from '../events/decided.ts'
import type { GroupPlacement } from '../events/placed.ts'
import { rolloutWorkflowId } from '../ids.ts'
import type { ApplyGroup, SetRegistrationTarget, UndoWrite } from '../ports.ts'
import { peakOf, type Step } from './plan.ts'

/** One group's part of an intent. */
export type RolloutOrder = { readonly intent: ScaleIntentEmitted; readonly placement: GroupPlacement }

export const applyWrite = (order: RolloutOrder, step: Step): ApplyGroup => ({
  ...signed(order, step.id),
  expect: { uid: order.placement.uid, counts: step.before },
  counts: step.counts,
  domain: order.placement.domain,
  gpuTypes: order.placement.gpuTypes,
  gpusPerInstance: order.placement.gpusPerInstance,
  band: order.intent.band,
})

export const registerWrite = (order: RolloutOrder, step: Step): SetRegistrationTarget => ({
  ...signed(order, step.id),
  expect: peakOf(order.placement),
  target: step.counts,
  band: order.intent.band,
})

/** Names the write that it takes back by that write's key; its own key is the same in every attempt. */
export const undoWrite = (order: RolloutOrder, step: Step): UndoWrite => ({
  ...signed(order, `undo/${step.id}`),
  undoes: keyOf(order, step.id),
})

const keyOf = ({ intent, placement }: RolloutOrder, stepId: string): string =>
  `${rolloutWorkflowId(intent.service, intent.intentId, placement.group)}/${stepId}`

const signed = (order: RolloutOrder, stepId: string) => ({
  key: keyOf(order, stepId),
  group: order.placement.group,
  service: order.intent.service,
  sequence: order.intent.sequence,
  intentId: order.intent.intentId,
  decisionId: order.intent.decisionId,
})
