/** What must be known before anything is taken away (DESIGN 5.1, 5.3). What is not known to be safe holds. */
import type { Evidence } from '../events/decided.ts'
import { showNumber } from '../units.ts'
import type { Situation } from './argument.ts'
import { latencyVeto } from './latency-guard.ts'
import { hold } from './verdict.ts'
import type { Hold, HoldReason } from './verdict.ts'

/** Why the evidence forbids to shrink; null when every required signal agrees. */
export const evidenceVeto = (situation: Situation): Hold | null => missingEvidence(situation) ?? latencyVeto(situation)

/** Each required signal must be there, young, and heard from enough instances. An idle latency agrees: nobody waits. */
export const missingEvidence = ({ evidence, spec }: Situation): Hold | null => {
  const required = [evidence.demand, evidence.ttft, evidence.tbt, evidence.instances]
  const doubtful = required.find(({ state }) => state !== 'fresh' && state !== 'idle')
  if (doubtful) return unusable(doubtful)
  const thin = required.find(({ coverage }) => coverage !== null && coverage < spec.evidence.minCoverage)
  if (!thin) return null
  return hold('COVERAGE_LOW', `${thin.signal} covers ${showNumber(thin.coverage)} of its instances; ${spec.evidence.minCoverage} is required`)
}

const reasonOfState: { readonly [state in Evidence['state']]: HoldReason } = {
  missing: 'EVIDENCE_MISSING',
  stale: 'EVIDENCE_STALE',
  failed: 'EVIDENCE_FAILED',
  fresh: 'EVIDENCE_FAILED',
  idle: 'EVIDENCE_FAILED',
}

/** The hold for a signal that says nothing now. */
export const unusable = ({ signal, state, ageMs, value }: Evidence): Hold => {
  const age = ageMs === null ? 'never observed' : `last observed ${Math.round(ageMs / 1000)} s ago`
  const detail = value === 0 ? `${signal} is 0 without proof that nothing is asked` : `${signal} is ${state}, ${age}`
  return hold(reasonOfState[state], detail)
}
