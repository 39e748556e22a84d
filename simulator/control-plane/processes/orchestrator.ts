/** The production orchestrator in a simulated process: intents, rollouts, and the cells that it owns. */
import type { CellId, SubClusterId } from '../../../core/ids.ts'
import type { Appender, EventLog, Placer, SubCluster, WorldClock } from '../../../core/ports.ts'
import { cellTaskQueue } from '../../../core/ids.ts'
import type { EffectGate } from '../../../core/rollout/effect-gate.ts'
import type { SettlementTeller } from '../../../core/rollout/submission.ts'
import { followControls } from '../../../services/controls.ts'
import { createCellOwner, type CellOwner } from '../../../services/orchestrator/cell-owner.ts'
import { createEffectGate } from '../../../services/orchestrator/effect-gate.ts'
import { consumeIntents } from '../../../services/orchestrator/intents.ts'
import { createOrchestratorMeters } from '../../../services/orchestrator/meters.ts'
import { createActivities, createCellActivities } from '../../../workflows/activities/index.ts'
import * as workflows from '../../../workflows/index.ts'
import type { SimProcess } from '../process.ts'
import type { ActivityRun } from '../temporal/activity-run.ts'
import { createSubmitter, createTeller } from '../temporal/client.ts'
import { rolloutsQueue, type ActivityCode, type WorkflowCode } from '../temporal/host.ts'
import type { TemporalServer } from '../temporal/server.ts'
import { silentMetrics } from './silent-metrics.ts'
import type { Boot } from './supervisor.ts'

export const intentsGroup = 'heteroscale-orchestrator'
const cellsGroup = 'heteroscale-placer'
/** Few, so that workflows continue as new within an hour. */
const intentsPerRun = 8
const maxInventoryAgeMs = 300_000

export type OrchestratorParts = {
  readonly server: TemporalServer
  readonly eventLogOf: (process: SimProcess) => EventLog
  readonly subClustersOf: (process: SimProcess) => ReadonlyMap<SubClusterId, SubCluster>
  readonly cells: readonly CellId[]
}

export const bootOrchestrator =
  (parts: OrchestratorParts): Boot =>
  async (process) => {
    const { server, cells } = parts
    const { clock, log, timers } = process
    const eventLog = parts.eventLogOf(process)
    const appender = await eventLog.appender()
    const controls = await followControls(eventLog, { timers })
    const gate = createEffectGate({ controls, clock })
    const owner = await createCellOwner({ group: cellsGroup, eventLog, clock, log, cells, maxInventoryAgeMs, timers })
    const teller = createTeller({ server, process })
    const ports: Ports = { subClusters: parts.subClustersOf(process), appender, teller, gate, clock }
    registerRollouts(server, process, ports)
    serveCells({ server, process, owner }, ports)
    const submitter = createSubmitter({ server, process, intentsPerRun })
    const meters = createOrchestratorMeters(silentMetrics)
    const intents = await consumeIntents({ group: intentsGroup, eventLog, appender, submitter, clock, log, meters })
    return { died: Promise.race([owner.died, intents.died, controls.died]) }
  }

type Ports = {
  readonly subClusters: ReadonlyMap<SubClusterId, SubCluster>
  readonly appender: Appender
  readonly teller: SettlementTeller
  readonly gate: EffectGate
  readonly clock: WorldClock
}

const registerRollouts = (server: TemporalServer, process: SimProcess, ports: Ports): void =>
  server.register({
    process,
    taskQueue: rolloutsQueue,
    workflows: workflows as unknown as WorkflowCode,
    activitiesOf: (run) => createActivities(portsOf(run, ports)) as unknown as ActivityCode,
    cache: new Map(),
  })

type CellServing = { readonly server: TemporalServer; readonly process: SimProcess; readonly owner: CellOwner }

/** As services/orchestrator/cell-workers.ts: a worker per owned cell. */
const serveCells = ({ server, process, owner }: CellServing, { gate, clock }: Ports): void => {
  let served: readonly CellId[] = []
  owner.onOwnership((owned) => {
    for (const cell of served.filter((one) => !owned.includes(one))) server.unregister(process, cellTaskQueue(cell))
    for (const cell of owned.filter((one) => !served.includes(one))) {
      const activitiesOf = (run: ActivityRun) => createCellActivities({ placer: hearPlacer(run, owner.placer), gate: hearGate(run, gate), clock }) as unknown as ActivityCode
      server.register({ process, taskQueue: cellTaskQueue(cell), workflows: null, activitiesOf, cache: new Map() })
    }
    served = owned
  })
}

// ── Ports as one attempt of an activity hears them ─────────────────────────────────────────────────────────────────

const portsOf = (run: ActivityRun, { subClusters, appender, teller, gate, clock }: Ports) => ({
  subClusters: new Map([...subClusters].map(([name, subCluster]) => [name, hearSubCluster(run, subCluster)])),
  appender: { append: (records: Parameters<Appender['append']>[0]) => run.hear(appender.append(records)), close: () => appender.close() },
  teller: { tell: (settlement: Parameters<SettlementTeller['tell']>[0]) => run.hear(teller.tell(settlement)) },
  gate: hearGate(run, gate),
  clock,
})

const hearGate = (run: ActivityRun, gate: EffectGate): EffectGate => ({ stopFor: (service) => run.hear(gate.stopFor(service)) })

const hearPlacer = (run: ActivityRun, placer: Placer): Placer => ({
  place: (request) => run.hear(placer.place(request)),
  release: (released) => run.hear(placer.release(released)),
})

const hearSubCluster = (run: ActivityRun, it: SubCluster): SubCluster => ({
  name: it.name,
  listNodes: () => run.hear(it.listNodes()),
  listGroups: () => run.hear(it.listGroups()),
  readGroup: (group) => run.hear(it.readGroup(group)),
  applyGroup: (write) => run.hear(it.applyGroup(write)),
  setRegistrationTarget: (write) => run.hear(it.setRegistrationTarget(write)),
  undo: (write) => run.hear(it.undo(write)),
  setRegistered: (gate) => run.hear(it.setRegistered(gate)),
})
