/** One history's world: the servers, the processes of the product, and the load on them. */
import type { CellId, SubClusterId } from '../../core/ids.ts'
import type { EventLog, OutRecord, SubCluster } from '../../core/ports.ts'
import { topicNames, type Topic } from '../../core/topics.ts'
import { ratioBandOf } from '../../core/service/specification.ts'
import { ApiServer, createSubClusterPort } from './cluster/api.ts'
import { recordCalls, type CallLine } from './cluster/calls.ts'
import { smallCluster } from './cluster/nodes.ts'
import { SimSubCluster } from './cluster/sub-cluster.ts'
import { Broker } from './kafka/broker.ts'
import { createEventLog } from './kafka/event-log.ts'
import { Group } from './kafka/group.ts'
import { bootDecider, deciderGroup } from './processes/decider.ts'
import { bootOrchestrator } from './processes/orchestrator.ts'
import { bootRegistrar } from './processes/registrar.ts'
import { Supervisor } from './processes/supervisor.ts'
import type { SimProcess } from './process.ts'
import type { Stage } from './stage.ts'
import type { Tempo } from './tempo.ts'
import { TemporalServer } from './temporal/server.ts'
import { runCollector } from './workload/collector.ts'
import { manifestText, type SimService } from './workload/services.ts'
import type { CommitLine } from './evidence.ts'

export type WorldOptions = {
  readonly stage: Stage
  readonly services: readonly SimService[]
  readonly cells: ReadonlyMap<SubClusterId, CellId>
  readonly partitions: number
  readonly nodesPerType: number
  readonly tempo: Tempo
  /** A planted bug of the tests. */
  readonly commitsFirst: boolean
}

/** A decider adopts what stands 10 s after it hears of a service; some rounds more for one that starts late. */
const settlingMs = 60_000

/** Hash of the deciding code: what a log is decided by, and what a process of another version says. */
export const presentCore = 'core-of-today'
export const formerCore = 'core-of-before'
export const nextCore = 'core-of-tomorrow'

export class World {
  readonly stage: Stage
  readonly services: readonly SimService[]
  readonly broker: Broker
  readonly temporal: TemporalServer
  readonly apis: ReadonlyMap<SubClusterId, ApiServer>
  readonly processes = new Map<string, Supervisor>()
  readonly commits: CommitLine[] = []
  /** What those who carry out rollouts asked of each sub-cluster. */
  readonly calls: ReadonlyMap<SubClusterId, CallLine[]>
  /** Of the deciders that start from now on. */
  coreHash = presentCore
  readonly #groups = new Map<string, Group>()
  readonly tempo: Tempo
  readonly #options: WorldOptions
  readonly #generations = new Map<string, number>()
  readonly #ordered: { readonly record: OutRecord; readonly onDone: () => void }[] = []
  #configuredMs = 0

  constructor(options: WorldOptions) {
    const { stage, cells, nodesPerType } = options
    this.#options = options
    this.stage = stage
    this.services = options.services
    this.tempo = options.tempo
    this.broker = new Broker(stage, options.partitions)
    this.temporal = new TemporalServer(stage)
    this.apis = new Map([...cells.keys()].map((name) => [name, new ApiServer(new SimSubCluster(stage, name, smallCluster(name, nodesPerType)))]))
    this.calls = new Map([...cells.keys()].map((name) => [name, []]))
    for (const service of options.services) this.#adopt(service)
    this.#addProcesses()
  }

  groupOf = (name: string, topic: Topic): Group => {
    const key = `${name}/${topic}`
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    const isDeciders = name === deciderGroup
    const onCommit = (partition: number, offset: number): void => {
      if (isDeciders) this.commits.push({ timeMs: this.stage.nowMs, partition, offset })
    }
    const group = new Group(this.broker, { topic, commitsFirst: isDeciders && this.#options.commitsFirst, onCommit })
    this.#groups.set(key, group)
    return group
  }

  eventLogOf = (process: SimProcess): EventLog => createEventLog(this.broker, this.groupOf, process)

  start(): void {
    for (const supervisor of this.processes.values()) this.stage.scheduler.after(this.stage.between(0, 1_000), () => supervisor.start())
    for (const service of this.services) this.stage.scheduler.after(this.stage.between(500, 5_000), () => this.configure(service))
  }

  /** A person's append through the API, repeated until it is in the log; nobody orders the next thing before that. */
  append(record: OutRecord, onDone: () => void = () => undefined): void {
    this.#ordered.push({ record, onDone })
    if (this.#ordered.length === 1) this.stage.scheduler.after(this.stage.between(1, 20), () => this.#appendOrdered())
  }

  #appendOrdered(): void {
    const { scheduler } = this.stage
    if (this.broker.isDown || this.broker.health.diskFullUntilMs > scheduler.nowMs) return void scheduler.after(3_000, () => this.#appendOrdered())
    for (const { record, onDone } of this.#ordered.splice(0)) {
      this.broker.write([record])
      onDone()
    }
  }

  configure(service: SimService, manifest = service.manifest): void {
    const generation = (this.#generations.get(service.name) ?? 0) + 1
    this.#configuredMs = this.stage.nowMs
    this.#generations.set(service.name, generation)
    this.append({
      topic: 'signals',
      key: service.name,
      event: { type: 'ServiceConfigured', service: service.name, generation, manifest: manifestText(manifest), author: 'user', time: this.stage.nowMs },
    })
  }

  /** Decode instances of a service that serve, in all its sub-clusters. */
  serving(service: string): number {
    let count = 0
    for (const { cluster } of this.apis.values()) count += cluster.serving().get(service) ?? 0
    return count
  }

  records(topic: Topic): readonly OutRecordRead[] {
    return Array.from({ length: this.broker.partitionCount(topic) }, (_, partition) => this.broker.records(topic, partition)).flat()
  }

  topics(): ReadonlyMap<Topic, readonly OutRecordRead[]> {
    return new Map(topicNames.map((topic) => [topic, this.records(topic)]))
  }

  #addProcesses(): void {
    const { cells } = this.#options
    for (const name of ['decider-a', 'decider-b'])
      this.#add(name, (process) => bootDecider({ eventLogOf: this.eventLogOf, coreHash: this.coreHash, tickMs: this.tempo.tickMs })(process))
    const subClustersOf = (process: SimProcess): ReadonlyMap<SubClusterId, SubCluster> =>
      new Map([...this.apis].map(([name, server]) => [name, recordCalls(createSubClusterPort(server, process), this.calls.get(name) ?? [], () => this.stage.nowMs)]))
    const orchestrator = { server: this.temporal, eventLogOf: this.eventLogOf, subClustersOf, cells: [...new Set(cells.values())] }
    for (const name of ['orchestrator-a', 'orchestrator-b']) this.#add(name, bootOrchestrator(orchestrator))
    for (const [name, server] of this.apis) {
      this.#add(`registrar-${name}`, bootRegistrar(server))
      this.#add(`collector-${name}`, (process) => this.#bootCollector(process, server, cells.get(name) ?? ''))
    }
  }

  #add(name: string, boot: ConstructorParameters<typeof Supervisor>[2]): void {
    this.processes.set(name, new Supervisor(this.stage, name, boot))
  }

  async #bootCollector(process: SimProcess, server: ApiServer, cell: CellId): Promise<object> {
    const appender = await this.eventLogOf(process).appender()
    const servingEverywhere = (service: string): number => this.serving(service)
    void runCollector({ process, subCluster: createSubClusterPort(server, process), cell, services: this.services, appender, servingEverywhere, clusterVersion: () => server.cluster.version, tempo: this.tempo, mustRestate: () => this.stage.nowMs < this.#configuredMs + settlingMs })
    return {}
  }

  /** A service that runs already when it is configured: each has an S2 domain of its cell for itself, so that all of it fits. */
  #adopt({ name, cell, start, manifest }: SimService): void {
    const domains = [...this.#options.cells].filter(([, its]) => its === cell).flatMap(([subCluster]) => ['s2-0', 's2-1'].map((s2) => ({ subCluster, s2 })))
    const before = this.services.filter((other) => other.cell === cell).findIndex((other) => other.name === name)
    const { subCluster, s2 } = domains[before % domains.length] ?? { subCluster: '', s2: '' }
    this.apis.get(subCluster)?.cluster.adopt({
      group: `${name}-0`, service: name, sequence: 0, intentId: '', decisionId: '',
      domain: `vdc-0/cluster-0/${subCluster}/${s2}`,
      counts: start, registrationTarget: start,
      gpuTypes: { prefill: 'H100', decode: 'H20' }, gpusPerInstance: { prefill: 4, decode: 4 },
      band: ratioBandOf(manifest.spec),
    })
  }
}

type OutRecordRead = ReturnType<Broker['records']>[number]
