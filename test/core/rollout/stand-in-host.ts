/**
 * A host over the memory sub-cluster, with one planned fault. It performs steps as the workflow's activities do, and
 * keeps a diary that the tests read.
 */
import { createMemorySubCluster } from '../../../adapters/memory/sub-cluster.ts'
import type { GroupPlacement } from '../../../core/events/placed.ts'
import type { GroupStatus, SubCluster, WriteOutcome } from '../../../core/ports.ts'
import type { Step } from '../../../core/rollout/plan.ts'
import { reached } from '../../../core/rollout/reached.ts'
import type { Host } from '../../../core/rollout/run.ts'
import { applyWrite, registerWrite, undoWrite } from '../../../core/rollout/writes.ts'
import type { RolloutOrder } from '../../../core/rollout/writes.ts'
import { epoch, intentOf, nodesOf } from './orders.ts'

/** `when`: whether the step's effect takes place before it fails. `undoFailures`: how often each undo fails first. */
export type Fault = { readonly step: string; readonly when: 'before' | 'after'; readonly undoFailures: number }

export type World = {
  readonly order: RolloutOrder
  readonly host: Host
  readonly diary: string[]
  group(): Promise<GroupStatus | null>
}

/** A world in which the placement's group stands at `from`, serving. */
export const worldOf = async (placement: GroupPlacement, fault: Fault | null): Promise<World> => {
  const intent = intentOf()
  const cluster = createMemorySubCluster({ name: 'sub-a', nodes: nodesOf(64), now: () => epoch })
  if (!placement.isNew) cluster.adopt(standing(placement))
  cluster.autoReady(true)
  cluster.autoRegister(true)
  const uid = (await cluster.readGroup(placement.group))?.uid ?? ''
  const order = { intent, placement: { ...placement, uid } }
  const diary: string[] = []
  return { order, diary, host: hostOf({ cluster, order, fault, diary }), group: () => cluster.readGroup(placement.group) }
}

const standing = (placement: GroupPlacement) => {
  const { group, domain, gpuTypes, gpusPerInstance, from } = placement
  const { service, band } = intentOf()
  return { group, service, sequence: 0, intentId: '', decisionId: '', domain, counts: from, gpuTypes, gpusPerInstance, registrationTarget: from, band }
}

type Setting = { readonly cluster: SubCluster; readonly order: RolloutOrder; readonly fault: Fault | null; readonly diary: string[] }

const hostOf = ({ cluster, order, fault, diary }: Setting): Host => {
  const refusals = new Map<string, number>()
  return {
    perform: async (step) => {
      diary.push(`begin ${step.id}`)
      if (fault?.step === step.id && fault.when === 'before') throw new Error(`planned before ${step.id}`)
      await act(cluster, order, step)
      if (fault?.step === step.id) throw new Error(`planned after ${step.id}`)
      diary.push(`done ${step.id}`)
    },
    undo: async (step) => {
      diary.push(`undo ${step.id}`)
      const failed = refusals.get(step.id) ?? 0
      refusals.set(step.id, failed + 1)
      if (failed < (fault?.undoFailures ?? 0)) throw new Error(`undo of ${step.id} fails`)
      assertTaken(await cluster.undo(undoWrite(order, step)))
      diary.push(`undone ${step.id}`)
    },
    stuck: async (step, why) => {
      diary.push(`stuck ${step.id}: ${why}`)
    },
  }
}

const act = async (cluster: SubCluster, order: RolloutOrder, step: Step): Promise<void> => {
  if (step.kind === 'apply') return assertTaken(await cluster.applyGroup(applyWrite(order, step)))
  if (step.kind === 'register') return assertTaken(await cluster.setRegistrationTarget(registerWrite(order, step)))
  const progress = reached(step, await cluster.readGroup(step.group))
  if (!progress.done) throw new Error(progress.detail)
}

const assertTaken = (outcome: WriteOutcome): void => {
  if (outcome.kind === 'refused') throw new Error(`${outcome.code}: ${outcome.detail}`)
}
