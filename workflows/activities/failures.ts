/** Turns what a port answered into what Temporal should do next: try again, or fail the step at once. */
import { ApplicationFailure } from '@temporalio/activity'
import { isPortError } from '../../core/port-error.ts'
import { haltedType, showStop } from '../../core/rollout/effect-gate.ts'
import type { EffectGate } from '../../core/rollout/effect-gate.ts'
import type { SubCluster, WriteOutcome } from '../../core/ports.ts'
import type { ServiceId, SubClusterId } from '../../core/ids.ts'

export type Written = Extract<WriteOutcome, { kind: 'written' | 'already-written' }>

/** A refused write fails the step at once: asking again the same way would be refused again. */
export const acceptedWrite = (outcome: WriteOutcome): Written => {
  if (outcome.kind !== 'refused') return outcome
  throw ApplicationFailure.nonRetryable(`${outcome.code} sub-cluster: ${outcome.detail}`, outcome.code)
}

/** Runs a call of a port. `unavailable` and `timeout` are tried again, anything else of a port is not. */
export const callPort = async <T>(call: () => Promise<T>): Promise<T> => {
  try {
    return await call()
  } catch (error) {
    if (!isPortError(error) || error.code === 'unavailable' || error.code === 'timeout') throw error
    throw ApplicationFailure.nonRetryable(error.message, error.code)
  }
}

export const subClusterNamed = (subClusters: ReadonlyMap<SubClusterId, SubCluster>, name: SubClusterId): SubCluster => {
  const found = subClusters.get(name)
  if (found !== undefined) return found
  const known = [...subClusters.keys()].join(', ')
  throw ApplicationFailure.nonRetryable(
    `SUB_CLUSTER_UNKNOWN orchestrator: ${name}; configured are ${known}; the step fails`,
    'SUB_CLUSTER_UNKNOWN',
  )
}

export const expired = (what: string, expiresAt: number, now: number): ApplicationFailure =>
  ApplicationFailure.nonRetryable(
    `INTENT_EXPIRED ${what}: it is ${now - expiresAt} ms past its expiry; nothing is begun any more`,
    'INTENT_EXPIRED',
  )

/** To be asked right before a forward write: between the answer and the write nothing else may wait. */
export const passGate = async (gate: EffectGate, service: ServiceId): Promise<void> => {
  const stop = await gate.stopFor(service)
  if (stop !== null) throw ApplicationFailure.nonRetryable(showStop(stop), haltedType)
}
