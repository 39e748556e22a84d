/** Three rollouts from beginning to end, told by the end-to-end tests and recorded for the replay tests. */
import { portError } from '../../core/port-error.ts'
import type { Outcome } from '../../core/rollout/run.ts'
import { counts } from '../core/rollout/orders.ts'
import type { Stage } from './stage.ts'

export type Told = { readonly workflowId: string; readonly group: string; readonly outcome: Outcome }

/** A new group of two prefill and four decode instances comes into service. */
export const commit = async (stage: Stage, sequence = 1): Promise<Told> => {
  const intent = stage.intent({ sequence, target: counts(2, 4) })
  await stage.submitter.submit(intent)
  return told(stage, intent)
}

/** The service's only group grows; its decode instances start and never become ready. */
export const rollBack = async (stage: Stage, sequence = 2): Promise<Told> => {
  stage.cluster.neverReady('decode')
  const intent = stage.intent({ sequence, target: counts(4, 8), readyDeadlineMs: 1_500 })
  await stage.submitter.submit(intent)
  const ended = await told(stage, intent)
  stage.cluster.neverReady('decode', false)
  return ended
}

/** As above, and the undo of the growth is refused for good until an operator has repaired the sub-cluster. */
export const stickThenRepair = async (stage: Stage, sequence = 2): Promise<Told> => {
  stage.cluster.neverReady('decode')
  stage.cluster.failNext('undo', 'before', portError('invalid', 'E_DENIED sub-a: the admission webhook denies the write'))
  const intent = stage.intent({ sequence, target: counts(4, 8), readyDeadlineMs: 1_500 })
  await stage.submitter.submit(intent)
  const { group } = await stage.reports.first(({ intentId, outcome }) => intentId === intent.intentId && outcome === 'stuck')
  await stage.rollout(intent, group ?? '').signal('repair')
  return told(stage, intent)
}

const ends: readonly string[] = ['committed', 'rolled-back']

const told = async (stage: Stage, intent: ReturnType<Stage['intent']>): Promise<Told> => {
  const { group } = await stage.reports.first(({ intentId, outcome }) => intentId === intent.intentId && ends.includes(outcome))
  const handle = stage.rollout(intent, group ?? '')
  const outcome = (await handle.result()) as Outcome
  await stage.observe()
  return { workflowId: handle.workflowId, group: group ?? '', outcome }
}
