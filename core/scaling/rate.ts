/** Rate policies in the sense of HPA: how far the counts may move within each policy's period. */
import type { Role, RoleCounts } from '../roles.ts'
import type { RatePolicy } from '../service/specification.ts'
import type { EpochMs } from '../units.ts'
import { fixed, secondsToMs } from '../units.ts'
import type { Situation } from './argument.ts'
import { eachRole } from './counts.ts'
import type { Change } from './memory.ts'

/** Highest counts that may be ordered now. The most generous policy counts, as in HPA (`selectPolicy: Max`). */
export const rateCeiling = (situation: Situation): RoleCounts =>
  eachRole((role) => situation.current[role] + allowance(situation, situation.spec.behavior.scaleUp.policies, { role, sign: 1 }))

/** Lowest counts that may be ordered now. */
export const rateFloor = (situation: Situation): RoleCounts =>
  eachRole((role) => situation.current[role] - allowance(situation, situation.spec.behavior.scaleDown.policies, { role, sign: -1 }))

/** A rate frees itself when its oldest change leaves the period; to look again each second is close enough. */
export const rateRecheckAt = ({ nowMs }: Situation): EpochMs => nowMs + 1000

type Direction = { readonly role: Role; readonly sign: 1 | -1 }

const allowance = (situation: Situation, policies: readonly RatePolicy[], direction: Direction): number =>
  Math.max(0, ...policies.map((policy) => leftOf(situation, policy, direction)))

/** What a policy leaves: its limit on the count at the start of its period, less what the period has used. */
const leftOf = ({ nowMs, current, memory }: Situation, policy: RatePolicy, { role, sign }: Direction): number => {
  const recent = memory.changes.filter((change) => change.atMs > nowMs - secondsToMs(policy.periodSeconds))
  const grown = recent.reduce((sum, change) => sum + Math.max(0, moved(change, role)), 0)
  const removed = recent.reduce((sum, change) => sum + Math.max(0, -moved(change, role)), 0)
  const atStart = Math.max(0, current[role] - grown + removed)
  return limitOf(policy, atStart, sign) - (sign === 1 ? grown : removed)
}

const moved = (change: Change, role: Role): number => change.to[role] - change.from[role]

/**
 * Percent rounds up when growing, as HPA does, and down when shrinking, but one instance may always go: 10 % of 4
 * would otherwise stand still for ever.
 */
const limitOf = (policy: RatePolicy, atStart: number, sign: 1 | -1): number => {
  if (policy.type === 'Instances') return policy.value
  const share = fixed((atStart * policy.value) / 100)
  return sign === 1 ? Math.ceil(share) : Math.max(1, Math.floor(share))
}
