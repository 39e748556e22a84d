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
import { allAsks, combine } from './combine.ts'
import { isRatioSatisfied } from './ratio.ts'
import { hold } from './verdict.ts'
import type { Outcome, Verdict } from './verdict.ts'

/** Decides for one service at one tick. */
export const decide = (argument: DecisionArgument): Verdict => {
  const evidence = gatherEvidence(argument)
  if (argument.current === null) return unknownInstances(argument, evidence)
  const situation: Situation = {
    ...argument,
    current: argument.current,
    evidence,
    band: ratioBandOf(argument.spec),
    groups: groupCount(argument.instances),
  }
  const asks = allAsks(situation)
  const { outcome, recommended } = combine(situation, asks)
  return {
    ...outcome,
    current: argument.current,
    evidence: listEvidence(evidence),
    asks,
    recommended,
    isRatioSatisfied: isRatioSatisfied(situation),
    recheckAtMs: recheckAt(argument, evidence, outcome),
  }
}

/** Executes a recorded decision again, from the `argument` of its ScaleDecided alone. */
export const decideAgain = (argument: string): Verdict => decide(JSON.parse(argument) as DecisionArgument)

const unknownInstances = (argument: DecisionArgument, evidence: ServiceEvidence): Verdict => {
  const outcome = { hold: hold('INSTANCES_UNKNOWN', 'no complete report of all sub-clusters since the last order'), limits: [] }
  return {
    ...outcome,
    current: null,
    evidence: listEvidence(evidence),
    asks: [],
    recommended: null,
    isRatioSatisfied: true,
    recheckAtMs: recheckAt(argument, evidence, outcome),
  }
}

/** When a hold ends by itself, or when a signal turns stale unless it is heard again, whichever comes first. */
const recheckAt = ({ nowMs, spec }: DecisionArgument, evidence: ServiceEvidence, outcome: Outcome): EpochMs | null => {
  const staleAfterMs = secondsToMs(spec.evidence.staleAfterSeconds)
  const staleAt = listEvidence(evidence).flatMap(({ ageMs }) => (ageMs === null ? [] : [nowMs - ageMs + staleAfterMs + 1]))
  const endsAt = 'hold' in outcome && outcome.hold.untilMs !== null ? [outcome.hold.untilMs] : []
  const ahead = [...staleAt, ...endsAt].map(fixed).filter((time) => time > nowMs)
  return ahead.length === 0 ? null : Math.min(...ahead)
}
