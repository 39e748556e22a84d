/** `rollout/<service>/<intent>/<group>`: brings one deployment group to its counts, or back to where it was. */
import { CancellationScope, setHandler } from '@temporalio/workflow'
import { planRollout } from '../core/rollout/plan.ts'
import { run } from '../core/rollout/run.ts'
import type { Outcome } from '../core/rollout/run.ts'
import { notices, releases } from './activity-proxies.ts'
import { repair, rolloutProgress } from './messages.ts'
import type { RolloutInput } from './messages.ts'
import { openReportChain } from './report-chain.ts'
import type { ReportChain } from './report-chain.ts'
import { createRolloutHost } from './rollout-host.ts'
import type { RolloutHost } from './rollout-host.ts'

export const rollout = async (input: RolloutInput): Promise<Outcome> => {
  const reports = openReportChain()
  const host = createRolloutHost(input, reports)
  let outcome: Outcome | null = null
  setHandler(repair, () => host.repaired())
  setHandler(rolloutProgress, () => ({ ...host.progress(), outcome }))
  const reachedOutcome = await run(planRollout(input), host)
  outcome = reachedOutcome
  await CancellationScope.nonCancellable(() => finish({ input, host, reports, outcome: reachedOutcome }))
  return reachedOutcome
}

type Ending = {
  readonly input: RolloutInput
  readonly host: RolloutHost
  readonly reports: ReportChain
  readonly outcome: Outcome
}

/** The capacity is given back whatever the outcome, and whether or not the log can be written. */
const finish = async ({ input, host, reports, outcome }: Ending): Promise<void> => {
  const { intent, placement } = input
  reports.report(intent, {
    about: 'end',
    group: placement.group,
    step: null,
    outcome: outcome.kind,
    detail: outcome.kind === 'committed' ? '' : `${outcome.step} failed: ${outcome.reason}`,
    counts: outcome.kind === 'committed' ? placement.to : placement.from,
  })
  await Promise.all([reports.written(), release(input, outcome), tellAfterStuck({ input, host, reports, outcome })])
}

const release = ({ intent, placement }: RolloutInput, outcome: Outcome): Promise<void> =>
  releases(intent.cell).release.executeWithOptions({ activityId: `release/${placement.group}/${outcome.kind}` }, [
    { cell: intent.cell, requestId: intent.intentId, group: placement.group, outcome: outcome.kind },
  ])

/** The service stopped waiting when the rollout got stuck, so its end must be told. */
const tellAfterStuck = async ({ input, host, outcome }: Ending): Promise<void> => {
  if (!host.wasStuck()) return
  const { intent, placement } = input
  const settlement = { service: intent.service, intentId: intent.intentId, group: placement.group, outcome: outcome.kind }
  await notices.settle.executeWithOptions({ activityId: `settle/${outcome.kind}` }, [settlement])
}
