/** What one engine said of itself at one scrape, and what happened inside it between two scrapes. Null = not served. */
import type { DurationMs, EpochMs } from '../units.ts'
import { counterGrowth } from './counter.ts'
import { histogramGrowth, type Histogram } from './histogram.ts'

export type EngineReading = {
  readonly time: EpochMs
  readonly promptTokens: number | null
  readonly cachedPromptTokens: number | null
  readonly generatedTokens: number | null
  /** Seconds, as engines expose them. */
  readonly ttftSeconds: Histogram | null
  readonly tbtSeconds: Histogram | null
  readonly requestsWaiting: number | null
  readonly kvCacheUsage: number | null
  readonly cacheQueries: number | null
  readonly cacheHits: number | null
}

export type EngineGrowth = {
  readonly elapsedMs: DurationMs
  /** Prompt tokens that no cache held: the only prefill throughput that follows load (paper section 4). */
  readonly missedPromptTokens: number | null
  readonly generatedTokens: number | null
  readonly ttftSeconds: Histogram | null
  readonly tbtSeconds: Histogram | null
  readonly cacheQueries: number | null
  readonly cacheHits: number | null
}

export const growthBetween = (before: EngineReading, after: EngineReading): EngineGrowth => ({
  elapsedMs: after.time - before.time,
  missedPromptTokens: missed(
    counterGrowth(before.promptTokens, after.promptTokens),
    counterGrowth(before.cachedPromptTokens, after.cachedPromptTokens),
  ),
  generatedTokens: counterGrowth(before.generatedTokens, after.generatedTokens),
  ttftSeconds: growthOf(before.ttftSeconds, after.ttftSeconds),
  tbtSeconds: growthOf(before.tbtSeconds, after.tbtSeconds),
  cacheQueries: counterGrowth(before.cacheQueries, after.cacheQueries),
  cacheHits: counterGrowth(before.cacheHits, after.cacheHits),
})

/** An engine without a cache counter has no prefix cache: then every prompt token was computed. */
const missed = (prompt: number | null, cached: number | null): number | null =>
  prompt === null ? null : Math.max(0, prompt - (cached ?? 0))

const growthOf = (before: Histogram | null, after: Histogram | null): Histogram | null =>
  before === null || after === null ? null : histogramGrowth(before, after)
