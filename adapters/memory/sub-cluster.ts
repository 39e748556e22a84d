/**
 * A sub-cluster inside this process: the twin of the port for tests and simulations. It runs the same fleet code as
 * the emulator, without engines; whoever holds it decides when instances become ready and which call fails.
 */
import type { NodeObservation } from '../../core/events/observed.ts'
import type { SubClusterId } from '../../core/ids.ts'
import type { ApplyGroup, GroupStatus, PortError, SubCluster, WriteOutcome } from '../../core/ports.ts'
import { portError } from '../../core/port-error.ts'
import type { Role } from '../../core/roles.ts'
import type { FleetChange } from '../../core/rollout/fleet-change.ts'
import { createFleet, dropMember, groupStatus, observeNodes, reconcile, schedule, setGate, setPhase, setSchedulable, type Fleet, type FleetStep } from '../../core/rollout/fleet.ts'
import { adoptServingGroup, writeToFleet, type FleetWrite } from '../../core/rollout/fleet-write.ts'
import type { GroupObject } from '../../core/rollout/group-object.ts'
import { planRegistration } from '../../core/rollout/registration.ts'
import type { EpochMs } from '../../core/units.ts'

export type SubClusterMethod = 'listNodes' | 'listGroups' | 'readGroup' | 'applyGroup' | 'setRegistrationTarget' | 'undo' | 'setRegistered'

/** What a test does to the sub-cluster. */
export type SubClusterControls = {
  /** The instance finished its start-up; it needs a node for that. */
  makeReady(instance: string): void
  /** From now on every scheduled instance is ready at once, those that wait included. */
  autoReady(enabled: boolean): void
  /** Instances of the role stay in start-up for ever, whatever `autoReady` says. */
  neverReady(role: Role, never?: boolean): void
  /** From now on a registrar sits beside the sub-cluster and follows every change at once. */
  autoRegister(enabled: boolean): void
  /** The next call of `method` throws, before or after its effect. */
  failNext(method: SubClusterMethod, when: 'before' | 'after', error?: PortError): void
  /** The node and its instances are lost; the instances are replaced elsewhere. */
  loseNode(node: string): void
  /** Puts a group there that no rollout wrote, ready and registered as its target says. */
  adopt(object: Omit<GroupObject, 'uid' | 'resourceVersion'>): void
  /** Everything that happened so far. */
  changes(): readonly FleetChange[]
}

export type MemorySubClusterOptions = {
  readonly name: SubClusterId
  readonly nodes: readonly NodeObservation[]
  readonly now: () => EpochMs
}

export const createMemorySubCluster = ({ name, nodes, now }: MemorySubClusterOptions): SubCluster & SubClusterControls => {
  const place = createPlace(createFleet(nodes), now)
  const failures = createFailures(name)
  const write = async (order: FleetWrite): Promise<WriteOutcome> => failures.around(order.method, () => place.write(order))
  return {
    name,
    listNodes: async () => failures.around('listNodes', () => observeNodes(place.fleet())),
    listGroups: async () => failures.around('listGroups', () => ({ complete: true, groups: allGroups(place.fleet()) })),
    readGroup: async (group) => failures.around('readGroup', () => groupStatus(place.fleet(), group)),
    applyGroup: async (order: ApplyGroup) => write({ method: 'applyGroup', write: order }),
    setRegistrationTarget: async (order) => write({ method: 'setRegistrationTarget', write: order }),
    undo: async (order) => write({ method: 'undo', write: order }),
    setRegistered: async (gate) =>
      failures.around('setRegistered', () => {
        const step = setGate(place.fleet(), gate, now())
        if (step === null) throw portError('not-found', `E_NOT_FOUND ${name}: no instance ${gate.instance} in ${gate.group}; the gate is unchanged`)
        place.take(step)
      }),
    failNext: failures.next,
    ...createControls(place, now),
  }
}

const allGroups = (fleet: Fleet): readonly GroupStatus[] =>
  [...fleet.store.groups.keys()].map((group) => groupStatus(fleet, group)).filter((status) => status !== null)

/** The mutable centre: one fleet, its log, and what happens by itself after each change. */
const createPlace = (initial: Fleet, now: () => EpochMs) => {
  let fleet = initial
  const log: FleetChange[] = []
  const automatic = { ready: false, register: false, never: new Set<Role>() }
  const record = (step: FleetStep): void => {
    fleet = step.fleet
    log.push(...step.changes)
  }
  const makeReady = (instance: string): void => {
    if (fleet.members.get(instance)?.phase === 'starting') record(setPhase(fleet, instance, { phase: 'ready', at: now(), by: 'started' }))
  }
  const makeAllReady = (): void => {
    for (const { role, instance } of fleet.members.values()) if (!automatic.never.has(role)) makeReady(instance)
  }
  const openGates = (group: GroupStatus): void => {
    for (const gate of planRegistration(group)) record(setGate(fleet, { group: group.group, ...gate }, now()) ?? { fleet, changes: [] })
  }
  const settle = (): void => {
    for (const { phase, instance } of fleet.members.values()) {
      if (phase === 'terminating' || phase === 'failed') record(dropMember(fleet, instance, now()))
    }
    record(schedule(fleet, now()))
    if (automatic.ready) makeAllReady()
    if (automatic.register) for (const group of allGroups(fleet)) openGates(group)
  }
  const take = (step: FleetStep): void => {
    record(step)
    settle()
  }
  const write = (order: FleetWrite): WriteOutcome => {
    const step = writeToFleet(fleet, order, now())
    take(step)
    return step.outcome
  }
  return { fleet: () => fleet, log, automatic, record, settle, take, write, makeReady, makeAllReady, openGates }
}

type Place = ReturnType<typeof createPlace>

const createControls = (place: Place, now: () => EpochMs): Omit<SubClusterControls, 'failNext'> => {
  const { automatic, record, settle } = place
  return {
    makeReady: (instance) => {
      place.makeReady(instance)
      settle()
    },
    autoReady: (enabled) => {
      automatic.ready = enabled
      settle()
    },
    autoRegister: (enabled) => {
      automatic.register = enabled
      settle()
    },
    neverReady: (role, never = true) => {
      if (never) automatic.never.add(role)
      else automatic.never.delete(role)
      settle()
    },
    loseNode: (node) => {
      record({ fleet: setSchedulable(place.fleet(), node, false), changes: [] })
      const lost = [...place.fleet().members.values()].filter((member) => member.node === node)
      const cause = { at: now(), by: `node ${node} lost` }
      for (const { instance } of lost) record(setPhase(place.fleet(), instance, { phase: 'failed', ...cause }))
      for (const { group } of lost) record(reconcile(place.fleet(), group, cause))
      settle()
    },
    adopt: (object) => {
      record(adoptServingGroup(place.fleet(), object, now()))
      record(schedule(place.fleet(), now()))
      place.makeAllReady()
      const status = groupStatus(place.fleet(), object.group)
      if (status !== null) place.openGates(status)
    },
    changes: () => place.log,
  }
}

/** Errors that wait for the next call of a method. */
const createFailures = (name: SubClusterId) => {
  const waiting = new Map<SubClusterMethod, { readonly when: 'before' | 'after'; readonly error: PortError }[]>()
  const next: SubClusterControls['failNext'] = (method, when, error) => {
    const unavailable = portError('unavailable', `E_UNAVAILABLE ${name}.${method}: planned failure ${when} the effect; read before you go on`)
    waiting.set(method, [...(waiting.get(method) ?? []), { when, error: error ?? unavailable }])
  }
  const around = <T>(method: SubClusterMethod, effect: () => T): T => {
    const failure = waiting.get(method)?.shift()
    if (failure?.when === 'before') throw failure.error
    const answer = effect()
    if (failure !== undefined) throw failure.error
    return answer
  }
  return { next, around }
}
