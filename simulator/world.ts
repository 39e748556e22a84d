/**
 * The world: sub-clusters, services and faults under one seeded clock that somebody else moves. `advance` walks in
 * steps of 100 ms of world time; engines keep exact times inside a step.
 */
import type { NodeObservation } from '../core/events/observed.ts'
import type { FleetChange } from '../core/rollout/fleet-change.ts'
import type { Fleet, Member } from '../core/rollout/fleet.ts'
import type { EpochMs } from '../core/units.ts'
import { createActivityMeter } from './activity.ts'
import { engineMetrics, nodeMetrics } from './engines/exposition.ts'
import { createFaultBoard, type PlantedFault, type WorldFault } from './faults.ts'
import { createRandom, type Random } from './prng.ts'
import { Serving, type PlacedMember, type ServiceOptions } from './serving.ts'
import { WorldSubCluster } from './sub-cluster.ts'

export type WorldOptions = {
  readonly seed: number
  readonly startMs: EpochMs
  readonly subClusters: readonly { readonly name: string; readonly nodes: readonly NodeObservation[] }[]
  readonly services: readonly ServiceOptions[]
  /** Stretches every start-up; 1 is about 26 s. */
  readonly startUpScale?: number
}

/** A line of the change log; `n` counts from 1 without gaps. */
export type WorldChange = { readonly n: number; readonly subCluster: string } & (FleetChange | FaultChange)
type FaultChange = { readonly kind: 'fault'; readonly time: EpochMs; readonly fault: string; readonly what: string; readonly detail: string }

const stepMs = 100

export class World {
  readonly random: Random
  readonly faults = createFaultBoard()
  readonly subClusters: ReadonlyMap<string, WorldSubCluster>
  readonly services: ReadonlyMap<string, Serving>
  readonly #log: WorldChange[] = []
  readonly #lostNodes = new Map<string, string>()
  readonly #activity = createActivityMeter()
  #followed: readonly Fleet[] = []
  #held = new Map<string, number>()
  #nowMs: EpochMs

  constructor(options: WorldOptions) {
    this.random = createRandom(options.seed)
    this.#nowMs = options.startMs
    const context = { faults: this.faults, random: this.random, at: options.startMs }
    this.services = new Map(options.services.map((service) => [service.service, new Serving(service, context)]))
    this.subClusters = new Map(options.subClusters.map(({ name, nodes }) => [name, new WorldSubCluster({
      name, nodes, random: this.random, faults: this.faults, startUpScale: options.startUpScale ?? 1,
      record: (change) => this.#record(name, change),
      isIdle: (instance) => [...this.services.values()].every((serving) => serving.isIdle(instance)),
    })]))
  }

  get now(): EpochMs {
    return this.#nowMs
  }

  /** Moves the world to `toMs`, in whole steps; a rest shorter than a step waits for the next call. */
  advance(toMs: EpochMs): void {
    while (this.#nowMs + stepMs <= toMs) this.#step(this.#nowMs + stepMs)
  }

  plantFault(fault: WorldFault): PlantedFault {
    const planted = this.faults.plant(fault, this.#nowMs)
    this.#recordFault(planted.id, 'planted', JSON.stringify(fault))
    return planted
  }

  /** False when there is no such fault. A lost node comes back. */
  liftFault(id: string): boolean {
    const lifted = this.faults.lift(id)
    if (lifted) this.#recordFault(id, 'lifted', '')
    return lifted
  }

  /** Lines of the change log with a number above `after`. */
  changes(after = 0): readonly WorldChange[] {
    return this.#log.slice(Math.max(0, after))
  }

  /** Prometheus page of an engine; null while the instance does not listen. */
  enginePage(instance: string): string | null {
    for (const { options, slot } of this.#servings()) {
      const found = slot(instance)
      if (found === undefined) continue
      const { engine } = found.seat
      return engineMetrics({ model: options.model, counters: engine.counters, gauges: engine.gauges() })
    }
    return null
  }

  /** DCGM page of a node; null when there is none of that name or it is lost. */
  nodePage(name: string): string | null {
    const node = this.#nodes().find((known) => known.node === name && known.schedulable)
    if (node === undefined) return null
    const pods = this.#members().filter(({ member }) => member.node === name)
    const busy = pods.flatMap(({ member }) => Array.from({ length: member.gpus }, () => this.#gpuOf(member)))
    const free = Array.from({ length: Math.max(0, node.gpus - busy.length) }, () => ({ pod: '', activity: 0, smShare: 0 }))
    return nodeMetrics({ node: name, gpuType: node.gpuType, gpus: [...busy, ...free] })
  }

  /** Prefill keeps most of the chip busy, decode waits for memory: shares of SMs as profilers show them. */
  #gpuOf(member: Member): { pod: string; activity: number; smShare: number } {
    return { pod: member.instance, activity: this.#activity.of(member.instance), smShare: member.role === 'prefill' ? 0.85 : 0.4 }
  }

  #step(at: EpochMs): void {
    this.#strikeNodes(at)
    for (const subCluster of this.subClusters.values()) subCluster.tick(at)
    this.#followFleets(at)
    for (const serving of this.services.values()) {
      serving.advance(at)
      serving.tally.held(this.#held.get(serving.options.service) ?? 0, at - this.#nowMs)
    }
    this.#nowMs = at
    this.#activity.sample(at, () => this.#running())
  }

  /** Engines follow the fleets only when one of those changed. */
  #followFleets(at: EpochMs): void {
    const fleets = [...this.subClusters.values()].map((subCluster) => subCluster.fleet)
    if (fleets.length === this.#followed.length && fleets.every((fleet, index) => fleet === this.#followed[index])) return
    this.#followed = fleets
    const members = this.#members()
    this.#held = new Map()
    for (const serving of this.services.values()) {
      const mine = members.filter(({ service }) => service === serving.options.service)
      this.#held.set(serving.options.service, mine.reduce((sum, { member }) => sum + (member.node === null ? 0 : member.gpus), 0))
      serving.follow(mine, at)
    }
  }

  /** Of every service, also of an instance whose group is deleted and that still finishes its requests. */
  #members(): readonly (PlacedMember & { readonly service: string })[] {
    const nodes = new Map(this.#nodes().map((node) => [node.node, node]))
    return [...this.subClusters.values()].flatMap(({ fleet }) =>
      [...fleet.members.values()].map((member) => ({ member, service: member.service, node: nodes.get(member.node ?? '') ?? null })),
    )
  }

  #strikeNodes(at: EpochMs): void {
    const active = this.faults.activeNodeLosses(at)
    for (const fault of active) if (!this.#lostNodes.has(fault.id)) this.#loseNode(fault, at)
    for (const [id, node] of this.#lostNodes) {
      if (active.some((fault) => fault.id === id)) continue
      this.#lostNodes.delete(id)
      for (const subCluster of this.subClusters.values()) subCluster.restoreNode(node)
      this.#recordFault(id, 'node restored', node)
    }
  }

  #loseNode(fault: PlantedFault, at: EpochMs): void {
    const hit = this.#members().find(({ member, service }) => member.node !== null && (fault.service ?? service) === service && (fault.group ?? member.group) === member.group)
    const node = fault.node ?? hit?.member.node ?? null
    if (node === null) return
    this.#lostNodes.set(fault.id, node)
    this.#recordFault(fault.id, 'node lost', node)
    for (const subCluster of this.subClusters.values()) subCluster.loseNode(node, at)
  }

  #nodes(): readonly NodeObservation[] {
    return [...this.subClusters.values()].flatMap((subCluster) => subCluster.nodes())
  }

  #servings() {
    return [...this.services.values()].map((serving) => ({ options: serving.options, slot: (instance: string) => serving.slot(instance) }))
  }

  #running() {
    return [...this.services.values()].flatMap((serving) => serving.running())
  }

  #record(subCluster: string, change: FleetChange): void {
    this.#log.push({ n: this.#log.length + 1, subCluster, ...change })
  }

  #recordFault(fault: string, what: string, detail: string): void {
    this.#log.push({ n: this.#log.length + 1, subCluster: '', kind: 'fault', time: this.#nowMs, fault, what, detail })
  }
}
