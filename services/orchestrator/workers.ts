/** Everything of this process that talks to Temporal: a client to submit with, and the workers. */
import { connectClient, connectWorkers } from '../../adapters/temporal/connection.ts'
import type { TemporalServer } from '../../adapters/temporal/connection.ts'
import { createIntentSubmitter, createSettlementTeller } from '../../adapters/temporal/submitter.ts'
import { startRolloutWorker } from '../../adapters/temporal/worker.ts'
import type { Appender, Logger, SubCluster, WorldClock } from '../../core/ports.ts'
import type { SubClusterId } from '../../core/ids.ts'
import type { EffectGate } from '../../core/rollout/effect-gate.ts'
import { createActivities, createCellActivities } from '../../workflows/activities/index.ts'
import { rolloutsTaskQueue } from '../../workflows/messages.ts'
import type { CellOwner } from './cell-owner.ts'
import { createCellWorkers } from './cell-workers.ts'
import type { CellWorkers } from './cell-workers.ts'
import { countRollouts, timeActivities } from './meters.ts'
import type { OrchestratorMeters } from './meters.ts'

export type WorkersOptions = {
  readonly server: TemporalServer
  readonly intentsPerRun: number
  readonly subClusters: ReadonlyMap<SubClusterId, SubCluster>
  readonly appender: Appender
  /** Rollouts are served before it is there, cells as soon as it owns them. */
  readonly owner: Promise<CellOwner>
  readonly gate: EffectGate
  readonly clock: WorldClock
  readonly meters: OrchestratorMeters
  readonly log: Logger
}

export type Workers = Awaited<ReturnType<typeof startWorkers>>

/** Resolves when rollouts are served and the owner is there; cells follow their ownership from then on. */
export const startWorkers = async (options: WorkersOptions) => {
  const { server, subClusters, owner, gate, clock, meters, log, intentsPerRun } = options
  const { client, close } = await connectClient(server)
  const connection = await connectWorkers(server)
  const place = { connection, namespace: server.namespace }
  const appender = countRollouts(options.appender, meters)
  const activities = createActivities({ subClusters, appender, teller: createSettlementTeller(client), clock, gate })
  const serveRollouts = () => startRolloutWorker({ ...place, activities: timeActivities(activities, meters, clock) })
  const serveCells = ({ placer, onOwnership }: CellOwner): CellWorkers => {
    const cells = createCellWorkers({ ...place, activities: timeActivities(createCellActivities({ placer, clock, gate }), meters, clock) }, log)
    onOwnership((owned) => void cells.serve(owned))
    return cells
  }
  const [rollouts, cells] = await Promise.all([serveRollouts(), owner.then(serveCells)])
  return {
    client,
    cells,
    submitter: createIntentSubmitter({ client, taskQueue: rolloutsTaskQueue, intentsPerRun, clock }),
    died: Promise.race([rollouts.died, cells.died]),
    stop: async () => {
      await Promise.all([rollouts.stop(), cells.stop()])
      await connection.close()
      await close()
    },
  }
}
