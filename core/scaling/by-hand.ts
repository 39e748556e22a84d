/**
 * A manual scale: for its time, counts that an operator ordered take the place of what the load asks for. Bounds and ratio
 * are still followed, the other policies are only listed.
 */
import { manualScaleOf } from '../controls/stop.ts'
import type { ManualScale } from '../controls/stop.ts'
import { sameCounts, showCounts } from '../roles.ts'
import { maximumOf, minimumOf } from '../service/specification.ts'
import type { Situation } from './argument.ts'
import { agreeToShrink, boundedAsk } from './combine.ts'
import { isWithin, maxCounts, minCounts, plausible } from './counts.ts'
import { growByHand } from './grow.ts'
import { shrinkByHand } from './shrink.ts'
import { hold } from './verdict.ts'
import type { Ask, Outcome } from './verdict.ts'

/** The outcome of a manual scale in force, with its ask behind those of the policies; null when there is none. */
export const combineByHand = (
  situation: Situation,
  automatic: readonly Ask[],
): { readonly outcome: Outcome; readonly asks: readonly Ask[] } | null => {
  const manual = manualScaleOf(situation.controls ?? [], situation.nowMs)
  if (manual === null) return null
  const ask = manualAsk(situation, manual)
  const others = automatic.filter(({ policy }) => policy === 'bounds' || policy === 'ratio')
  return { outcome: outcomeOf(situation, { manual, ask, others }), asks: [...automatic, ask] }
}

type Followed = { readonly manual: ManualScale; readonly ask: Ask; readonly others: readonly Ask[] }

/** What is missing comes first, what is too much goes when it is there. */
const outcomeOf = (situation: Situation, { manual, ask, others }: Followed): Outcome => {
  const followed = [ask, ...others]
  if (!isWithin(boundedAsk(situation, followed), situation.current)) return growByHand(situation, followed)
  if (ask.direction === 'in') return shrinkByHand(situation, ask)
  if (others.some(({ direction }) => direction === 'in')) return agreeToShrink(situation, others).outcome
  return { hold: hold('MANUAL', ask.reason, manual.directive.untilMs), limits: [] }
}

/** Asks for the ordered counts as far as minReplicas and maxReplicas let it; growth before removal, as the ratio has it. */
const manualAsk = ({ current, spec }: Situation, { target, directive }: ManualScale): Ask => {
  const most = maxCounts(current, minCounts(plausible(target), maximumOf(spec)))
  const least = minCounts(current, maxCounts(target, minimumOf(spec)))
  const reason = `${showCounts(target)} by hand of ${directive.author}: ${directive.reason}`
  if (!sameCounts(most, current)) return { policy: 'manual', direction: 'out', target: most, reason }
  if (!sameCounts(least, current)) return { policy: 'manual', direction: 'in', target: least, reason }
  return { policy: 'manual', direction: 'hold', target: current, reason }
}
