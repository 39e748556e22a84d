/**
 * The policy engine: everything known about a service at a tick in, one verdict out (DESIGN section 5). Pure: the same
 * argument gives the same verdict, byte for byte, on every machine.
 */
import type { Evidence } from '../events/decided.ts'
import { fixed, secondsToMs } from '../units.ts'
import type { EpochMs } from '../units.ts'
import { ratioBandOf } from '../service/specification.ts'
import { gatherEvidence, listEvidence } from '../signals/evidence.ts'
import { groupCount } from '../signals/instances.ts'
import { readArgument } from './argument.ts'
import type { DecisionArgument, Situation } from './argument.ts'
import { combineByHand } from './by-hand.ts'
import { allAsks, combine } from './combine.ts'
import { heedControls } from './controls.ts'
import { isRatioSatisfied } from './ratio.ts'
import { hold } from './verdict.ts'
import type { Outcome, Verdict } from './verdict.ts'

/** Decides for one service at one tick. */
export const decide = (argument: DecisionArgument): Verdict => {
  const gathered = gatherEvidence(argument)
  const evidence = listEvidence(gathered)
  const { current } = argument
  const conclusion = current === null ? unknownInstances : conclude(argument, { current, evidence: gathered })
  const { outcome: free, asks, recommended, isRatioSatisfied: isSatisfied } = conclusion
  const outcome = heedControls(argument, free)
  const rest = { limits: outcome.limits, current, evidence, asks, recommended, isRatioSatisfied: isSatisfied, recheckAtMs: recheckAt(argument, evidence, outcome) }
  return verdictOf(outcome, rest)
}

type Rest = Omit<Verdict, 'order' | 'hold'>

/** Field by field, for the same reason as `situationOf`. */
const verdictOf = (outcome: Outcome, rest: Rest): Verdict => {
  const { limits, current, evidence, asks, recommended, isRatioSatisfied: isSatisfied, recheckAtMs } = rest
  return 'hold' in outcome
    ? { hold: outcome.hold, limits, current, evidence, asks, recommended, isRatioSatisfied: isSatisfied, recheckAtMs }
    : { order: outcome.order, limits, current, evidence, asks, recommended, isRatioSatisfied: isSatisfied, recheckAtMs }
}

/** What the policies and the limits come to, before any stop is heeded. */
type Conclusion = Pick<Verdict, 'asks' | 'recommended' | 'isRatioSatisfied'> & { readonly outcome: Outcome }

/**
 * Under an order by hand, what the policies want stays on record and in the stabilisation windows, so that the service
 * returns to it when the order ends.
 */
const conclude = (argument: DecisionArgument, { current, evidence }: Pick<Situation, 'current' | 'evidence'>): Conclusion => {
  const situation = situationOf(argument, { current, evidence })
  const automatic = allAsks(situation)
  const byHand = combineByHand(situation, automatic)
  const { outcome, recommended } = combine(situation, automatic)
  return { outcome: byHand?.outcome ?? outcome, asks: byHand?.asks ?? automatic, recommended, isRatioSatisfied: isRatioSatisfied(situation) }
}

/** Field by field, because spreading an object of this size costs more than deciding on it. */
const situationOf = (argument: DecisionArgument, { current, evidence }: Pick<Situation, 'current' | 'evidence'>): Situation => ({
  service: argument.service,
  tick: argument.tick,
  coreHash: argument.coreHash,
  nowMs: argument.nowMs,
  horizonMs: argument.horizonMs,
  ownerSinceMs: argument.ownerSinceMs,
  spec: argument.spec,
  signals: argument.signals,
  heartbeats: argument.heartbeats,
  instances: argument.instances,
  current,
  ordersUnderWay: argument.ordersUnderWay,
  memory: argument.memory,
  controls: argument.controls,
  evidence,
  band: ratioBandOf(argument.spec),
  groups: groupCount(argument.instances),
})

/** Executes a recorded decision again, from the `argument` of its ScaleDecided alone. */
export const decideAgain = (argument: string): Verdict => decide(readArgument(argument))

const unknownInstances: Conclusion = {
  outcome: { hold: hold('INSTANCES_UNKNOWN', 'no complete report of all sub-clusters since the last order'), limits: [] },
  asks: [],
  recommended: null,
  isRatioSatisfied: true,
}

/** When a hold or a control ends by itself, or when a signal turns stale unless it is heard again, whichever comes first. */
const recheckAt = ({ nowMs, spec, controls }: DecisionArgument, evidence: readonly Evidence[], outcome: Outcome): EpochMs | null => {
  const staleAfterMs = secondsToMs(spec.evidence.staleAfterSeconds)
  let soonest = Infinity
  const note = (time: EpochMs): void => {
    const atMs = fixed(time)
    if (atMs > nowMs) soonest = Math.min(soonest, atMs)
  }
  for (const { ageMs } of evidence) if (ageMs !== null) note(nowMs - ageMs + staleAfterMs + 1)
  if ('hold' in outcome && outcome.hold.untilMs !== null) note(outcome.hold.untilMs)
  for (const { untilMs } of controls ?? []) if (untilMs !== null) note(untilMs)
  return soonest === Infinity ? null : soonest
}
