/** `service/<id>`: one per service. Takes intents, has them placed, and starts one rollout per deployment group. */
import { ApplicationFailure, allHandlersFinished, condition, continueAsNew, setHandler, sleep } from '@temporalio/workflow'
import { refusalOf } from '../core/rollout/intent-queue.ts'
import { groupSettled, intentRefusedType, serviceState, submitIntent } from './messages.ts'
import type { ServiceInput } from './messages.ts'
import { carryOut } from './carry-out.ts'
import { openServiceDesk } from './service-desk.ts'
import type { ServiceDesk } from './service-desk.ts'

/** One intent is about 30 events here, so 100 stay far below the server's warning at 10,240. */
const defaultIntentsPerRun = 100

export const service = async (input: ServiceInput): Promise<void> => {
  const desk = openServiceDesk(input)
  answer(desk)
  const limit = input.intentsPerRun ?? defaultIntentsPerRun
  let carriedOut = 0
  const turn = (): boolean => carriedOut >= limit && desk.queue().open.length === 0
  while (!turn()) {
    await condition(() => desk.queue().waiting !== null || turn())
    if (turn()) break
    carriedOut += 1
    await carryOut(desk)
  }
  await settleDown(desk)
  await continueAsNew<typeof service>({ ...input, ...desk.carryOver() })
}

/** Handlers only validate and enqueue; they never await, so an update is answered in the task that brought it. */
const answer = (desk: ServiceDesk): void => {
  setHandler(submitIntent, (intent, placeWithinMs) => desk.submit(intent, placeWithinMs), {
    validator: (intent, _placeWithinMs) => {
      const refusal = refusalOf(desk.queue(), intent)
      if (refusal === null) return
      throw ApplicationFailure.nonRetryable(`${refusal.code} service: ${refusal.detail}`, intentRefusedType, refusal)
    },
  })
  setHandler(groupSettled, ({ intentId, group, outcome }) => void desk.dispatch({ type: 'SettleGroup', intentId, group, outcome }))
  setHandler(serviceState, () => desk.queue())
}

/**
 * An update that completes in the same task as continue-as-new can be lost by the server (temporal issue 6375), hence
 * one more task, by a timer of the shortest length that the server keeps. What arrives meanwhile is carried over.
 */
const settleDown = async (desk: ServiceDesk): Promise<void> => {
  await sleep('1 s')
  await condition(() => allHandlersFinished() && desk.reports.idle())
}
