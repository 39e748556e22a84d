/** What one engine said of itself at one scrape, and what happened inside it between two scrapes. Null = not served. */
import type { DurationMs, EpochMs } from '../units.ts'
import { growthOverSeries, haveSameSeries, type CounterReading } from './counter.ts'
import { histogramGrowth, type Histogram } from './histogram.ts'

/** A histogram as one target serves it, by engine behind the address. */
export type HistogramReading = ReadonlyMap<string, Histogram>

/** Counters and histograms stay apart by series until they are differenced: each engine restarts on its own. */
export type EngineReading = {
  readonly time: EpochMs
  readonly promptTokens: CounterReading | null
  readonly cachedPromptTokens: CounterReading | null
  readonly generatedTokens: CounterReading | null
  /** Seconds, as engines expose them. */
  readonly ttftSeconds: HistogramReading | null
  readonly tbtSeconds: HistogramReading | null
  readonly requestsRunning: number | null
  readonly requestsWaiting: number | null
  readonly kvCacheUsage: number | null
  readonly cacheQueries: CounterReading | null
  readonly cacheHits: CounterReading | null
}

export type EngineGrowth = {
  readonly elapsedMs: DurationMs
  /** Prompt tokens that no cache held: the only prefill throughput that follows load (paper section 4). */
  readonly missedPromptTokens: number | null
  readonly generatedTokens: number | null
  /** One per engine behind the address; their bounds may differ. */
  readonly ttftSeconds: readonly Histogram[] | null
  readonly tbtSeconds: readonly Histogram[] | null
  readonly cacheQueries: number | null
  readonly cacheHits: number | null
}

export const growthBetween = (before: EngineReading, after: EngineReading): EngineGrowth => ({
  elapsedMs: after.time - before.time,
  missedPromptTokens: missedBetween(before, after),
  generatedTokens: growthOverSeries(before.generatedTokens, after.generatedTokens),
  ttftSeconds: growthOf(before.ttftSeconds, after.ttftSeconds),
  tbtSeconds: growthOf(before.tbtSeconds, after.tbtSeconds),
  cacheQueries: growthOverSeries(before.cacheQueries, after.cacheQueries),
  cacheHits: growthOverSeries(before.cacheHits, after.cacheHits),
})

/** An engine that serves no cache counter has no prefix cache: then every prompt token was computed. */
const missedBetween = (before: EngineReading, after: EngineReading): number | null => {
  const prompt = growthOverSeries(before.promptTokens, after.promptTokens)
  if (before.cachedPromptTokens === null && after.cachedPromptTokens === null) return prompt
  const cached = growthOverSeries(before.cachedPromptTokens, after.cachedPromptTokens)
  return prompt === null || cached === null ? null : Math.max(0, prompt - cached)
}

/** Null when an engine came or went, and when one changed its bounds: what it measured meanwhile is not known. */
const growthOf = (before: HistogramReading | null, after: HistogramReading | null): readonly Histogram[] | null => {
  if (before === null || after === null || !haveSameSeries(before, after)) return null
  const growths = [...after].map(([engine, histogram]) => histogramGrowth(before.get(engine) as Histogram, histogram))
  return growths.some((growth) => growth === null) ? null : (growths as readonly Histogram[])
}
