/**
 * What may be concluded from a service's samples at a tick: each signal is fresh, stale, missing, failed or idle
 * (DESIGN 5.1). Missing is never zero; zero counts only beside a collector that lives.
 */
import type { Evidence } from '../events/decided.ts'
import type { Role, RoleCounts } from '../roles.ts'
import type { DisaggregatedServiceSpec } from '../service/specification.ts'
import type { EpochMs } from '../units.ts'
import { fixed, secondsToMs } from '../units.ts'
import { isAlive } from './heartbeat.ts'
import type { Heartbeat } from './heartbeat.ts'
import { oldestViewAge, registeredCounts } from './instances.ts'
import type { SubClusterView } from './instances.ts'
import { latencyEvidence } from './latency-evidence.ts'
import { onePerSubCluster } from './one-source.ts'
import { isNobodyServed, isNobodyWaiting, queueEvidence, runningEvidence } from './queue-evidence.ts'
import type { RequestsInside } from './queue-evidence.ts'
import type { SignalHistory, SourceSeries } from './sample.ts'
import { coverageOf, freshSeries, newestAge } from './source-coverage.ts'
import type { Sight } from './source-coverage.ts'
import { recentValue } from './window.ts'

export type EvidenceArgument = {
  readonly nowMs: EpochMs
  /** Windows that ended by then are known to be complete: now − lateness. */
  readonly horizonMs: EpochMs
  readonly spec: DisaggregatedServiceSpec
  readonly signals: SignalHistory
  readonly heartbeats: readonly Heartbeat[]
  readonly instances: readonly SubClusterView[]
}

export type ServiceEvidence = {
  /** The signal of the proportional policy. */
  readonly demand: Evidence
  readonly ttft: Evidence
  readonly tbt: Evidence
  readonly queues: RequestsInside['queues']
  readonly running: RequestsInside['running']
  readonly instances: Evidence
  readonly registered: RoleCounts
}

/** Role whose instances produce the signal. */
export const roleOfSignal = (signal: 'decodeTps' | 'prefillTps'): Role => (signal === 'decodeTps' ? 'decode' : 'prefill')

export const gatherEvidence = (argument: EvidenceArgument): ServiceEvidence => {
  const { spec } = argument
  const signals = onePerSubCluster(argument.signals)
  const registered = registeredCounts(argument.instances)
  const staleAfterMs = secondsToMs(spec.evidence.staleAfterSeconds)
  const sight: Sight = { nowMs: argument.nowMs, horizonMs: argument.horizonMs, staleAfterMs, registered }
  const inside: RequestsInside = {
    queues: { prefill: queueEvidence(signals, sight, 'prefill'), decode: queueEvidence(signals, sight, 'decode') },
    running: { prefill: runningEvidence(signals, sight, 'prefill'), decode: runningEvidence(signals, sight, 'decode') },
  }
  const rest = restOf(inside, spec.evidence.minCoverage)
  const { slo, policies } = spec
  const windowMs = secondsToMs(policies.latencyGuard.windowSeconds)
  return {
    demand: demandEvidence({ spec, signals, heartbeats: argument.heartbeats }, sight, rest.prefill && rest.decode),
    ttft: unlessStalled(latencyEvidence(signals, sight, { signal: 'ttftMsP95', slo: slo.ttftMsP95, windowMs }), rest.prefill),
    tbt: unlessStalled(latencyEvidence(signals, sight, { signal: 'tbtMsP95', slo: slo.tbtMsP95, windowMs }), rest.decode),
    queues: inside.queues,
    running: inside.running,
    instances: instanceEvidence(argument.instances, sight),
    registered,
  }
}

/** Evidence in the order in which records show it. */
export const listEvidence = ({ demand, ttft, tbt, queues, running, instances }: ServiceEvidence): readonly Evidence[] => [
  demand,
  ttft,
  tbt,
  queues.prefill,
  queues.decode,
  running.prefill,
  running.decode,
  instances,
]

/** A role is at rest when nobody waits anywhere and the role works on nothing; a long answer keeps only decode busy. */
const restOf = (inside: RequestsInside, minCoverage: number): { readonly [role in Role]: boolean } => {
  const isQueueEmpty = isNobodyWaiting(inside, minCoverage)
  return {
    prefill: isQueueEmpty && isNobodyServed(inside, 'prefill', minCoverage),
    decode: isQueueEmpty && isNobodyServed(inside, 'decode', minCoverage),
  }
}

/** No token while requests are inside is a stall: the histogram counts a request only when its token is out. */
const unlessStalled = (latency: Evidence, isAtRest: boolean): Evidence =>
  latency.state === 'idle' && !isAtRest ? { ...latency, state: 'failed' } : latency

type Demand = Pick<EvidenceArgument, 'spec' | 'signals' | 'heartbeats'>

/** Token throughput: the sum over sources of each one's mean over the policy's window. */
const demandEvidence = (argument: Demand, sight: Sight, isAtRest: boolean): Evidence => {
  const { signal, windowSeconds } = argument.spec.policies.proportional
  const series = argument.signals[signal]
  const fresh = freshSeries(series, sight)
  const window = { endMs: sight.horizonMs, lengthMs: secondsToMs(windowSeconds) }
  const value = fresh.length === 0 ? null : fixed(fresh.reduce((sum, one) => sum + (recentValue(one, window) ?? 0), 0))
  return {
    signal,
    state: demandState(argument, { series, fresh, value, isAtRest, sight }),
    value,
    ageMs: newestAge(series, sight),
    coverage: coverageOf(series, sight, { role: roleOfSignal(signal), window }),
    rising: false,
  }
}

type DemandFacts = {
  readonly series: readonly SourceSeries[]
  readonly fresh: readonly SourceSeries[]
  readonly value: number | null
  readonly isAtRest: boolean
  readonly sight: Sight
}

const demandState = (argument: Demand, facts: DemandFacts): Evidence['state'] => {
  if (facts.series.length === 0) return 'missing'
  if (facts.value === null) return newestAge(facts.series, facts.sight) === null ? 'failed' : 'stale'
  if (facts.value > 0) return 'fresh'
  const within = { now: facts.sight.nowMs, maxAge: facts.sight.staleAfterMs }
  const seen = facts.fresh.every((one) => isAlive(argument.heartbeats, one.source, within))
  // Requests that wait or run while no token comes out are a stall, not a quiet hour; so is a fleet that does not say.
  return seen && facts.isAtRest ? 'idle' : 'failed'
}

const instanceEvidence = (views: readonly SubClusterView[], sight: Sight): Evidence => {
  const ageMs = oldestViewAge(views, sight.nowMs)
  const { prefill, decode } = sight.registered
  return {
    signal: 'instances',
    state: instanceState(views, ageMs, sight),
    value: ageMs === null ? null : prefill + decode,
    ageMs,
    coverage: null,
    rising: false,
  }
}

const instanceState = (views: readonly SubClusterView[], ageMs: number | null, sight: Sight): Evidence['state'] => {
  if (ageMs === null) return 'missing'
  if (views.some((view) => !view.newestComplete)) return 'failed'
  return ageMs > sight.staleAfterMs ? 'stale' : 'fresh'
}
