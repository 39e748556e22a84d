/** Everything that can be said to a workflow, and what its workflows are started with. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import type { ScaleIntentEmitted } from '../core/events/decided.ts'
import type { IntentQueue } from '../core/rollout/intent-queue.ts'
import type { Outcome } from '../core/rollout/run.ts'
import type { GroupSettlement } from '../core/rollout/submission.ts'
import type { RolloutOrder } from '../core/rollout/writes.ts'
import type { DurationMs } from '../core/units.ts'

/** Task queue of the workflows and of all activities except those of a cell. */
export const rolloutsTaskQueue = 'rollouts'

/** `queue` is absent at the very first start; later runs carry it over. */
export type ServiceInput = {
  readonly service: string
  readonly queue?: IntentQueue
  /** Carried over with the waiting intent; see `submitIntent`. */
  readonly placeWithinMs?: DurationMs
  /** After this many intents the workflow continues as new; default 100, about 3,000 events. */
  readonly intentsPerRun?: number
}

export type RolloutInput = RolloutOrder

/**
 * Where a rollout stands, for people. `stuck` names the undo that waits for an operator, `halted` the effect that waits until a
 * control is released.
 */
export type RolloutProgress = {
  readonly step: string
  readonly stuck: { readonly step: string; readonly why: string } | null
  readonly halted: { readonly step: string; readonly why: string } | null
  readonly outcome: Outcome | null
}

/** Failure type of a refused update: its details are a `Refusal` of core/rollout/intent-queue.ts. */
export const intentRefusedType = 'INTENT_REFUSED'

/**
 * An intent, and how long its cell may take to place it, in wall time: the intent's expiry is world time, which only
 * the submitter can translate.
 */
export const submitIntent = defineUpdate<void, [ScaleIntentEmitted, DurationMs]>('submitIntent')
export const groupSettled = defineUpdate<void, [GroupSettlement]>('groupSettled')
export const serviceState = defineQuery<IntentQueue>('state')

/** From an operator: the cause is repaired, try the undo again. Without effect when nothing is stuck. */
export const repair = defineSignal('repair')
export const rolloutProgress = defineQuery<RolloutProgress>('progress')
