/**
 * From an ask to shrink to an order, or to the rule that forbids it. Precedence: evidence > removal rate > bounds > ratio
 * (DESIGN 5.5). Anything that is not known to be safe holds.
 */
import type { Evidence, PolicyAsk } from '../events/decided.ts'
import type { RoleCounts } from '../roles.ts'
import { sameCounts, showCounts } from '../roles.ts'
import { minimumOf } from '../service/specification.ts'
import type { Situation } from './argument.ts'
import { isWithin, maxCounts, minCounts } from './counts.ts'
import { latencyVeto } from './latency-guard.ts'
import { applyLimit } from './limits.ts'
import type { Limited } from './limits.ts'
import { needOf } from './proportional.ts'
import { nearestPair, ratioRuleOf } from './ratio.ts'
import { rateFloor } from './rate.ts'
import { cooldownIn, openRollout, warmUp } from './restraint.ts'
import { stabilisedIn, stabilisedUntil } from './stabilisation.ts'
import { hold } from './verdict.ts'
import type { Hold, HoldReason, Outcome } from './verdict.ts'

/** The smallest ask of those that want to shrink, role by role; never more than the present target. */
export const smallestAsk = (current: RoleCounts, asks: readonly PolicyAsk[]): RoleCounts =>
  asks.filter(({ direction }) => direction === 'in').reduce((least, ask) => minCounts(least, ask.target), current)

/** Why the evidence forbids to shrink; null when every required signal agrees. */
export const evidenceVeto = (situation: Situation): Hold | null => missingEvidence(situation) ?? latencyVeto(situation)

/** Orders a shrink that the evidence allows (`evidenceVeto` answered null). */
export const shrink = (situation: Situation, asks: readonly PolicyAsk[]): Outcome => {
  const stop = warmUp(situation) ?? openRollout(situation) ?? cooldownIn(situation)
  if (stop) return { hold: stop, limits: [] }
  const wanted = smallestAsk(situation.current, asks)
  return ordered(situation, asks, restrained(situation, wanted))
}

/** Each required signal must be there, young, and heard from enough instances. An idle latency agrees: nobody waits. */
const missingEvidence = ({ evidence, spec }: Situation): Hold | null => {
  const required = [evidence.demand, evidence.ttft, evidence.tbt, evidence.instances]
  const doubtful = required.find(({ state }) => state !== 'fresh' && state !== 'idle')
  if (doubtful) return unusable(doubtful)
  const thin = required.find(({ coverage }) => coverage !== null && coverage < spec.evidence.minCoverage)
  if (!thin) return null
  return hold('COVERAGE_LOW', `${thin.signal} covers ${thin.coverage} of its instances; ${spec.evidence.minCoverage} is required`)
}

const reasonOfState: { readonly [state in 'missing' | 'failed' | 'stale']: HoldReason } = {
  missing: 'EVIDENCE_MISSING',
  failed: 'EVIDENCE_FAILED',
  stale: 'EVIDENCE_STALE',
}

/** The hold for a signal that says nothing now. */
export const unusable = ({ signal, state, ageMs, value }: Evidence): Hold => {
  const age = ageMs === null ? 'never observed' : `last observed ${Math.round(ageMs / 1000)} s ago`
  const detail = value === 0 ? `${signal} is 0 without proof that nothing is asked` : `${signal} is ${state}, ${age}`
  return hold(state === 'fresh' || state === 'idle' ? 'EVIDENCE_FAILED' : reasonOfState[state], detail)
}

/** Stabilisation, then the removal rate, then the minimum. */
const restrained = (situation: Situation, wanted: RoleCounts): Limited & { readonly floor: RoleCounts } => {
  const { current, spec } = situation
  const minimum = minCounts(current, minimumOf(spec))
  const stabilised = minCounts(current, stabilisedIn(situation, wanted))
  const floor = rateFloor(situation)
  const start = applyLimit({ counts: wanted, limits: [] }, { limit: 'stabilisation', after: stabilised, detail: 'largest ask of the window' })
  const rated = applyLimit(start, { limit: 'rate', after: maxCounts(start.counts, floor), detail: `at least ${showCounts(floor)} now` })
  const bounded = applyLimit(rated, { limit: 'bounds', after: maxCounts(rated.counts, minimum), detail: `at least ${showCounts(minimum)}` })
  return { ...bounded, floor: maxCounts(floor, minimum) }
}

const ordered = (
  situation: Situation,
  asks: readonly PolicyAsk[],
  { counts, limits, floor }: Limited & { readonly floor: RoleCounts },
): Outcome => {
  const { current } = situation
  if (sameCounts(counts, current)) return { hold: stoppedBy(situation, limits), limits }
  const pair = nearestPair(counts, { least: floor, most: current }, ratioRuleOf(situation))
  if (pair === null || sameCounts(pair, current)) return { hold: noPair(situation, counts, floor), limits }
  const tight = isAboveMaximum(asks) ? null : tooTight(situation, pair)
  if (tight) return { hold: tight, limits }
  const { band, groups } = situation
  const detail = `P/D between ${band.lo} and ${band.hi} over ${groups} group(s)`
  const fitted = applyLimit({ counts, limits }, { limit: 'ratio', after: pair, detail })
  const reason = asks.filter(({ direction }) => direction === 'in').map((ask) => `${ask.policy}: ${ask.reason}`).join('; ')
  return { order: { kind: 'scale-in', to: pair, reason }, limits: fitted.limits }
}

/** A lowered maximum is what the user wants, also when the smaller fleet will be busy. */
const isAboveMaximum = (asks: readonly PolicyAsk[]): boolean =>
  asks.some(({ policy, direction }) => policy === 'bounds' && direction === 'in')

/** Consolidation: the smaller fleet must carry the present load inside the threshold that would make it grow again. */
const tooTight = (situation: Situation, pair: RoleCounts): Hold | null => {
  const need = needOf(situation)
  const most = 1 + situation.spec.behavior.scaleUp.tolerance
  const fits = need !== null && isWithin(need, { prefill: pair.prefill * most, decode: pair.decode * most })
  if (fits) return null
  return hold('CONSOLIDATION', `the load needs ${need?.prefill ?? '?'}P+${need?.decode ?? '?'}D; ${showCounts(pair)} would be beyond its threshold`)
}

const stoppedBy = (situation: Situation, limits: Limited['limits']): Hold => {
  const last = limits.at(-1)
  const detail = last ? `${showCounts(last.before)} would do; ${last.detail}` : ''
  if (last?.limit === 'stabilisation') return hold('STABILISING', detail, stabilisedUntil(situation, 'down'))
  return last?.limit === 'rate' ? hold('RATE_LIMITED', detail, situation.nowMs + 1000) : hold('AT_BOUNDS', detail)
}

const noPair = (situation: Situation, wanted: RoleCounts, floor: RoleCounts): Hold => {
  const { band, current, groups, nowMs } = situation
  const range = `from ${showCounts(floor)} to ${showCounts(current)}`
  return hold('NO_FEASIBLE_PAIR', `${showCounts(wanted)} would do; no pair ${range} has P/D between ${band.lo} and ${band.hi} over ${groups} group(s)`, nowMs + 1000)
}
