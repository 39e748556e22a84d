/**
 * A sub-cluster without engines: the same fleet code as the emulator, start-ups that take time or never end, nodes that are
 * lost, and a log of every change.
 */
import type { NodeObservation } from '../../../core/events/observed.ts'
import type { GroupId, ServiceId } from '../../../core/ids.ts'
import type { GroupStatus, WriteOutcome } from '../../../core/ports.ts'
import type { FleetChange } from '../../../core/rollout/fleet-change.ts'
import { createFleet, dropMember, groupStatus, observeNodes, reconcile, schedule, setGate, setPhase, setSchedulable, type Fleet, type FleetStep, type Member } from '../../../core/rollout/fleet.ts'
import { adoptServingGroup, writeToFleet, type FleetWrite } from '../../../core/rollout/fleet-write.ts'
import { isServing } from '../../../core/rollout/group-instances.ts'
import type { GroupObject } from '../../../core/rollout/group-object.ts'
import { planRegistration } from '../../../core/rollout/registration.ts'
import type { EpochMs } from '../../../core/units.ts'
import type { Stage } from '../stage.ts'

const failedShownMs = 10_000

export class SimSubCluster {
  readonly name: string
  readonly changes: FleetChange[] = []
  /** New instances do not become ready, for ever, while this lies ahead. */
  neverReadyUntilMs: EpochMs = 0
  readonly #stage: Stage
  #fleet: Fleet
  /** Counts changes of the fleet, so that who looks again knows whether there is anything new. */
  version = 0
  #listed: { readonly version: number; readonly groups: readonly GroupStatus[] } | null = null
  #nodes: { readonly version: number; readonly nodes: readonly NodeObservation[] } | null = null
  #serving: { readonly version: number; readonly counts: ReadonlyMap<ServiceId, number> } | null = null
  readonly #watchers: (() => void)[] = []

  constructor(stage: Stage, name: string, nodes: readonly NodeObservation[]) {
    this.name = name
    this.#stage = stage
    this.#fleet = createFleet(nodes)
  }

  groups(): readonly GroupStatus[] {
    if (this.#listed?.version === this.version) return this.#listed.groups
    const groups = [...this.#fleet.store.groups.keys()].map((group) => groupStatus(this.#fleet, group)).filter((status) => status !== null)
    this.#listed = { version: this.version, groups }
    return groups
  }

  /** Decode instances that serve, by service. */
  serving(): ReadonlyMap<ServiceId, number> {
    if (this.#serving?.version === this.version) return this.#serving.counts
    const counts = new Map<ServiceId, number>()
    for (const { service, role, phase, registered } of this.#fleet.members.values()) {
      if (role === 'decode' && isServing({ phase, registered })) counts.set(service, (counts.get(service) ?? 0) + 1)
    }
    this.#serving = { version: this.version, counts }
    return counts
  }

  group(group: GroupId): GroupStatus | null {
    return this.groups().find((status) => status.group === group) ?? null
  }

  nodes(): readonly NodeObservation[] {
    if (this.#nodes?.version === this.version) return this.#nodes.nodes
    const nodes = observeNodes(this.#fleet)
    this.#nodes = { version: this.version, nodes }
    return nodes
  }

  write(order: FleetWrite): WriteOutcome {
    const step = writeToFleet(this.#fleet, order, this.#stage.nowMs)
    this.#take(step)
    return step.outcome
  }

  /** False when the group has no such instance. */
  setGate(gate: { readonly group: GroupId; readonly instance: string; readonly registered: boolean }): boolean {
    const step = setGate(this.#fleet, gate, this.#stage.nowMs)
    if (step !== null) this.#take(step)
    return step !== null
  }

  /** A group that serves already when the history begins. */
  adopt(object: Omit<GroupObject, 'uid' | 'resourceVersion'>): void {
    const at = this.#stage.nowMs
    this.#record(adoptServingGroup(this.#fleet, object, at))
    this.#record(schedule(this.#fleet, at))
    for (const member of this.#membersIn('starting')) this.#record(setPhase(this.#fleet, member.instance, { phase: 'ready', at, by: 'adopted' }))
    for (const gate of planRegistration(groupStatus(this.#fleet, object.group) as GroupStatus)) this.setGate({ group: object.group, ...gate })
  }

  /** The node goes dark; its instances fail and are replaced where there is room. Returns how many were lost. */
  loseNode(node: string): number {
    const cause = { at: this.#stage.nowMs, by: `node ${node} lost` }
    this.#fleet = setSchedulable(this.#fleet, node, false)
    const lost = [...this.#fleet.members.values()].filter((member) => member.node === node && member.phase !== 'failed')
    for (const { instance } of lost) this.#take(setPhase(this.#fleet, instance, { phase: 'failed', ...cause }))
    for (const group of new Set(lost.map((member) => member.group))) this.#take(reconcile(this.#fleet, group, cause))
    this.#changed()
    return lost.length
  }

  restoreNode(node: string): void {
    this.#fleet = setSchedulable(this.#fleet, node, true)
    this.#scheduleSoon()
    this.#changed()
  }

  /** A person repairs what never started: those instances fail and are replaced. */
  replaceUnstarted(olderThanMs: number): void {
    const at = this.#stage.nowMs
    for (const { instance, group, createdAt } of this.#membersIn('starting')) {
      if (at - createdAt < olderThanMs) continue
      this.#take(setPhase(this.#fleet, instance, { phase: 'failed', at, by: 'replaced by hand' }))
      this.#take(reconcile(this.#fleet, group, { at, by: 'replaced by hand' }))
    }
  }

  /** Calls back after every change. */
  watch(call: () => void): void {
    this.#watchers.push(call)
  }

  #membersIn(phase: Member['phase']): readonly Member[] {
    return [...this.#fleet.members.values()].filter((member) => member.phase === phase)
  }

  #record(step: FleetStep): void {
    this.#fleet = step.fleet
    this.version += 1
    this.changes.push(...step.changes)
  }

  #changed(): void {
    this.version += 1
    for (const call of this.#watchers) call()
  }

  #take(step: FleetStep): void {
    this.#record(step)
    for (const change of step.changes) {
      if (change.kind === 'phase') this.#plan(change.instance, change.phase)
    }
    this.#changed()
  }

  /** What time does next to an instance that reached a phase. */
  #plan(instance: string, phase: string): void {
    const { scheduler } = this.#stage
    if (phase === 'pending' || phase === 'gone') this.#scheduleSoon()
    if (phase === 'starting') this.#startUp(instance)
    if (phase === 'failed') scheduler.after(failedShownMs, () => this.#drop(instance))
    if (phase === 'terminating') scheduler.after(this.#stage.between(2_000, 30_000), () => this.#drop(instance))
  }

  #startUp(instance: string): void {
    if (this.neverReadyUntilMs > this.#stage.scheduler.nowMs) return this.#stage.hit('start-up-never-ends')
    this.#stage.scheduler.after(this.#stage.between(18_000, 60_000), () => {
      const member = this.#fleet.members.get(instance)
      if (member?.phase === 'starting') this.#take(setPhase(this.#fleet, instance, { phase: 'ready', at: this.#stage.nowMs, by: 'started' }))
    })
  }

  #drop(instance: string): void {
    this.#take(dropMember(this.#fleet, instance, this.#stage.nowMs))
  }

  #scheduleSoon(): void {
    this.#stage.scheduler.after(this.#stage.between(100, 1_000), () => {
      if (this.#membersIn('pending').length > 0) this.#take(schedule(this.#fleet, this.#stage.nowMs))
    })
  }
}
