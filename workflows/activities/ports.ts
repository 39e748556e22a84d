/** What the activities need from the outside world. */
import type { Appender, Clock, Placer, SubCluster, WorldClock } from '../../core/ports.ts'
import type { SubClusterId } from '../../core/ids.ts'
import type { EffectGate } from '../../core/rollout/effect-gate.ts'
import type { SettlementTeller } from '../../core/rollout/submission.ts'

export type RolloutPorts = {
  readonly subClusters: ReadonlyMap<SubClusterId, SubCluster>
  readonly appender: Appender
  readonly teller: SettlementTeller
  readonly clock: WorldClock
  readonly gate: EffectGate
}

export type CellPorts = { readonly placer: Placer; readonly clock: Clock; readonly gate: EffectGate }
