/** One sub-cluster of the world: its fleet, and what time does to instances and nodes. */
import type { NodeObservation } from '../core/events/observed.ts'
import type { GroupId } from '../core/ids.ts'
import type { GroupStatus, WriteOutcome } from '../core/ports.ts'
import type { FleetChange } from '../core/rollout/fleet-change.ts'
import { createFleet, dropMember, groupStatus, observeNodes, reconcile, schedule, setGate, setPhase, setSchedulable, type Fleet, type FleetStep, type Member } from '../core/rollout/fleet.ts'
import { adoptServingGroup, writeToFleet, type FleetWrite } from '../core/rollout/fleet-write.ts'
import type { GroupObject } from '../core/rollout/group-object.ts'
import { planRegistration } from '../core/rollout/registration.ts'
import type { EpochMs } from '../core/units.ts'
import type { FaultBoard } from './faults.ts'
import type { Random } from './prng.ts'
import { startUpMs } from './start-up.ts'

/** A terminating instance may finish its requests for this long (Kubernetes' default grace). */
const graceMs = 30_000
/** A failed instance is shown for this long before its object is removed. */
const failedShownMs = 10_000

export type SubClusterOptions = {
  readonly name: string
  readonly nodes: readonly NodeObservation[]
  readonly random: Random
  readonly faults: FaultBoard
  readonly startUpScale: number
  readonly record: (change: FleetChange) => void
  /** The instance serves no request any more. */
  readonly isIdle: (instance: string) => boolean
}

export class WorldSubCluster {
  readonly name: string
  readonly #options: SubClusterOptions
  #fleet: Fleet
  /** When an instance reached its present phase, and its drawn start-up time. */
  readonly #since = new Map<string, EpochMs>()
  readonly #startUp = new Map<string, number>()

  constructor(options: SubClusterOptions) {
    this.name = options.name
    this.#options = options
    this.#fleet = createFleet(options.nodes)
  }

  get fleet(): Fleet {
    return this.#fleet
  }

  nodes(): readonly NodeObservation[] {
    return observeNodes(this.#fleet)
  }

  groups(): readonly GroupStatus[] {
    return [...this.#fleet.store.groups.keys()].map((group) => groupStatus(this.#fleet, group)).filter((status) => status !== null)
  }

  group(group: GroupId): GroupStatus | null {
    return groupStatus(this.#fleet, group)
  }

  write(order: FleetWrite, at: EpochMs): WriteOutcome {
    const step = writeToFleet(this.#fleet, order, at)
    this.#take(step, at)
    return step.outcome
  }

  /** False when the group has no such instance. */
  setGate(gate: { readonly group: GroupId; readonly instance: string; readonly registered: boolean }, at: EpochMs): boolean {
    const step = setGate(this.#fleet, gate, at)
    if (step !== null) this.#take(step, at)
    return step !== null
  }

  /** Puts a group there that serves already. */
  adopt(object: Omit<GroupObject, 'uid' | 'resourceVersion'>, at: EpochMs): void {
    this.#take(adoptServingGroup(this.#fleet, object, at), at)
    this.#take(schedule(this.#fleet, at), at)
    for (const member of this.#membersIn('starting')) this.#moveTo(member, { phase: 'ready', at, by: 'adopted' })
    const status = groupStatus(this.#fleet, object.group)
    for (const gate of status === null ? [] : planRegistration(status)) this.setGate({ group: object.group, ...gate }, at)
  }

  /** Moves every instance on whose time has come. */
  tick(at: EpochMs): void {
    if (this.#membersIn('pending').length > 0) this.#take(schedule(this.#fleet, at), at)
    for (const member of this.#membersIn('starting')) {
      if (at >= this.#readyAt(member, at)) this.#moveTo(member, { phase: 'ready', at, by: 'started' })
    }
    for (const member of this.#membersIn('terminating')) {
      if (this.#options.isIdle(member.instance) || this.#ageInPhase(member, at) >= graceMs) this.#drop(member, at)
    }
    for (const member of this.#membersIn('failed')) if (this.#ageInPhase(member, at) >= failedShownMs) this.#drop(member, at)
  }

  /** The node goes dark: its instances fail and are replaced where there is room. */
  loseNode(node: string, at: EpochMs): void {
    this.#fleet = setSchedulable(this.#fleet, node, false)
    const lost = [...this.#fleet.members.values()].filter((member) => member.node === node && member.phase !== 'failed')
    const cause = { at, by: `node ${node} lost` }
    for (const member of lost) this.#moveTo(member, { phase: 'failed', ...cause })
    for (const group of new Set(lost.map((member) => member.group))) this.#take(reconcile(this.#fleet, group, cause), at)
  }

  restoreNode(node: string): void {
    this.#fleet = setSchedulable(this.#fleet, node, true)
  }

  #readyAt(member: Member, at: EpochMs): EpochMs {
    const service = this.#fleet.store.groups.get(member.group)?.service ?? ''
    const durationMs = this.#startUp.get(member.instance) ?? 0
    return (this.#since.get(member.instance) ?? at) + durationMs * this.#options.faults.startUpFactor(member, service, at)
  }

  #membersIn(phase: Member['phase']): readonly Member[] {
    return [...this.#fleet.members.values()].filter((member) => member.phase === phase)
  }

  #ageInPhase(member: Member, at: EpochMs): number {
    return at - (this.#since.get(member.instance) ?? at)
  }

  #moveTo(member: Member, to: Parameters<typeof setPhase>[2]): void {
    this.#take(setPhase(this.#fleet, member.instance, to), to.at)
  }

  #drop(member: Member, at: EpochMs): void {
    this.#take(dropMember(this.#fleet, member.instance, at), at)
    this.#since.delete(member.instance)
    this.#startUp.delete(member.instance)
  }

  #take(step: FleetStep, at: EpochMs): void {
    this.#fleet = step.fleet
    for (const change of step.changes) {
      this.#options.record(change)
      if (change.kind === 'phase') this.#noteTimes(change.instance, change.phase, at)
    }
  }

  #noteTimes(instance: string, phase: string, at: EpochMs): void {
    this.#since.set(instance, at)
    if (phase === 'starting') {
      this.#startUp.set(instance, startUpMs(this.#options.random.fork(instance), this.#options.startUpScale))
    }
  }
}
