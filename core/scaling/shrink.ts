/**
 * From an ask to shrink to an order, or to the rule that stops it. Precedence: evidence > removal rate > bounds > ratio
 * (DESIGN 5.5); the evidence was heard before (evidence-veto.ts).
 */
import type { RoleCounts } from '../roles.ts'
import { sameCounts, showCounts } from '../roles.ts'
import { minimumOf } from '../service/specification.ts'
import { showNumber } from '../units.ts'
import type { Situation } from './argument.ts'
import { isWithin, maxCounts, minCounts } from './counts.ts'
import { missingEvidence } from './evidence-veto.ts'
import { applyLimit } from './limits.ts'
import type { Limited } from './limits.ts'
import { needOf } from './proportional.ts'
import { nearestPair, ratioRuleOf, showBand } from './ratio.ts'
import { rateFloor, rateRecheckAt } from './rate.ts'
import { cooldownIn, failureBackoff, openRollout, restByHand, warmUp } from './restraint.ts'
import { stabilisedIn, stabilisedUntil } from './stabilisation.ts'
import { hold, showAsks } from './verdict.ts'
import type { Ask, Hold, Outcome } from './verdict.ts'

/** The smallest ask of those that want to shrink, role by role; never more than the present target. */
export const smallestAsk = (current: RoleCounts, asks: readonly Ask[]): RoleCounts =>
  asks.filter(({ direction }) => direction === 'in').reduce((least, ask) => minCounts(least, ask.target), current)

/** Orders a shrink that the evidence allows. */
export const shrink = (situation: Situation, asks: readonly Ask[]): Outcome => {
  const stop = warmUp(situation) ?? openRollout(situation) ?? cooldownIn(situation)
  if (stop) return { hold: stop, limits: [] }
  const wanted = smallestAsk(situation.current, asks)
  const stabilised = minCounts(situation.current, stabilisedIn(situation, wanted))
  const start = applyLimit({ counts: wanted, limits: [] }, { limit: 'stabilisation', after: stabilised, detail: 'largest ask of the window' })
  return ordered(situation, asks, bounded(situation, start))
}

/**
 * Orders a shrink that an operator wants. He answers for the load: latency, queues, consolidation, cooldown and
 * stabilisation do not object. What nobody can see he cannot answer for, so that the evidence must be complete; and
 * nothing may be on its way, a new owner waits, and removal rate, bounds and ratio hold.
 */
export const shrinkByHand = (situation: Situation, ask: Ask): Outcome => {
  const blind = missingEvidence(situation) ?? warmUp(situation)
  const stop = blind ?? openRollout(situation) ?? failureBackoff(situation) ?? restByHand(situation, 'COOLDOWN_IN')
  if (stop) return { hold: stop, limits: [] }
  const wanted = smallestAsk(situation.current, [ask])
  return ordered(situation, [ask], bounded(situation, { counts: wanted, limits: [] }))
}

/** The removal rate, then the minimum. */
const bounded = (situation: Situation, start: Limited): Limited => {
  const { current, spec } = situation
  const minimum = minCounts(current, minimumOf(spec))
  const floor = rateFloor(situation)
  const rated = applyLimit(start, { limit: 'rate', after: maxCounts(start.counts, floor), detail: `at least ${showCounts(floor)} now` })
  return applyLimit(rated, { limit: 'bounds', after: maxCounts(rated.counts, minimum), detail: `at least ${showCounts(minimum)}` })
}

/** The ratio may only leave more than what is restrained, never less. */
const ordered = (situation: Situation, asks: readonly Ask[], { counts, limits }: Limited): Outcome => {
  const { current } = situation
  if (sameCounts(counts, current)) return { hold: stoppedBy(situation, limits), limits }
  const pair = nearestPair(counts, { least: counts, most: current }, ratioRuleOf(situation))
  if (pair === null || sameCounts(pair, current)) return { hold: noPair(situation, counts), limits }
  const tight = isWantedByUser(asks) ? null : tooTight(situation, pair)
  if (tight) return { hold: tight, limits }
  const fitted = applyLimit({ counts, limits }, { limit: 'ratio', after: pair, detail: showBand(situation) })
  return { order: { kind: 'scale-in', to: pair, reason: showAsks(asks, 'in') }, limits: fitted.limits }
}

/** A lowered maximum and an order by hand are what the user wants, also when the smaller fleet will be busy. */
const isWantedByUser = (asks: readonly Ask[]): boolean =>
  asks.some(({ policy, direction }) => (policy === 'bounds' || policy === 'manual') && direction === 'in')

/** Consolidation: the smaller fleet must carry the present load inside the threshold that would make it grow again. */
const tooTight = (situation: Situation, pair: RoleCounts): Hold | null => {
  const need = needOf(situation)
  const most = 1 + situation.spec.behavior.scaleUp.tolerance
  const fits = need !== null && isWithin(need, { prefill: pair.prefill * most, decode: pair.decode * most })
  if (fits) return null
  return hold('CONSOLIDATION', `the load needs ${showNumber(need?.prefill ?? null)}P+${showNumber(need?.decode ?? null)}D; ${showCounts(pair)} would be beyond its threshold`)
}

const stoppedBy = (situation: Situation, limits: Limited['limits']): Hold => {
  const last = limits.at(-1)
  const detail = last ? `${showCounts(last.before)} would do; ${last.detail}` : ''
  if (last?.limit === 'stabilisation') return hold('STABILISING', detail, stabilisedUntil(situation, 'down'))
  return last?.limit === 'rate' ? hold('RATE_LIMITED', detail, rateRecheckAt(situation)) : hold('AT_BOUNDS', detail)
}

const noPair = (situation: Situation, wanted: RoleCounts): Hold => {
  const range = `from ${showCounts(wanted)} up, below ${showCounts(situation.current)}`
  return hold('NO_FEASIBLE_PAIR', `no pair ${range}, has ${showBand(situation)}`, rateRecheckAt(situation))
}
