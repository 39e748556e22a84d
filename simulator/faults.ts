/** Faults of the world that a test or a demo plants: instances that do not start, engines that stall, nodes that die. */
import type { Member } from '../core/rollout/fleet.ts'
import type { Role } from '../core/roles.ts'
import type { EpochMs } from '../core/units.ts'

export const worldFaultKinds = ['decode-never-ready', 'prefill-never-ready', 'slow-start', 'prefill-stall', 'node-loss'] as const
export type WorldFaultKind = (typeof worldFaultKinds)[number]

export type WorldFault = {
  readonly kind: WorldFaultKind
  readonly service?: string | undefined
  readonly group?: string | undefined
  /** The node to lose; without it, the node of the first instance that matches. */
  readonly node?: string | undefined
  /** Strikes only this many rollouts (writes that create instances); without it, all of them while it stands. */
  readonly rollouts?: number | undefined
  /** Begins so long after it was planted. */
  readonly afterMs?: number | undefined
  /** Ends by itself so long after it began. */
  readonly durationMs?: number | undefined
  /** How many times slower; a `prefill-stall` without it hangs, a `slow-start` without it takes 5 times as long. */
  readonly factor?: number | undefined
}

export type PlantedFault = WorldFault & { readonly id: string; readonly startsAt: EpochMs; readonly endsAt: EpochMs | null; readonly struck: readonly string[] }

export type FaultBoard = {
  plant(fault: WorldFault, at: EpochMs): PlantedFault
  /** False when there is no such fault. */
  lift(id: string): boolean
  list(): readonly PlantedFault[]
  /** Factor on the start-up time of a new instance; Infinity while it must not become ready. */
  startUpFactor(member: Member, service: string, at: EpochMs): number
  /** Factor on the batches of a prefill engine; Infinity while it hangs. Instances younger than the fault are healthy. */
  prefillSlowdown(member: Member, service: string, at: EpochMs): number
  activeNodeLosses(at: EpochMs): readonly PlantedFault[]
}

type Planted = PlantedFault & { readonly struck: string[] }

export const createFaultBoard = (): FaultBoard => {
  const planted = new Map<string, Planted>()
  let count = 0
  const active = (kind: (fault: Planted) => boolean, at: EpochMs): Planted[] =>
    [...planted.values()].filter((fault) => kind(fault) && fault.startsAt <= at && (fault.endsAt === null || at < fault.endsAt))
  return {
    plant: (fault, at) => {
      count += 1
      const startsAt = at + (fault.afterMs ?? 0)
      const endsAt = fault.durationMs === undefined ? null : startsAt + fault.durationMs
      const entry: Planted = { ...fault, id: `fault-${count}`, startsAt, endsAt, struck: [] }
      planted.set(entry.id, entry)
      return entry
    },
    lift: (id) => planted.delete(id),
    list: () => [...planted.values()],
    activeNodeLosses: (at) => active((fault) => fault.kind === 'node-loss', at),
    startUpFactor: (member, service, at) =>
      active((fault) => isStartFault(fault, member.role) && concerns(fault, member, service), at)
        .filter((fault) => strikes(fault, member))
        .reduce((factor, fault) => factor * (fault.kind === 'slow-start' ? (fault.factor ?? 5) : Number.POSITIVE_INFINITY), 1),
    prefillSlowdown: (member, service, at) =>
      active((fault) => fault.kind === 'prefill-stall' && concerns(fault, member, service) && member.createdAt <= fault.startsAt, at)
        .reduce((factor, fault) => factor * (fault.factor ?? Number.POSITIVE_INFINITY), 1),
  }
}

const neverReadyOf: { readonly [role in Role]: WorldFaultKind } = { prefill: 'prefill-never-ready', decode: 'decode-never-ready' }

const isStartFault = (fault: WorldFault, role: Role): boolean => fault.kind === 'slow-start' || fault.kind === neverReadyOf[role]

const concerns = (fault: WorldFault, member: Member, service: string): boolean =>
  (fault.service === undefined || fault.service === service) && (fault.group === undefined || fault.group === member.group)

/**
 * A fault with `rollouts` strikes whole writes, in the order in which they create instances, and spares the rest; an
 * instance that was there before the fault began is spared too. A replacement after a node loss is no rollout.
 */
const strikes = (fault: Planted, member: Member): boolean => {
  if (fault.rollouts === undefined || fault.struck.includes(member.createdBy)) return true
  if (fault.struck.length >= fault.rollouts || member.createdAt < fault.startsAt) return false
  fault.struck.push(member.createdBy)
  return true
}
