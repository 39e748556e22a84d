/**
 * The policy engine: everything known about a service at a tick in, one verdict out (DESIGN section 5). Pure: the same
 * argument gives the same verdict, byte for byte, on every machine.
 */
import { fixed, secondsToMs } from '../units.ts'
import type { EpochMs } from '../units.ts'
import { ratioBandOf } from '../service/specification.ts'
import { gatherEvidence, listEvidence } from '../signals/evidence.ts'
import type { ServiceEvidence } from '../signals/evidence.ts'
import { groupCount } from '../signals/instances.ts'
import type { DecisionArgument, Situation } from './argument.ts'
import { combineByHand } from './by-hand.ts'
import { allAsks, combine } from './combine.ts'
import { heedControls } from './controls.ts'
import { isRatioSatisfied } from './ratio.ts'
import { hold } from './verdict.ts'
import type { Outcome, Verdict } from './verdict.ts'

/** Decides for one service at one tick. */
export const decide = (argument: DecisionArgument): Verdict => {
  const evidence = gatherEvidence(argument)
  const { outcome: free, ...rest } = argument.current === null ? unknownInstances : conclude(argument, { current: argument.current, evidence })
  const outcome = heedControls(argument, free)
  return {
    ...outcome,
    ...rest,
    current: argument.current,
    evidence: listEvidence(evidence),
    recheckAtMs: recheckAt(argument, evidence, outcome),
  }
}

/** What the policies and the limits come to, before any stop is heeded. */
type Conclusion = Pick<Verdict, 'asks' | 'recommended' | 'isRatioSatisfied'> & { readonly outcome: Outcome }

/**
 * Under an order by hand, what the policies want stays on record and in the stabilisation windows, so that the service
 * returns to it when the order ends.
 */
const conclude = (argument: DecisionArgument, known: Pick<Situation, 'current' | 'evidence'>): Conclusion => {
  const situation: Situation = { ...argument, ...known, band: ratioBandOf(argument.spec), groups: groupCount(argument.instances) }
  const automatic = allAsks(situation)
  const { outcome, recommended } = combine(situation, automatic)
  const byHand = combineByHand(situation, automatic)
  return { outcome, asks: automatic, recommended, isRatioSatisfied: isRatioSatisfied(situation), ...byHand }
}

/** Executes a recorded decision again, from the `argument` of its ScaleDecided alone. */
export const decideAgain = (argument: string): Verdict => decide(JSON.parse(argument) as DecisionArgument)

const unknownInstances: Conclusion = {
  outcome: { hold: hold('INSTANCES_UNKNOWN', 'no complete report of all sub-clusters since the last order'), limits: [] },
  asks: [],
  recommended: null,
  isRatioSatisfied: true,
}

/** When a hold or a control ends by itself, or when a signal turns stale unless it is heard again, whichever comes first. */
const recheckAt = ({ nowMs, spec, controls }: DecisionArgument, evidence: ServiceEvidence, outcome: Outcome): EpochMs | null => {
  const staleAfterMs = secondsToMs(spec.evidence.staleAfterSeconds)
  const staleAt = listEvidence(evidence).flatMap(({ ageMs }) => (ageMs === null ? [] : [nowMs - ageMs + staleAfterMs + 1]))
  const endsAt = 'hold' in outcome && outcome.hold.untilMs !== null ? [outcome.hold.untilMs] : []
  const controlEndsAt = (controls ?? []).flatMap(({ untilMs }) => (untilMs === null ? [] : [untilMs]))
  const ahead = [...staleAt, ...endsAt, ...controlEndsAt].map(fixed).filter((time) => time > nowMs)
  return ahead.length === 0 ? null : Math.min(...ahead)
}
