/**
 * Evidence of the requests inside a role's engines, waiting and running. Where a queue is served it vetoes scale-in; and
 * only where both are served, and 0, is a service without throughput idle and not hung.
 */
import type { Evidence } from '../events/decided.ts'
import { roles } from '../roles.ts'
import type { Role } from '../roles.ts'
import type { DurationMs } from '../units.ts'
import { fixed } from '../units.ts'
import type { SignalHistory, SignalName, SourceSeries } from './sample.ts'
import { coverageOf, freshSeries, newestAge } from './source-coverage.ts'
import type { Sight } from './source-coverage.ts'
import { isRising, newestValued } from './window.ts'

/** Queues are looked at over a minute: long enough for two halves of six scrapes. */
export const queueWindowMs: DurationMs = 60_000

/** Requests that wait at the role's instances now, summed over sources. A rise counts from one request an instance on. */
export const queueEvidence = (history: SignalHistory, sight: Sight, role: Role): Evidence => {
  const signal = role === 'prefill' ? 'prefillQueueDepth' : 'decodeQueueDepth'
  const fresh = freshSeries(history[signal], sight)
  const window = { endMs: sight.horizonMs, lengthMs: queueWindowMs }
  const floor = Math.max(1, sight.registered[role] / fresh.length)
  return requestsNow(history[signal], sight, { signal, role, rising: fresh.some((one) => isRising(one, window, floor)) })
}

/** Requests that the role's instances work on now, summed over sources. More of them is what a good hour looks like. */
export const runningEvidence = (history: SignalHistory, sight: Sight, role: Role): Evidence => {
  const signal = role === 'prefill' ? 'prefillRequestsRunning' : 'decodeRequestsRunning'
  return requestsNow(history[signal], sight, { signal, role, rising: false })
}

type Requests = { readonly signal: SignalName; readonly role: Role; readonly rising: boolean }

const requestsNow = (series: readonly SourceSeries[], sight: Sight, { signal, role, rising }: Requests): Evidence => {
  const fresh = freshSeries(series, sight)
  const ageMs = newestAge(series, sight)
  return {
    signal,
    state: fresh.length > 0 ? 'fresh' : ageMs === null ? 'missing' : 'stale',
    value: fresh.length === 0 ? null : fixed(fresh.reduce((sum, one) => sum + (newestValued(one)?.value ?? 0), 0)),
    ageMs,
    coverage: coverageOf(series, sight, { role, window: { endMs: sight.horizonMs, lengthMs: 0 } }),
    rising,
  }
}

/** Requests inside a service's engines. */
export type RequestsInside = {
  readonly queues: { readonly [role in Role]: Evidence }
  readonly running: { readonly [role in Role]: Evidence }
}

/** True when it was seen, at `minCoverage` of the instances of both roles, that no request waits. */
export const isNobodyWaiting = ({ queues }: RequestsInside, minCoverage: number): boolean =>
  roles.every((role) => isSeenToBeZero(queues[role], minCoverage))

/** True when it was seen that the role works on nothing. */
export const isNobodyServed = ({ running }: RequestsInside, role: Role, minCoverage: number): boolean =>
  isSeenToBeZero(running[role], minCoverage)

/** What is not known is not zero. */
const isSeenToBeZero = ({ state, value, coverage }: Evidence, minCoverage: number): boolean =>
  state === 'fresh' && value === 0 && coverage !== null && coverage >= minCoverage
