/**
 * From engines to samples: one source's view of one role over one window. Sums count what was heard and say beside it
 * how many instances that was; an engine that was not heard adds nothing and lowers the coverage.
 */
import type { CacheObserved, HardwareObserved, LatencyObserved, TpsObserved } from '../events/observed.ts'
import type { Role } from '../roles.ts'
import { fixed, type EpochMs } from '../units.ts'
import { counterRate } from './counter.ts'
import type { EngineGrowth, EngineReading } from './engine-reading.ts'
import { histogramQuantile, mergeHistograms, type Histogram } from './histogram.ts'

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

const sampleOf = (round: RoleRound) => {
  const registered = round.instances.filter((instance) => instance.registered)
  return {
    service: round.service,
    role: round.role,
    source: round.source,
    windowStartMs: round.windowStartMs,
    windowEndMs: round.windowEndMs,
    instancesHeard: registered.filter((instance) => instance.growth !== null).length,
    instancesRegistered: registered.length,
  }
}

const growths = (round: RoleRound): readonly EngineGrowth[] =>
  round.instances.flatMap((instance) => (instance.growth === null ? [] : [instance.growth]))

const readings = (round: RoleRound): readonly EngineReading[] =>
  round.instances.flatMap((instance) => (instance.reading === null ? [] : [instance.reading]))

const tpsSample = (round: RoleRound): TpsObserved => {
  const tokensOf = round.role === 'decode' ? generated : missedPrompt
  const rates = growths(round).map((growth) => counterRate(tokensOf(growth), growth.elapsedMs))
  return { type: 'TpsObserved', ...sampleOf(round), tps: sumOf(rates) }
}

const generated = (growth: EngineGrowth): number | null => growth.generatedTokens
const missedPrompt = (growth: EngineGrowth): number | null => growth.missedPromptTokens

const latencySample = (round: RoleRound): LatencyObserved => {
  const ttft = merged(growths(round).map((growth) => growth.ttftSeconds))
  const tbt = merged(growths(round).map((growth) => growth.tbtSeconds))
  return {
    type: 'LatencyObserved',
    ...sampleOf(round),
    ttftMsP95: p95Ms(ttft),
    tbtMsP95: p95Ms(tbt),
    requests: (ttft ?? tbt)?.counts.at(-1) ?? null,
  }
}

const merged = (histograms: readonly (Histogram | null)[]): Histogram | null =>
  mergeHistograms(histograms.filter((histogram) => histogram !== null))

const p95Ms = (histogram: Histogram | null): number | null => {
  const seconds = histogram === null ? null : histogramQuantile(histogram, 0.95)
  return seconds === null ? null : fixed(seconds * 1000)
}

const cacheSample = (round: RoleRound): CacheObserved => {
  const queries = sumOf(growths(round).map((growth) => growth.cacheQueries))
  const hits = sumOf(growths(round).map((growth) => growth.cacheHits))
  const usages = readings(round).map((reading) => reading.kvCacheUsage)
  return {
    type: 'CacheObserved',
    ...sampleOf(round),
    kvCacheUsage: meanOf(usages),
    hitRate: queries === null || queries === 0 || hits === null ? null : fixed(hits / queries),
    queueDepth: sumOf(readings(round).map((reading) => reading.requestsWaiting)),
  }
}

/** GPU activity of one instance; null fields are not served by its node's exporter. */
export type GpuActivity = { readonly gpuUtilisation: number | null; readonly smActivity: number | null }

/** Mean GPU activity of the role over the instances whose node answered. */
export const hardwareSample = (round: RoleRound, gpus: readonly GpuActivity[]): HardwareObserved => ({
  type: 'HardwareObserved',
  ...sampleOf(round),
  instancesHeard: gpus.length,
  gpuUtilisation: meanOf(gpus.map((gpu) => gpu.gpuUtilisation)),
  smActivity: meanOf(gpus.map((gpu) => gpu.smActivity)),
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
