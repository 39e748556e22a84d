/** The world of a plan inside a workflow: steps are activities, an operator answers with a signal. */
import { CancellationScope, condition } from '@temporalio/workflow'
import { activityIdOf } from '../core/rollout/plan.ts'
import type { Step } from '../core/rollout/plan.ts'
import type { Host } from '../core/rollout/run.ts'
import { notices } from './activity-proxies.ts'
import { failureText, isHalt } from './failure-text.ts'
import type { RolloutInput, RolloutProgress } from './messages.ts'
import type { Fact, ReportChain } from './report-chain.ts'
import { createStepActivities } from './step-activities.ts'
import type { Done, StepActivities } from './step-activities.ts'

export type RolloutHost = Host & {
  /** An operator says so; without effect when nothing is stuck. */
  repaired(): void
  progress(): Omit<RolloutProgress, 'outcome'>
  wasStuck(): boolean
}

export const createRolloutHost = (input: RolloutInput, reports: ReportChain): RolloutHost => {
  const here: Here = { input, reports, activities: createStepActivities(input), current: '', stuck: null, halted: null, repairs: 0 }
  return {
    perform: (step, stop) => perform(here, step, stop),
    undo: (step) => CancellationScope.nonCancellable(() => undo(here, step)),
    stuck: (step, why) => CancellationScope.nonCancellable(() => awaitRepair(here, step, why)),
    repaired: () => {
      if (here.stuck !== null) here.repairs += 1
    },
    progress: () => ({ step: here.current, stuck: here.stuck, halted: here.halted }),
    wasStuck: () => here.repairs > 0,
  }
}

type Here = {
  readonly input: RolloutInput
  readonly reports: ReportChain
  readonly activities: StepActivities
  current: string
  stuck: RolloutProgress['stuck']
  halted: RolloutProgress['halted']
  repairs: number
}

const perform = async (here: Here, step: Step, stop: Promise<void>): Promise<void> => {
  const attempt: Attempt = { step, time: 1 }
  here.current = step.id
  try {
    const done = await untilStopped(stop, (cancelled) => throughStops(here, attempt, cancelled))
    tell(here, step, { about: attemptId(attempt), outcome: 'step-done', ...done })
  } catch (error) {
    const detail = failureText(error)
    tell(here, step, { about: attemptId(attempt), outcome: 'step-failed', detail, counts: null })
    throw new Error(detail, { cause: error })
  }
}

type Attempt = { readonly step: Step; time: number }

/** An attempt after a stop has another id, so that it is another activity and its facts are not taken for repeats. */
const attemptId = ({ step, time }: Attempt): string => `${activityIdOf(step)}${time === 1 ? '' : `/${time}`}`

/** Facts of what came before are in the log before the step begins. Being stopped does not wait for the log. */
const throughStops = async (here: Here, attempt: Attempt, cancelled: Promise<never>): Promise<Done> => {
  for (;;) {
    await Promise.race([here.reports.written(), cancelled])
    try {
      return await here.activities.perform(attempt.step, attemptId(attempt))
    } catch (error) {
      if (!isHalt(error)) throw error
      await awaitRelease(here, attempt, failureText(error))
      attempt.time += 1
    }
  }
}

/** Nothing is undone: the rollout keeps what it has, in band, and an operator's release lets it go on if there is time left. */
const awaitRelease = async (here: Here, attempt: Attempt, why: string): Promise<void> => {
  const { step } = attempt
  const about = attemptId(attempt)
  here.halted = { step: step.id, why }
  tell(here, step, { about, outcome: 'halted', detail: why, counts: null })
  try {
    const lateMs = (await here.activities.awaitRelease(`release-of/${about}`)) - here.activities.effectDeadlineAt()
    if (lateMs > 0) throw new Error(`released ${lateMs} ms past the deadline of the rollout; it was halted by ${why}`)
    tell(here, step, { about, outcome: 'resumed', detail: 'nothing forbids it any more', counts: null })
  } finally {
    here.halted = null
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

const untilStopped = <T>(stop: Promise<void>, work: (cancelled: Promise<never>) => Promise<T>): Promise<T> => {
  const scope = new CancellationScope()
  void stop.then(() => scope.cancel())
  return scope.run(() => work(scope.cancelRequested))
}

/** After a repair the attempt has another id, so that its facts are not taken for repeats of the first ones. */
const undoId = ({ repairs }: Here, step: Step): string => `undo/${activityIdOf(step)}${repairs === 0 ? '' : `/${repairs + 1}`}`

const tell = (here: Here, step: Step, fact: Pick<Fact, 'about' | 'outcome' | 'detail' | 'counts'>): void =>
  here.reports.report(here.input.intent, { group: here.input.placement.group, step: step.id, ...fact })

const tellService = ({ intent, placement }: RolloutInput, time: number): Promise<void> =>
  notices.settle.executeWithOptions({ activityId: `settle/stuck/${time}` }, [
    { service: intent.service, intentId: intent.intentId, group: placement.group, outcome: 'stuck' },
  ])
