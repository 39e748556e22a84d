/** Says whether a group has come as far as a waiting step asks, and in words how far it is. */
import type { GroupStatus, InstanceStatus } from '../ports.ts'
import { roles } from '../roles.ts'
import type { Role } from '../roles.ts'
import { isAlive, isServing } from './group-instances.ts'
import type { Step, WaitKind } from './plan.ts'

export type Progress = { readonly done: boolean; readonly detail: string }

/**
 * `scheduled` and `ready` ask for at least the step's count, since the cluster may hold more while it replaces an
 * instance. `registered` asks for exactly it, of instances that serve: a failed one that still has its gate open does not
 * count. `gone` for at most. A group that does not exist has no instances.
 */
export const reached = (step: Step, status: GroupStatus | null): Progress => {
  const rule = rules[waitKindOf(step)]
  const watched = step.role === undefined ? roles : [step.role]
  const found = watched.map((role) => ({ role, has: count(status, role, rule.counts), wants: step.counts[role] }))
  return {
    done: found.every(({ has, wants }) => rule.enough(has, wants)),
    detail: `${rule.word} ${found.map(({ role, has, wants }) => `${has} of ${wants} ${role}`).join(', ')}`,
  }
}

/**
 * True once no role has more instances in service than the group's registration target. Undoing a growth waits for
 * this before it removes instances, so a rollback takes none that still serves.
 */
export const withdrawn = (status: GroupStatus | null): Progress => {
  const found = roles.map((role) => ({
    role,
    has: count(status, role, (instance) => instance.registered),
    wants: status?.registrationTarget[role] ?? 0,
  }))
  return {
    done: found.every(({ has, wants }) => has <= wants),
    detail: `registered ${found.map(({ role, has, wants }) => `${has} ${role}, target ${wants}`).join('; ')}`,
  }
}

type Rule = {
  readonly word: string
  readonly counts: (instance: InstanceStatus) => boolean
  readonly enough: (has: number, wants: number) => boolean
}

const rules: { readonly [kind in WaitKind]: Rule } = {
  'await-scheduled': { word: 'scheduled', counts: (it) => it.node !== null && isAlive(it), enough: (has, wants) => has >= wants },
  'await-ready': { word: 'ready', counts: (it) => it.phase === 'ready', enough: (has, wants) => has >= wants },
  'await-registered': { word: 'registered', counts: isServing, enough: (has, wants) => has === wants },
  'await-gone': { word: 'present', counts: () => true, enough: (has, wants) => has <= wants },
}

const waitKindOf = ({ kind, id }: Step): WaitKind => {
  if (kind === 'apply' || kind === 'register') throw new Error(`BUG: step ${id} is an effect and cannot be waited for`)
  return kind
}

const count = (status: GroupStatus | null, role: Role, counts: Rule['counts']): number =>
  (status?.instances ?? []).filter((instance) => instance.role === role && counts(instance)).length
