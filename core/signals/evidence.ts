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
import { queueEvidence } from './queue-evidence.ts'
import type { SignalHistory, SourceSeries } from './sample.ts'
import { coverageOf, isFreshSeries, newestAge } from './source-coverage.ts'
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
  readonly queues: { readonly [role in Role]: Evidence }
  readonly instances: Evidence
  readonly registered: RoleCounts
}

/** Role whose instances produce the signal. */
export const roleOfSignal = (signal: 'decodeTps' | 'prefillTps'): Role => (signal === 'decodeTps' ? 'decode' : 'prefill')

export const gatherEvidence = (argument: EvidenceArgument): ServiceEvidence => {
  const registered = registeredCounts(argument.instances)
  const staleAfterMs = secondsToMs(argument.spec.evidence.staleAfterSeconds)
  const sight: Sight = { nowMs: argument.nowMs, horizonMs: argument.horizonMs, staleAfterMs, registered }
  const queues = {
    prefill: queueEvidence(argument.signals, sight, 'prefill'),
    decode: queueEvidence(argument.signals, sight, 'decode'),
  }
  const isQueueEmpty = (queues.prefill.value ?? 0) === 0 && (queues.decode.value ?? 0) === 0
  const { slo, policies } = argument.spec
  const windowMs = secondsToMs(policies.latencyGuard.windowSeconds)
  return {
    demand: demandEvidence(argument, sight, isQueueEmpty),
    ttft: unlessStalled(latencyEvidence(argument.signals, sight, { signal: 'ttftMsP95', slo: slo.ttftMsP95, windowMs }), isQueueEmpty),
    tbt: unlessStalled(latencyEvidence(argument.signals, sight, { signal: 'tbtMsP95', slo: slo.tbtMsP95, windowMs }), isQueueEmpty),
    queues,
    instances: instanceEvidence(argument.instances, sight),
    registered,
  }
}

/** Evidence in the order in which records show it. */
export const listEvidence = ({ demand, ttft, tbt, queues, instances }: ServiceEvidence): readonly Evidence[] => [
  demand,
  ttft,
  tbt,
  queues.prefill,
  queues.decode,
  instances,
]

/** No first token while requests wait is a stall: the histogram counts a request only when its token is out. */
const unlessStalled = (latency: Evidence, isQueueEmpty: boolean): Evidence =>
  latency.state === 'idle' && !isQueueEmpty ? { ...latency, state: 'failed' } : latency

/** Token throughput: the sum over sources of each one's mean over the policy's window. */
const demandEvidence = (argument: EvidenceArgument, sight: Sight, isQueueEmpty: boolean): Evidence => {
  const { signal, windowSeconds } = argument.spec.policies.proportional
  const series = argument.signals[signal]
  const fresh = series.filter((one) => isFreshSeries(one, sight))
  const window = { endMs: sight.horizonMs, lengthMs: secondsToMs(windowSeconds) }
  const value = fresh.length === 0 ? null : fixed(fresh.reduce((sum, one) => sum + (recentValue(one, window) ?? 0), 0))
  return {
    signal,
    state: demandState(argument, { series, fresh, value, isQueueEmpty, sight }),
    value,
    ageMs: newestAge(series, sight),
    coverage: coverageOf(series, sight, roleOfSignal(signal)),
    rising: false,
  }
}

type DemandFacts = {
  readonly series: readonly SourceSeries[]
  readonly fresh: readonly SourceSeries[]
  readonly value: number | null
  readonly isQueueEmpty: boolean
  readonly sight: Sight
}

const demandState = (argument: EvidenceArgument, facts: DemandFacts): Evidence['state'] => {
  if (facts.series.length === 0) return 'missing'
  if (facts.value === null) return newestAge(facts.series, facts.sight) === null ? 'failed' : 'stale'
  if (facts.value > 0) return 'fresh'
  const within = { now: facts.sight.nowMs, maxAge: facts.sight.staleAfterMs }
  const seen = facts.fresh.every((one) => isAlive(argument.heartbeats, one.source, within))
  // Requests that wait while no token comes out are a stall, not a quiet hour.
  return seen && facts.isQueueEmpty ? 'idle' : 'failed'
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
