/** The world of a plan inside a workflow: steps are activities, an operator answers with a signal. */
import { CancellationScope, condition } from '@temporalio/workflow'
import { activityIdOf } from '../core/rollout/plan.ts'
import type { Step } from '../core/rollout/plan.ts'
import type { Host } from '../core/rollout/run.ts'
import { notices } from './activity-proxies.ts'
import { failureText } from './failure-text.ts'
import type { RolloutInput, RolloutProgress } from './messages.ts'
import type { Fact, ReportChain } from './report-chain.ts'
import { createStepActivities } from './step-activities.ts'
import type { StepActivities } from './step-activities.ts'

export type RolloutHost = Host & {
  /** An operator says so; without effect when nothing is stuck. */
  repaired(): void
  progress(): Omit<RolloutProgress, 'outcome'>
  wasStuck(): boolean
}

export const createRolloutHost = (input: RolloutInput, reports: ReportChain): RolloutHost => {
  const here: Here = { input, reports, activities: createStepActivities(input), current: '', stuck: null, repairs: 0 }
  return {
    perform: (step, stop) => perform(here, step, stop),
    undo: (step) => CancellationScope.nonCancellable(() => undo(here, step)),
    stuck: (step, why) => CancellationScope.nonCancellable(() => awaitRepair(here, step, why)),
    repaired: () => {
      if (here.stuck !== null) here.repairs += 1
    },
    progress: () => ({ step: here.current, stuck: here.stuck }),
    wasStuck: () => here.repairs > 0,
  }
}

type Here = {
  readonly input: RolloutInput
  readonly reports: ReportChain
  readonly activities: StepActivities
  current: string
  stuck: RolloutProgress['stuck']
  repairs: number
}

const perform = async (here: Here, step: Step, stop: Promise<void>): Promise<void> => {
  const about = activityIdOf(step)
  here.current = step.id
  try {
    const done = await untilStopped(stop, here.reports, () => here.activities.perform(step))
    tell(here, step, { about, outcome: 'step-done', ...done })
  } catch (error) {
    const detail = failureText(error)
    tell(here, step, { about, outcome: 'step-failed', detail, counts: null })
    throw new Error(detail, { cause: error })
  }
}

const undo = async (here: Here, step: Step): Promise<void> => {
  const about = undoId(here, step)
  here.current = `undo/${step.id}`
  try {
    const done = await here.activities.undo(step, about)
    tell(here, step, { about, outcome: 'step-undone', ...done })
  } catch (error) {
    throw new Error(failureText(error), { cause: error })
  }
}

/** From here on the service does not wait for this group, which stays frozen, with its capacity held. */
const awaitRepair = async (here: Here, step: Step, why: string): Promise<void> => {
  const about = undoId(here, step)
  const before = here.repairs
  here.stuck = { step: step.id, why }
  tell(here, step, { about, outcome: 'stuck', detail: why, counts: null })
  const told = tellService(here.input, before + 1)
  await condition(() => here.repairs > before)
  here.stuck = null
  tell(here, step, { about, outcome: 'repaired', detail: 'an operator asked for another attempt', counts: null })
  await told
}

/** Facts of the stages before are in the log before the next step begins. Being stopped does not wait for the log. */
const untilStopped = <T>(stop: Promise<void>, reports: ReportChain, work: () => Promise<T>): Promise<T> => {
  const scope = new CancellationScope()
  void stop.then(() => scope.cancel())
  return scope.run(async () => {
    await Promise.race([reports.written(), scope.cancelRequested])
    return work()
  })
}

/** After a repair the attempt has another id, so that its facts are not taken for repeats of the first ones. */
const undoId = ({ repairs }: Here, step: Step): string => `undo/${activityIdOf(step)}${repairs === 0 ? '' : `/${repairs + 1}`}`

const tell = (here: Here, step: Step, fact: Pick<Fact, 'about' | 'outcome' | 'detail' | 'counts'>): void =>
  here.reports.report(here.input.intent, { group: here.input.placement.group, step: step.id, ...fact })

const tellService = ({ intent, placement }: RolloutInput, time: number): Promise<void> =>
  notices.settle.executeWithOptions({ activityId: `settle/stuck/${time}` }, [
    { service: intent.service, intentId: intent.intentId, group: placement.group, outcome: 'stuck' },
  ])
