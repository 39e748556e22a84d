/** The newest waiting intent becomes a placement, and each placed group a rollout of its own. */
import { ActivityFailure, ParentClosePolicy, WorkflowIdReusePolicy, isCancellation, startChild } from '@temporalio/workflow'
import type { ScaleIntentEmitted } from '../core/events/decided.ts'
import type { GroupPlacement, PlacementAnswer, PlacementRequest } from '../core/events/placed.ts'
import { rolloutWorkflowId } from '../core/ids.ts'
import { showCounts } from '../core/roles.ts'
import { busyGroups } from '../core/rollout/intent-queue.ts'
import type { Outcome } from '../core/rollout/run.ts'
import { placementRequestOf } from '../core/rollout/submission.ts'
import type { DurationMs } from '../core/units.ts'
import { placing } from './activity-proxies.ts'
import type { Placed } from './activities/place.ts'
import { failureText } from './failure-text.ts'
import type { rollout } from './rollout.ts'
import type { ServiceDesk } from './service-desk.ts'
import { startWithdrawal } from './withdrawal.ts'

/** Resolves when all rollouts of the intent have started; they are watched from then on. */
export const carryOut = async (desk: ServiceDesk): Promise<void> => {
  const intent = desk.queue().waiting
  if (intent === null) return
  const within = desk.carryOver().placeWithinMs ?? null
  desk.dispatch({ type: 'TakeIntent' })
  const placed = await place(intent, placementRequestOf(intent, busyGroups(desk.queue())), within)
  if (placed.kind !== 'placed') return reject(desk, intent, { outcome: placed.kind, detail: placed.detail })
  const { groups, refusal } = placed.answer
  if (groups.length === 0 && refusal !== null) return reject(desk, intent, { outcome: 'refused', detail: refusal })
  await begin(desk, intent, placed.answer)
}

/** Groups with an open or stuck rollout are left as they are; the decider goes on from what it observes. */
const place = async (intent: ScaleIntentEmitted, request: PlacementRequest, withinMs: DurationMs | null): Promise<Placed> => {
  const activityId = `place/${intent.sequence}=${showCounts(intent.target)}`
  try {
    return await placing(intent.cell, withinMs).place.executeWithOptions({ activityId }, [request])
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error
    await startWithdrawal(request)
    return { kind: 'expired', detail: `cell ${intent.cell} did not place it before it expired: ${failureText(error)}` }
  }
}

type Rejection = { readonly outcome: Exclude<Placed['kind'], 'placed'>; readonly detail: string }

const reject = (desk: ServiceDesk, intent: ScaleIntentEmitted, rejection: Rejection): Promise<void> => {
  desk.reports.report(intent, { about: intent.intentId, group: null, step: null, counts: null, ...rejection })
  return desk.reports.written()
}

const begin = async (desk: ServiceDesk, intent: ScaleIntentEmitted, { groups, refusal }: PlacementAnswer): Promise<void> => {
  for (const { group, from, to, domain, subCluster } of groups) {
    const detail = `${showCounts(from)} to ${showCounts(to)} in ${subCluster} ${domain}`
    desk.reports.report(intent, { about: `${intent.intentId}/${group}`, group, step: null, outcome: 'placed', detail, counts: to })
  }
  desk.dispatch({ type: 'OpenRollouts', intent, groups: groups.map(({ group }) => group), short: refusal !== null })
  await desk.reports.written()
  await Promise.all(groups.map((placement) => startRollout(desk, intent, placement)))
}

/** The child outlives this run, and this service. */
const startRollout = async (desk: ServiceDesk, intent: ScaleIntentEmitted, placement: GroupPlacement): Promise<void> => {
  const child = await startChild<typeof rollout>('rollout', {
    workflowId: rolloutWorkflowId(intent.service, intent.intentId, placement.group),
    args: [{ intent, placement }],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    workflowTaskTimeout: '4 s',
  })
  void watch(desk, { intent, placement, ended: child.result() })
}

type Watched = { readonly intent: ScaleIntentEmitted; readonly placement: GroupPlacement; readonly ended: Promise<Outcome> }

/**
 * A rollout that was terminated from outside left its effects as they were: its group counts as stuck and stays
 * frozen until someone has looked and sent `groupSettled`.
 */
const watch = async (desk: ServiceDesk, { intent, placement, ended }: Watched): Promise<void> => {
  const settle = (outcome: Outcome['kind'] | 'stuck') =>
    desk.dispatch({ type: 'SettleGroup', intentId: intent.intentId, group: placement.group, outcome })
  try {
    settle((await ended).kind)
  } catch (error) {
    const detail = `its workflow was closed from outside: ${failureText(error)}`
    const about = `${intent.intentId}/${placement.group}`
    desk.reports.report(intent, { about, group: placement.group, step: null, outcome: 'stuck', detail, counts: null })
    settle('stuck')
  }
}
