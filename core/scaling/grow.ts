/** From asks to grow to an order, or to the rule that stops it. Bounds come after rates, the ratio comes last. */
import type { RoleCounts } from '../roles.ts'
import { sameCounts, showCounts } from '../roles.ts'
import { maximumOf, minimumOf } from '../service/specification.ts'
import type { Situation } from './argument.ts'
import { isWithin, maxCounts, minCounts } from './counts.ts'
import { unusable } from './evidence-veto.ts'
import { applyLimit } from './limits.ts'
import type { Limited } from './limits.ts'
import { nearestPair, ratioRuleOf, showBand } from './ratio.ts'
import { rateCeiling, rateRecheckAt } from './rate.ts'
import { cooldownOut, failureBackoff, restByHand, tooManyOrders } from './restraint.ts'
import { stabilisedOut, stabilisedUntil } from './stabilisation.ts'
import { hold, showAsks } from './verdict.ts'
import type { Ask, Hold, Order, Outcome } from './verdict.ts'

/** The largest ask of those that want to grow, role by role; never less than the present target. */
export const largestAsk = (current: RoleCounts, asks: readonly Ask[]): RoleCounts =>
  asks.filter(({ direction }) => direction === 'out').reduce((most, ask) => maxCounts(most, ask.target), current)

/** Orders growth. What is below the minimum does not wait for cooldown, stabilisation or rate. */
export const grow = (situation: Situation, asks: readonly Ask[]): Outcome => {
  const stop = failureBackoff(situation) ?? tooManyOrders(situation)
  if (stop) return { hold: stop, limits: [] }
  const urgent = largestAsk(situation.current, asks.filter(({ policy }) => policy === 'bounds'))
  const cooling = cooldownOut(situation)
  if (cooling && sameCounts(urgent, situation.current)) return { hold: cooling, limits: [] }
  const wanted = cooling ? urgent : largestAsk(situation.current, asks)
  const stabilised = maxCounts(urgent, stabilisedOut(situation, wanted))
  const start = applyLimit({ counts: wanted, limits: [] }, { limit: 'stabilisation', after: stabilised, detail: 'smallest ask of the window' })
  return ordered(situation, asks, bounded(situation, start, urgent))
}

/**
 * Orders growth that an operator wants. The load need not be known, since more than it needs harms nobody; but what is
 * there must be. Cooldown and stabilisation, which guess at intentions, are left out; rates, bounds and the ratio hold.
 */
export const growByHand = (situation: Situation, asks: readonly Ask[]): Outcome => {
  const { instances } = situation.evidence
  const unknown = instances.state === 'fresh' ? null : unusable(instances)
  const stop = unknown ?? failureBackoff(situation) ?? tooManyOrders(situation) ?? restByHand(situation, 'COOLDOWN_OUT')
  if (stop) return { hold: stop, limits: [] }
  const urgent = largestAsk(situation.current, asks.filter(({ policy }) => policy === 'bounds'))
  return ordered(situation, asks, bounded(situation, { counts: largestAsk(situation.current, asks), limits: [] }, urgent))
}

/** Rates, then bounds; never below `urgent`, which no restraint holds back. */
const bounded = (situation: Situation, start: Limited, urgent: RoleCounts): Limited & { readonly ceiling: RoleCounts } => {
  const { current, spec } = situation
  const maximum = maxCounts(current, maximumOf(spec))
  const ceiling = maxCounts(urgent, rateCeiling(situation))
  const rated = applyLimit(start, { limit: 'rate', after: minCounts(start.counts, ceiling), detail: `at most ${showCounts(ceiling)} now` })
  const detail = `at most ${showCounts(maximumOf(spec))}`
  const within = applyLimit(rated, { limit: 'bounds', after: minCounts(rated.counts, maximum), detail })
  return { ...within, ceiling: minCounts(ceiling, maximum) }
}

const ordered = (
  situation: Situation,
  asks: readonly Ask[],
  { counts, limits, ceiling }: Limited & { readonly ceiling: RoleCounts },
): Outcome => {
  const { current, spec } = situation
  if (sameCounts(counts, current)) return { hold: stoppedBy(situation, limits), limits }
  const least = maxCounts(current, minCounts(minimumOf(spec), ceiling))
  const pair = nearestPair(counts, { least, most: ceiling }, ratioRuleOf(situation))
  if (pair === null || !isGrowth(current, pair)) return { hold: noPair(situation, counts, ceiling), limits }
  const fitted = applyLimit({ counts, limits }, { limit: 'ratio', after: pair, detail: showBand(situation) })
  return { order: { kind: kindOf(asks), to: pair, reason: showAsks(asks, 'out') }, limits: fitted.limits }
}

const isGrowth = (from: RoleCounts, to: RoleCounts): boolean => isWithin(from, to) && !sameCounts(from, to)

/** The last rule that left nothing of the ask. */
const stoppedBy = (situation: Situation, limits: Limited['limits']): Hold => {
  const last = limits.at(-1)
  const detail = last ? `${showCounts(last.before)} is wanted; ${last.detail}` : ''
  if (last?.limit === 'stabilisation') return hold('STABILISING', detail, stabilisedUntil(situation, 'up'))
  return last?.limit === 'rate' ? hold('RATE_LIMITED', detail, rateRecheckAt(situation)) : hold('AT_BOUNDS', detail)
}

const noPair = (situation: Situation, wanted: RoleCounts, ceiling: RoleCounts): Hold => {
  const range = `from ${showCounts(situation.current)} to ${showCounts(ceiling)}`
  const detail = `${showCounts(wanted)} is wanted; no larger pair ${range} has ${showBand(situation)}`
  return hold('NO_FEASIBLE_PAIR', detail, rateRecheckAt(situation))
}

/** A repair of the ratio alone is called so; everything else that grows is a scale-out. */
const kindOf = (asks: readonly Ask[]): Order['kind'] =>
  asks.every(({ direction, policy }) => direction !== 'out' || policy === 'ratio') ? 'rebalance' : 'scale-out'
