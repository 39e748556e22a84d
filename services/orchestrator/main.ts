/** Orchestrator: brings intents to Temporal, runs the rollouts' workers, and schedules the cells that it owns. */
import { createEmulatorSubCluster } from '../../adapters/emulator/sub-cluster.ts'
import { installTemporalRuntime } from '../../adapters/temporal/runtime.ts'
import { followControls } from '../controls.ts'
import { runService } from '../run.ts'
import type { RunningService, ServiceContext } from '../run.ts'
import { createCellOwner } from './cell-owner.ts'
import { consumerGroups } from './consumer-groups.ts'
import { createEffectGate } from './effect-gate.ts'
import { consumeIntents } from './intents.ts'
import { createOrchestratorMeters } from './meters.ts'
import { watchOpenRollouts } from './open-rollouts.ts'
import { orchestratorShape } from './settings.ts'
import type { OrchestratorConfig } from './settings.ts'
import { temporalServer } from '../temporal-server.ts'
import { startWorkers } from './workers.ts'

const start = async (context: ServiceContext<OrchestratorConfig>): Promise<RunningService> => {
  const { config, clock, log, metrics } = context
  installTemporalRuntime(log)
  const eventLog = await context.eventLog()
  const meters = createOrchestratorMeters(metrics)
  const appender = await eventLog.appender()
  const controls = await followControls(eventLog)
  const gate = createEffectGate({ controls, clock })
  const groups = consumerGroups(config.HETEROSCALE_TOPIC_PREFIX)
  const cells = config.HETEROSCALE_CELLS
  const maxInventoryAgeMs = config.HETEROSCALE_INVENTORY_MAX_AGE_MS
  // Joining waits until the session of a killed process has ended (6 s); rollouts under way need not wait for that.
  const joining = createCellOwner({ group: groups.cells, eventLog, clock, log, cells, maxInventoryAgeMs, metrics })
  const starting = startWorkers({
    server: temporalServer(config),
    intentsPerRun: config.HETEROSCALE_INTENTS_PER_RUN,
    subClusters: new Map(config.HETEROSCALE_SUB_CLUSTERS.map((target) => [target.name, createEmulatorSubCluster(target)])),
    ...{ appender, owner: joining, gate, clock, meters, log },
  })
  const [owner, workers] = await Promise.all([joining, starting])
  const intents = await consumeIntents({ group: groups.intents, eventLog, appender, submitter: workers.submitter, clock, log, meters })
  const openRollouts = watchOpenRollouts(workers.client, meters, log)
  return {
    ready: () => owner.ownedCells().every((cell) => workers.cells.serves().includes(cell)),
    died: Promise.race([owner.died, workers.died, intents.died, controls.died]),
    stop: async () => {
      openRollouts.stop()
      await intents.close()
      await workers.stop()
      await owner.close()
      await controls.close()
      await appender.close()
    },
  }
}

await runService({ name: 'orchestrator', config: orchestratorShape, start })
