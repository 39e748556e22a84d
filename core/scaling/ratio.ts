/**
 * Keeping P/D in band (DESIGN 5.4): which pair to order for an ask, and how to repair counts that are out of band.
 */
import type { RatioBand } from '../events/decided.ts'
import { inBand, prefillRange } from '../ratio-band.ts'
import type { RoleCounts } from '../roles.ts'
import { showCounts } from '../roles.ts'
import { fixed } from '../units.ts'
import type { Situation } from './argument.ts'
import type { Box } from './counts.ts'
import type { Ask } from './verdict.ts'

export type RatioRule = { readonly ratio: RoleCounts; readonly band: RatioBand; readonly groups: number }

export const ratioRuleOf = ({ spec, band, groups }: Situation): RatioRule => ({ ratio: spec.ratio, band, groups })

/**
 * The pair nearest to `ask` that is inside the box and in band; null when there is none. Distance counts an instance
 * of a role by how many of the other one it goes with (at 1:2 a prefill instance weighs as much as two decode ones).
 * Of equally near pairs the one that is less short of the ask wins, then the smaller one.
 */
export const nearestPair = (ask: RoleCounts, box: Box, rule: RatioRule): RoleCounts | null => {
  let best: Candidate | null = null
  for (let decode = box.least.decode; decode <= box.most.decode; decode++) {
    const prefill = nearestPrefill(ask.prefill, decode, { box, rule })
    if (prefill === null) continue
    const candidate = rate({ prefill, decode }, ask, rule)
    if (best === null || isBetter(candidate, best)) best = candidate
  }
  return best?.counts ?? null
}

const nearestPrefill = (ask: number, decode: number, { box, rule }: { box: Box; rule: RatioRule }): number | null => {
  const range = prefillRange(decode, rule.band, rule.groups)
  const least = Math.max(box.least.prefill, Math.ceil(range.least))
  const most = Math.min(box.most.prefill, Math.floor(range.most))
  return least > most ? null : Math.min(most, Math.max(least, ask))
}

type Candidate = { readonly counts: RoleCounts; readonly distance: number; readonly shortfall: number }

const rate = (counts: RoleCounts, ask: RoleCounts, { ratio }: RatioRule): Candidate => {
  const prefill = (counts.prefill - ask.prefill) * ratio.decode
  const decode = (counts.decode - ask.decode) * ratio.prefill
  return {
    counts,
    distance: Math.abs(prefill) + Math.abs(decode),
    shortfall: Math.max(0, -prefill) + Math.max(0, -decode),
  }
}

const isBetter = (a: Candidate, b: Candidate): boolean => {
  if (a.distance !== b.distance) return a.distance < b.distance
  if (a.shortfall !== b.shortfall) return a.shortfall < b.shortfall
  return a.counts.prefill + a.counts.decode < b.counts.prefill + b.counts.decode
}

/** For messages: the band that a pair must keep. */
export const showBand = ({ band, groups }: Situation): string =>
  `P/D between ${band.lo} and ${band.hi} over ${groups} group${groups === 1 ? '' : 's'}`

export const isRatioSatisfied = ({ current, band, groups }: Situation): boolean => inBand(current, band, groups)

/**
 * Repairs counts that are out of band by raising the deficient role alone. The surplus goes later, by a scale-in that
 * has its evidence: removing it before the other role is ready would only lose capacity.
 */
export const ratioAsk = (situation: Situation): Ask => {
  const { current, evidence } = situation
  const text = (): string => `${showCounts(current)} has ${showBand(situation)}`
  if (isRatioSatisfied(situation)) return { policy: 'ratio', direction: 'hold', target: current, reason: text }
  if (evidence.instances.state !== 'fresh')
    return { policy: 'ratio', direction: 'hold', target: current, reason: () => `not ${text()}; instances are ${evidence.instances.state}` }
  return { policy: 'ratio', direction: 'out', target: repaired(situation), reason: () => `not ${text()}` }
}

/** From `P ≤ hi·D + slack` follows `D ≥ (P − slack) / hi`, with one instance of slack per group. */
const repaired = ({ current, band, groups }: Situation): RoleCounts => {
  const { least } = prefillRange(current.decode, band, groups)
  if (current.prefill < least) return { ...current, prefill: Math.ceil(least) }
  const slack = groups * Math.max(1, band.hi)
  return { ...current, decode: Math.ceil(fixed((current.prefill - slack) / band.hi)) }
}
