/** Which way to go when the policies differ: out by the largest ask, in only when nothing objects (DESIGN 5.3). */
import type { PolicyAsk } from '../events/decided.ts'
import type { RoleCounts } from '../roles.ts'
import { showCounts } from '../roles.ts'
import { maximumOf } from '../service/specification.ts'
import type { Situation } from './argument.ts'
import { boundsAsk } from './bounds.ts'
import { isWithin, maxCounts, minCounts, plausible } from './counts.ts'
import { evidenceVeto, unusable } from './evidence-veto.ts'
import { grow, largestAsk } from './grow.ts'
import { guardResting, latencyGuardAsk } from './latency-guard.ts'
import { proportionalAsk } from './proportional.ts'
import { ratioAsk } from './ratio.ts'
import { shrink, smallestAsk } from './shrink.ts'
import { hold } from './verdict.ts'
import type { Hold, Outcome } from './verdict.ts'

/** What each policy wants, as far as counts are plausible. */
export const allAsks = (situation: Situation): readonly PolicyAsk[] =>
  [proportionalAsk(situation), latencyGuardAsk(situation), ratioAsk(situation), boundsAsk(situation)].map(believed)

const believed = (ask: PolicyAsk): PolicyAsk => {
  const target = plausible(ask.target)
  return target === ask.target ? ask : { ...ask, target }
}

/** An outcome, and what was wanted before restraint. */
export type Combined = { readonly outcome: Outcome; readonly recommended: RoleCounts }

export const combine = (situation: Situation, asks: readonly PolicyAsk[]): Combined => {
  const out = boundedAsk(situation, asks)
  if (!isWithin(out, situation.current)) return { outcome: grow(situation, asks), recommended: out }
  if (asks.some(({ direction }) => direction === 'in')) return agreeToShrink(situation, asks)
  return { outcome: { hold: reasonToStay(situation, asks), limits: [] }, recommended: situation.current }
}

/** The largest ask to grow, as far as the maximum lets it. */
export const boundedAsk = (situation: Situation, asks: readonly PolicyAsk[]): RoleCounts =>
  minCounts(largestAsk(situation.current, asks), maxCounts(situation.current, maximumOf(situation.spec)))

/** In only when the evidence agrees. */
export const agreeToShrink = (situation: Situation, asks: readonly PolicyAsk[]): Combined => {
  const veto = evidenceVeto(situation)
  if (veto) return { outcome: { hold: veto, limits: [] }, recommended: situation.current }
  return { outcome: shrink(situation, asks), recommended: smallestAsk(situation.current, asks) }
}

/** Nothing is to be done; the most telling reason for it. */
const reasonToStay = (situation: Situation, asks: readonly PolicyAsk[]): Hold => {
  const { demand } = situation.evidence
  const blocked = asks.find(({ direction }) => direction === 'out')
  if (blocked) return hold('AT_BOUNDS', `${blocked.reason}; the maximum is ${showCounts(maximumOf(situation.spec))}`)
  if (demand.state !== 'fresh' && demand.state !== 'idle') return unusable(demand)
  return guardResting(situation) ?? hold('INSIDE_TOLERANCE', asks.map(({ policy, reason }) => `${policy}: ${reason}`).join('; '))
}
