/** Three rollouts from beginning to end, told by the end-to-end tests and recorded for the replay tests. */
import { portError } from '../../core/port-error.ts'
import type { Outcome } from '../../core/rollout/run.ts'
import { counts } from '../core/rollout/orders.ts'
import type { Stage } from './stage.ts'

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
