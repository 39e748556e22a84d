/**
 * Proportional control on a linear signal (paper 3.2): one signal sizes both roles through the ratio, which avoids the
 * instability of two independent controllers.
 */
import type { RoleCounts } from '../roles.ts'
import { roleOfSignal } from '../signals/evidence.ts'
import { fixed, showNumber } from '../units.ts'
import type { Situation } from './argument.ts'
import type { Ask, Text } from './verdict.ts'

/** Instances that the load needs per role, not rounded; null when the signal says nothing. */
export const needOf = ({ evidence, spec }: Pick<Situation, 'evidence' | 'spec'>): RoleCounts | null => {
  const { state, value } = evidence.demand
  if (value === null || (state !== 'fresh' && state !== 'idle')) return null
  const need = fixed(value / spec.policies.proportional.targetPerInstance)
  return withRatio(spec, need, fixed)
}

/**
 * Absolute need = signal / targetPerInstance, compared with the current target including what is in flight. Beyond
 * 1 + scaleUp.tolerance it asks for more, below 1 − scaleDown.tolerance for less; the move is damped. Example: 8 decode
 * instances, target 1200 TPS each, 14,400 TPS: need 12, load 1.5; with damping 0.5 it asks for 10.
 */
export const proportionalAsk = (situation: Situation): Ask => {
  const need = needOf(situation)
  if (need === null) return stay(situation, () => `${situation.evidence.demand.signal} is ${situation.evidence.demand.state}`)
  const role = roleOfSignal(situation.spec.policies.proportional.signal)
  const { scaleUp, scaleDown } = situation.spec.behavior
  const count = situation.current[role]
  const reason = (): string => reasonOf(situation, need[role])
  if (need[role] > fixed(count * (1 + scaleUp.tolerance)))
    return move(situation, 'out', { count: dampedOut({ count, need: need[role], damping: scaleUp.damping }), reason })
  if (need[role] < fixed(count * (1 - scaleDown.tolerance)) && Math.ceil(need[role]) < count)
    return move(situation, 'in', { count: dampedIn({ count, need: need[role], damping: scaleDown.damping }), reason })
  return stay(situation, reason)
}

type Move = { readonly count: number; readonly need: number; readonly damping: number }

/** Rounded up: half an instance short is short. */
const dampedOut = ({ count, need, damping }: Move): number =>
  Math.max(count + 1, Math.ceil(fixed(count + damping * (need - count))))

/** Rounded up too, but at least one instance goes: 3 with a need of 2 and damping 0.3 would otherwise stay for ever. */
const dampedIn = ({ count, need, damping }: Move): number =>
  Math.max(Math.ceil(need), Math.min(count - 1, Math.ceil(fixed(count - damping * (count - need)))))

/**
 * The needs (lo, hi) around this one that ask for the same smaller count: `dampedIn` the other way round. What is damped is never
 * below the need, so that its rounding alone decides, up to the one instance that always goes. Null when this need asks for no fewer.
 */
export const needsThatShrinkAlike = ({ count, need }: Omit<Move, 'damping'>, { tolerance, damping }: { tolerance: number; damping: number }): { lo: number; hi: number } | null => {
  const most = Math.min(count * (1 - tolerance), count - 1)
  if (need >= most) return null
  const asked = dampedIn({ count, need, damping })
  const needOfCount = (damped: number): number => count - (count - damped) / damping
  return { lo: needOfCount(asked - 1), hi: asked === count - 1 ? most : needOfCount(asked) }
}

const reasonOf = ({ spec, evidence, current }: Situation, need: number): string => {
  const { signal, targetPerInstance } = spec.policies.proportional
  const role = roleOfSignal(signal)
  return `${signal} ${showNumber(evidence.demand.value)} at ${targetPerInstance} per instance needs ${showNumber(need)} ${role}; the target has ${current[role]}`
}

/** The ask for `count` instances of the signal's role, and for as many of the other one as the ratio says. */
const move = (situation: Situation, direction: 'out' | 'in', { count, reason }: { count: number; reason: Text }): Ask => ({
  policy: 'proportional',
  direction,
  target: withRatio(situation.spec, count, (other) => Math.ceil(fixed(other))),
  reason,
})

const stay = ({ current }: Situation, reason: Text): Ask => ({
  policy: 'proportional',
  direction: 'hold',
  target: current,
  reason,
})

/** Adds the other role to a count of the signal's role. */
const withRatio = (spec: Situation['spec'], count: number, round: (other: number) => number): RoleCounts => {
  const { prefill, decode } = spec.ratio
  return roleOfSignal(spec.policies.proportional.signal) === 'decode'
    ? { prefill: round((count * prefill) / decode), decode: count }
    : { prefill: count, decode: round((count * decode) / prefill) }
}
