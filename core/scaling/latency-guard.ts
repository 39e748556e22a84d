/**
 * Negative feedback on TTFT and TBT (paper 3.3). Latency is flat and then falls off a cliff, so it is a guard beside
 * the proportional policy: fixed steps when an SLO is at risk, and a veto against shrinking.
 */
import type { Evidence } from '../events/decided.ts'
import type { Role, RoleCounts } from '../roles.ts'
import { fixed, secondsToMs, showNumber } from '../units.ts'
import type { Situation } from './argument.ts'
import { hold } from './verdict.ts'
import type { Ask, Hold } from './verdict.ts'

/** TTFT is what prefill makes of the load, TBT what decode makes of it. */
const guarded = [
  { role: 'prefill', evidence: 'ttft', slo: 'ttftMsP95' },
  { role: 'decode', evidence: 'tbt', slo: 'tbtMsP95' },
] as const

type Breach = { readonly role: Role; readonly stepPercent: number; readonly text: string }

/** SLOs that a tier says are broken, each with the step of the highest tier that is reached. */
const breaches = ({ evidence, spec }: Situation): readonly Breach[] =>
  guarded.flatMap((guard) => {
    const latency = evidence[guard.evidence]
    const ratio = sloRatio(latency, spec.slo[guard.slo])
    const tier = spec.policies.latencyGuard.tiers.findLast(({ atSloRatio }) => ratio !== null && ratio >= atSloRatio)
    if (!tier) return []
    const text = `${latency.signal} ${showNumber(latency.value)} is ${showNumber(ratio)} times its SLO of ${spec.slo[guard.slo]}`
    return [{ role: guard.role, stepPercent: tier.stepPercent, text }]
  })

/** Latency / SLO; null when the latency is not known now. */
const sloRatio = (latency: Evidence, slo: number): number | null =>
  latency.state === 'fresh' && latency.value !== null ? fixed(latency.value / slo) : null

/**
 * Asks for a fixed step of the breached role: TTFT adds prefill, TBT adds decode. A step is relative, so it rests while
 * an order to grow is on its way and until the window behind the latency is younger than its end; else every tick of a
 * slow start would add another step.
 */
export const latencyGuardAsk = (situation: Situation): Ask => {
  const broken = breaches(situation)
  const rest = { policy: 'latency-guard', direction: 'hold', target: situation.current } as const
  if (broken.length === 0) return { ...rest, reason: unbroken(situation) }
  const reason = broken.map(({ text }) => text).join(', ')
  const until = restsUntil(situation)
  if (until !== null) return { ...rest, reason: `it rests, since ${Number.isFinite(until) ? 'its window reaches back before the last growth' : 'an order to grow is on its way'}: ${reason}` }
  return { policy: 'latency-guard', direction: 'out', target: broken.reduce(step, situation.current), reason }
}

/** A latency that nobody knows is not a low one: the guard cannot act on it, and says so. */
const unbroken = ({ evidence }: Situation): string => {
  const { ttft, tbt } = evidence
  if (ttft.state === 'fresh' && tbt.state === 'fresh') return 'TTFT and TBT are below every tier'
  const unknown = [ttft, tbt].filter(({ state }) => state !== 'fresh').map(({ signal, state }) => `${signal} is ${state}`)
  return `it rests${unknown.length === 1 ? ' in part' : ''}: ${unknown.join(', ')}`
}

const step = (counts: RoleCounts, { role, stepPercent }: Breach): RoleCounts => ({
  ...counts,
  [role]: counts[role] + Math.max(1, Math.ceil(fixed((counts[role] * stepPercent) / 100))),
})

/** Until when a step would be taken on latency from before the last one; null when the guard is free to act. */
const restsUntil = ({ nowMs, memory, ordersUnderWay, spec }: Situation): number | null => {
  if (ordersUnderWay.some(({ kind }) => kind !== 'scale-in')) return Infinity
  const until = (memory.grownAtMs ?? -Infinity) + secondsToMs(spec.policies.latencyGuard.windowSeconds)
  return until > nowMs ? until : null
}

/** The hold of a guard that would act if it were not resting. */
export const guardResting = (situation: Situation): Hold | null => {
  const [first] = breaches(situation)
  const until = restsUntil(situation)
  if (!first || until === null) return null
  return hold('GUARD_RESTING', `${first.text}; the last growth does not show in it yet`, Number.isFinite(until) ? until : null)
}

/** Above this share of an SLO no fleet is made smaller: the cliff is near. */
export const nearSlo = 0.9

/** Forbids to shrink while an SLO is broken, nearly broken, or on its way there. */
export const latencyVeto = (situation: Situation): Hold | null => {
  const [broken] = breaches(situation)
  if (broken) return hold('LATENCY_VETO', broken.text)
  return queueVeto(situation) ?? risingVeto(situation) ?? nearSloVeto(situation)
}

const risingVeto = ({ evidence }: Situation): Hold | null => {
  const rising = [evidence.ttft, evidence.tbt, evidence.queues.prefill, evidence.queues.decode].find((one) => one.rising)
  return rising ? hold('RISING_VETO', `${rising.signal} rises, now ${showNumber(rising.value)}`) : null
}

/**
 * A request waits at every instance. A queue that nobody observes vetoes nothing, since not every engine serves one:
 * what waiting does to users is TTFT, and TTFT is required.
 */
const queueVeto = ({ evidence }: Situation): Hold | null => {
  const role = (['prefill', 'decode'] as const).find((one) => {
    const { state, value } = evidence.queues[one]
    return state === 'fresh' && value !== null && value > 0 && value >= evidence.registered[one]
  })
  if (!role) return null
  return hold('QUEUE_VETO', `${showNumber(evidence.queues[role].value)} requests wait at ${evidence.registered[role]} ${role} instances`)
}

const nearSloVeto = ({ evidence, spec }: Situation): Hold | null => {
  const near = guarded.find((guard) => (sloRatio(evidence[guard.evidence], spec.slo[guard.slo]) ?? 0) >= nearSlo)
  if (!near) return null
  const { signal, value } = evidence[near.evidence]
  return hold('CONSOLIDATION', `${signal} ${showNumber(value)} is within 10 % of its SLO ${spec.slo[near.slo]}`)
}
