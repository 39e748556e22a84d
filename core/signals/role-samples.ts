/**
 * From engines to samples: one source's view of one role over one window. Sums count what was heard and say beside it
 * how many instances that was; an engine that was not heard adds nothing and lowers the coverage.
 */
import type { CacheObserved, HardwareObserved, LatencyObserved, TpsObserved } from '../events/observed.ts'
import type { Role } from '../roles.ts'
import { fixed, type EpochMs } from '../units.ts'
import { counterRate } from './counter.ts'
import type { EngineGrowth, EngineReading } from './engine-reading.ts'
import { worstQuantile, type Histogram } from './histogram.ts'
import { mostPerSecond, mostRequests, plausible } from './plausible.ts'

/** One instance in one round; `growth` and `reading` are null when it was not heard. */
export type InstanceRound = {
  readonly registered: boolean
  readonly growth: EngineGrowth | null
  readonly reading: EngineReading | null
}

export type RoleRound = {
  readonly service: string
  readonly role: Role
  readonly source: string
  readonly windowStartMs: EpochMs
  readonly windowEndMs: EpochMs
  readonly instances: readonly InstanceRound[]
}

/** Throughput, latency and cache samples of one role. */
export const roleSamples = (round: RoleRound): readonly [TpsObserved, LatencyObserved, CacheObserved] => [
  tpsSample(round),
  latencySample(round),
  cacheSample(round),
]

/** Fields of every sample. `isHeard` says whether an instance's own measurement is inside it. */
const sampleOf = (round: RoleRound, isHeard: (instance: InstanceRound) => boolean) => {
  const registered = round.instances.filter((instance) => instance.registered)
  return {
    service: round.service,
    role: round.role,
    source: round.source,
    windowStartMs: round.windowStartMs,
    windowEndMs: round.windowEndMs,
    instancesHeard: registered.filter(isHeard).length,
    instancesRegistered: registered.length,
  }
}

/** What one instance contributes to one quantity; null: it serves none, or none that can be believed. */
type Part<T> = (instance: InstanceRound) => T | null

/** Instances that contribute to every quantity of the record that any instance contributes to. */
const heardInAll = (round: RoleRound, parts: readonly Part<unknown>[]): ((instance: InstanceRound) => boolean) => {
  const spoken = parts.filter((part) => round.instances.some((instance) => part(instance) !== null))
  return (instance) => spoken.length > 0 && spoken.every((part) => part(instance) !== null)
}

const tpsSample = (round: RoleRound): TpsObserved => {
  const rate: Part<number> = ({ growth }) => growth && rateOf(growth, round.role === 'decode' ? growth.generatedTokens : growth.missedPromptTokens)
  return { type: 'TpsObserved', ...sampleOf(round, heardInAll(round, [rate])), tps: sumOf(round.instances.map(rate)) }
}

const rateOf = (growth: EngineGrowth, tokens: number | null): number | null =>
  plausible(counterRate(tokens, growth.elapsedMs), mostPerSecond)

const latencySample = (round: RoleRound): LatencyObserved => {
  const ttftOf: Part<readonly Histogram[]> = ({ growth }) => growth && observedOf(growth, growth.ttftSeconds)
  const tbtOf: Part<readonly Histogram[]> = ({ growth }) => growth && observedOf(growth, growth.tbtSeconds)
  const ttft = gathered(round.instances.map(ttftOf))
  const tbt = gathered(round.instances.map(tbtOf))
  return {
    type: 'LatencyObserved',
    ...sampleOf(round, heardInAll(round, [ttftOf, tbtOf])),
    ttftMsP95: p95Ms(ttft),
    tbtMsP95: p95Ms(tbt),
    requests: requestsOf(ttft ?? tbt),
  }
}

/** Null when any of the engine's histograms counts faster than an engine can. */
const observedOf = (growth: EngineGrowth, histograms: readonly Histogram[] | null): readonly Histogram[] | null => {
  const isCredible = ({ counts }: Histogram): boolean => rateOf(growth, counts.at(-1) ?? 0) !== null
  return histograms?.every(isCredible) === true ? histograms : null
}

const gathered = (parts: readonly (readonly Histogram[] | null)[]): readonly Histogram[] | null => {
  const known = parts.filter((part) => part !== null)
  return known.length === 0 ? null : known.flat()
}

const requestsOf = (histograms: readonly Histogram[] | null): number | null =>
  histograms && histograms.reduce((sum, { counts }) => sum + (counts.at(-1) ?? 0), 0)

const p95Ms = (histograms: readonly Histogram[] | null): number | null => {
  const seconds = histograms === null ? null : worstQuantile(histograms, 0.95)
  return seconds === null ? null : fixed(seconds * 1000)
}

const cacheSample = (round: RoleRound): CacheObserved => {
  const waiting: Part<number> = ({ reading }) => reading && plausible(reading.requestsWaiting, mostRequests)
  const running: Part<number> = ({ reading }) => reading && plausible(reading.requestsRunning, mostRequests)
  const queries = sumOf(round.instances.map(({ growth }) => growth && rateOf(growth, growth.cacheQueries)))
  const hits = sumOf(round.instances.map(({ growth }) => growth && rateOf(growth, growth.cacheHits)))
  return {
    type: 'CacheObserved',
    // Decisions look at the requests inside; usage and hit rate are for people.
    ...sampleOf(round, heardInAll(round, [waiting, running])),
    kvCacheUsage: meanOf(round.instances.map(({ reading }) => reading && plausible(reading.kvCacheUsage, 1))),
    hitRate: queries === null || queries === 0 || hits === null ? null : fixed(hits / queries),
    queueDepth: sumOf(round.instances.map(waiting)),
    requestsRunning: sumOf(round.instances.map(running)),
  }
}

/** GPU activity of one instance; null fields are not served by its node's exporter. */
export type GpuActivity = { readonly gpuUtilisation: number | null; readonly smActivity: number | null }

/** Mean GPU activity of the role over the instances whose node answered. */
export const hardwareSample = (round: RoleRound, gpus: readonly GpuActivity[]): HardwareObserved => ({
  type: 'HardwareObserved',
  ...sampleOf(round, () => false),
  instancesHeard: gpus.length,
  gpuUtilisation: meanOf(gpus.map((gpu) => plausible(gpu.gpuUtilisation, 1))),
  smActivity: meanOf(gpus.map((gpu) => plausible(gpu.smActivity, 1))),
})

/** Sum of what is known; null when nothing is. */
const sumOf = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : fixed(known.reduce((sum, value) => sum + value, 0))
}

const meanOf = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : fixed(known.reduce((sum, value) => sum + value, 0) / known.length)
}
