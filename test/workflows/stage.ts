/**
 * A small world around a real Temporal server: workflows, activities and workers as in production; sub-cluster, placer
 * and log are the twins in memory, so a story decides what fails. One stage has its own service, cell and task queue.
 */
import '../support/quiet-temporal.ts'
import { WorkflowContinuedAsNewError } from '@temporalio/client'
import { createWorldClock, wallTime } from '../../adapters/clock/world-clock.ts'
import { createMemoryBroker } from '../../adapters/memory/event-log.ts'
import { createMemoryPlacer } from '../../adapters/memory/placer.ts'
import { createMemorySubCluster } from '../../adapters/memory/sub-cluster.ts'
import { connectClient, connectWorkers } from '../../adapters/temporal/connection.ts'
import type { TemporalClient } from '../../adapters/temporal/connection.ts'
import { createIntentSubmitter, createSettlementTeller } from '../../adapters/temporal/submitter.ts'
import { startCellWorker, startRolloutWorker } from '../../adapters/temporal/worker.ts'
import { controlKey, scopeOf } from '../../core/controls/controls.ts'
import type { ControlSet } from '../../core/events/control.ts'
import type { ScaleIntentEmitted } from '../../core/events/decided.ts'
import type { PlacementRequest } from '../../core/events/placed.ts'
import type { RolloutReported } from '../../core/events/input.ts'
import { portError } from '../../core/port-error.ts'
import type { GroupStatus } from '../../core/ports.ts'
import { rolloutWorkflowId, serviceWorkflowId } from '../../core/ids.ts'
import type { IntentQueue } from '../../core/rollout/intent-queue.ts'
import { followControls } from '../../services/controls.ts'
import { createEffectGate } from '../../services/orchestrator/effect-gate.ts'
import { serviceState } from '../../workflows/messages.ts'
import { createActivities, createCellActivities } from '../../workflows/activities/index.ts'
import { counts, intentOf, nodesOf } from '../core/rollout/orders.ts'
import { readReports } from './reports.ts'
import type { Reports } from './reports.ts'

export type StageOptions = {
  readonly address: string
  /** Part of every name of the stage; unique on its server. */
  readonly name: string
  /** Nodes of 8 GPUs below each S2 switch; an instance takes one node. Default: one switch with 24. */
  readonly nodesPerSwitch?: readonly number[]
  readonly intentsPerRun?: number
}

export type Stage = Awaited<ReturnType<typeof openStage>>

export const openStage = async ({ address, name, nodesPerSwitch = [24], intentsPerRun }: StageOptions) => {
  const service = `chat-${name}`
  const cell = `cell-${name}`
  const taskQueue = `rollouts-${name}`
  const clock = createWorldClock(wallTime)
  const nodes = nodesPerSwitch.flatMap((count, at) => nodesOf(count).map((node) => ({ ...node, node: `${node.node}-${at}`, s2: `s2-${at}` })))
  const cluster = createMemorySubCluster({ name: 'sub-a', nodes, now: clock.now })
  const placer = createMemoryPlacer({ cell, now: clock.now })
  const placed: PlacementRequest[] = []
  const watched = { ...placer, place: async (request: PlacementRequest) => watch(placed, request, await placer.place(request)) }
  const broker = createMemoryBroker()
  const log = broker.eventLog()
  const controls = await followControls(log)
  let areControlsReadable = true
  const readControls = (): ReturnType<typeof controls.read> =>
    areControlsReadable ? controls.read() : Promise.reject(portError('timeout', 'E_CONTROLS_UNREADABLE controls: planned'))
  const gate = createEffectGate({ controls: { read: readControls }, clock })
  const reports = await readReports(log)
  const server = { address, namespace: 'default', tls: null }
  const { client, close } = await connectClient(server)
  const connection = await connectWorkers(server)
  const ports = { subClusters: new Map([[cluster.name, cluster]]), appender: await log.appender(), teller: createSettlementTeller(client), clock, gate }
  const place = { connection, namespace: server.namespace }
  const workers = [
    await startRolloutWorker({ ...place, taskQueue, activities: createActivities(ports) }),
    await startCellWorker({ ...place, cell, activities: createCellActivities({ placer: watched, clock, gate }) }),
  ]
  cluster.autoReady(true)
  cluster.autoRegister(true)
  const submitter = createIntentSubmitter({ client, taskQueue, clock, placeMarginMs: 500, ...(intentsPerRun === undefined ? {} : { intentsPerRun }) })

  /** What the collector would write: the placer sees the sub-cluster as it stands now. */
  const observe = async (): Promise<void> => {
    const { groups } = await cluster.listGroups()
    for (const s2 of new Set(nodes.map((node) => node.s2))) {
      const below = (await cluster.listNodes()).filter((node) => node.s2 === s2)
      const own = groups.filter((group) => `${group.domain}/`.includes(`/${s2}/`)).map(placedGroup)
      placer.observe({ type: 'InventoryObserved', cell, subCluster: cluster.name, s2, observedAt: clock.now(), nodes: below, groups: own })
    }
  }
  await observe()

  return {
    service,
    client,
    cluster,
    placer,
    submitter,
    broker,
    observe,
    reports,
    now: clock.now,
    /** An operator's order about the service of this stage; resolves when it is in the log. */
    order: async (value: ControlSet['value'], changes: Partial<ControlSet> = {}): Promise<void> => {
      const event = { ...orderOf(service, clock.now()), value, ...changes }
      await ports.appender.append([{ topic: 'controls', key: controlKey(event), event }])
    },
    controlsReadable: (readable: boolean) => void (areControlsReadable = readable),
    intent: (changes: Partial<ScaleIntentEmitted>): ScaleIntentEmitted => {
      const sequence = changes.sequence ?? 1
      const now = clock.now()
      const own = { service, cell, sequence, intentId: `i-${name}-${sequence}`, decisionId: `${name}-${sequence}`, emittedAt: now, expiresAt: now + 300_000 }
      return intentOf({ requirements: oneNodeEach, target: counts(2, 4), ...own, ...changes })
    },
    rollout: (intent: ScaleIntentEmitted, group: string) => client.workflow.getHandle(rolloutWorkflowId(service, intent.intentId, group)),
    /** Resolves when the cell has taken back what it may have reserved for the intent. */
    withdrawn: (intent: ScaleIntentEmitted): Promise<void> => client.workflow.getHandle(`withdrawal/${service}/${intent.intentId}`).result(),
    openReservations: () => [...placer.state().reservations.values()].filter(({ released }) => released === null),
    /** Requests that the placer answered, oldest first. */
    placed: () => placed,
    completed: (sequence: number) => reports.first((report) => report.sequence === sequence && report.outcome === 'completed'),
    settledAs: (state: 'stuck' | 'free') => settledAs(client, service, state),
    runsOfEntity: async () => (await client.workflow.count(`WorkflowId = '${serviceWorkflowId(service)}'`)).count,
    continuedAsNew: (runId: string) => continuedAsNew(client, serviceWorkflowId(service), runId),
    entity: () => client.workflow.getHandle(serviceWorkflowId(service)),
    close: async () => {
      await client.workflow.getHandle(serviceWorkflowId(service)).terminate('the story is over').catch(() => {})
      await Promise.all(workers.map((worker) => worker.stop()))
      await reports.close()
      await controls.close()
      await connection.close()
      await close()
      await log.close()
    },
  }
}

export const oneNodeEach = (['prefill', 'decode'] as const).map((role) => ({ role, gpusPerInstance: 8, gpuTypes: ['H100'] }))

const orderOf = (service: string, time: number): ControlSet => ({
  type: 'ControlSet',
  scope: scopeOf(service),
  control: 'mode',
  value: 'paused',
  prefill: null,
  decode: null,
  untilMs: null,
  author: 'ada',
  reason: 'a switch is being repaired',
  time,
})

const watch = <T>(placed: PlacementRequest[], request: PlacementRequest, answer: T): T => {
  placed.push(request)
  return answer
}

/** Queries, each of which takes a few milliseconds on the server, until the entity has heard of it. */
const settledAs = async (client: TemporalClient['client'], service: string, state: 'stuck' | 'free'): Promise<IntentQueue> => {
  for (;;) {
    const queue = await client.workflow.getHandle(serviceWorkflowId(service)).query(serviceState)
    if (queue.open.length === 0 && queue.stuck.length === (state === 'stuck' ? 1 : 0)) return queue
  }
}

/** Resolves when that run has ended in continue-as-new. */
const continuedAsNew = async (client: TemporalClient['client'], workflowId: string, runId: string): Promise<void> => {
  await client.workflow.getHandle(workflowId, runId, { followRuns: false }).result().catch((error: unknown) => {
    if (!(error instanceof WorkflowContinuedAsNewError)) throw error
  })
}

const placedGroup = (status: GroupStatus) => {
  const { group, service, uid, resourceVersion, sequence, domain, gpuTypes } = status
  return { group, service, uid, resourceVersion, sequence, counts: status.counts, gpuTypes, domain }
}

export type { Reports, RolloutReported }
