/** Rollouts from beginning to end, told by the end-to-end tests and recorded for the replay tests. */
import { portError } from '../../core/port-error.ts'
import type { Outcome } from '../../core/rollout/run.ts'
import { until } from '../support/until.ts'
import { counts } from '../core/rollout/orders.ts'
import type { RolloutReported, Stage } from './stage.ts'

export type Rollout = ReturnType<Stage['rollout']>
export type Told = { readonly workflowId: string; readonly group: string; readonly outcome: Outcome }

/** A new group of two prefill and four decode instances comes into service. */
export const commit = async (stage: Stage, sequence = 1): Promise<Told> => {
  const intent = stage.intent({ sequence, target: counts(2, 4) })
  await stage.submitter.submit(intent)
  return ending(stage, intent)
}

/** The service's only group grows; its decode instances start and never become ready. */
export const rollBack = async (stage: Stage, sequence = 2): Promise<Told> => {
  stage.cluster.neverReady('decode')
  const intent = stage.intent({ sequence, target: counts(4, 8), readyDeadlineMs: 1_500 })
  await stage.submitter.submit(intent)
  const ended = await ending(stage, intent)
  stage.cluster.neverReady('decode', false)
  return ended
}

/** The new instances are ready, but no gate opens: two effects have to be undone. */
export const outOfService = async (stage: Stage, sequence = 2): Promise<Told> => {
  stage.cluster.autoRegister(false)
  const intent = stage.intent({ sequence, target: counts(4, 8), readyDeadlineMs: 1_500 })
  await stage.submitter.submit(intent)
  const ended = await ending(stage, intent)
  stage.cluster.autoRegister(true)
  return ended
}

/** The service's only group grows and cannot be undone: the undo of the growth is refused for good until an operator has repaired the sub-cluster. */
export const stickThenRepair = async (stage: Stage, meanwhile: (rollout: Rollout) => Promise<void> = async () => {}): Promise<Told> => {
  const sequence = 2
  stage.cluster.neverReady('decode')
  stage.cluster.failNext('undo', 'before', portError('invalid', 'E_DENIED sub-a: the admission webhook denies the write'))
  const intent = stage.intent({ sequence, target: counts(4, 8), readyDeadlineMs: 1_500 })
  await stage.submitter.submit(intent)
  const { group } = await stage.reports.first(({ intentId, outcome }) => intentId === intent.intentId && outcome === 'stuck')
  await meanwhile(stage.rollout(intent, group ?? ''))
  stage.cluster.neverReady('decode', false)
  await stage.rollout(intent, group ?? '').signal('repair')
  return ending(stage, intent)
}

export type Halted = { readonly rollout: Rollout; readonly group: string; readonly halted: RolloutReported }

/** The service's only group grows; an operator pauses the service before the new instances are ready, so registration halts. */
const halt = async (stage: Stage, intent: ReturnType<Stage['intent']>): Promise<Halted> => {
  stage.cluster.neverReady('decode')
  await stage.submitter.submit(intent)
  await stage.reports.first(({ intentId, step, outcome }) => intentId === intent.intentId && step === 'grow' && outcome === 'step-done')
  await stage.order('paused')
  stage.cluster.neverReady('decode', false)
  const halted = await stage.reports.first(({ intentId, outcome }) => intentId === intent.intentId && outcome === 'halted')
  return { rollout: stage.rollout(intent, halted.group ?? ''), group: halted.group ?? '', halted }
}

/** The pause is released in time. */
export const haltThenResume = async (stage: Stage, meanwhile: (halted: Halted) => Promise<void> = async () => {}): Promise<Told> => {
  const intent = stage.intent({ sequence: 2, target: counts(4, 8) })
  await meanwhile(await halt(stage, intent))
  await stage.order('auto')
  return ending(stage, intent)
}

/** The pause is released when the new instances should have been in service long ago. */
export const haltThenUndo = async (stage: Stage): Promise<Told> => {
  const intent = stage.intent({ sequence: 2, target: counts(4, 8), readyDeadlineMs: 2_500 })
  await halt(stage, intent)
  const written = stage.reports.all().find(({ intentId, step }) => intentId === intent.intentId && step === 'grow')
  await until('the deadline of the rollout has passed', () => stage.now() > (written?.time ?? 0) + intent.readyDeadlineMs)
  await stage.order('auto')
  return ending(stage, intent)
}

const ends: readonly string[] = ['committed', 'rolled-back']

/** Waits for the end of the intent's first rollout, and until the service has heard of it: its group is free again. */
export const ending = async (stage: Stage, intent: ReturnType<Stage['intent']>): Promise<Told> => {
  const { group } = await stage.reports.first(({ intentId, outcome }) => intentId === intent.intentId && ends.includes(outcome))
  const handle = stage.rollout(intent, group ?? '')
  const outcome = (await handle.result()) as Outcome
  await stage.completed(intent.sequence)
  await stage.observe()
  return { workflowId: handle.workflowId, group: group ?? '', outcome }
}
