/** Names of vLLM v1's metrics, mapped to an engine reading. Several engines behind one address are summed. */
import { groupBy } from '../../core/group-by.ts'
import type { EngineReading } from '../../core/signals/engine-reading.ts'
import { histogramFault, mergeHistograms, type Histogram } from '../../core/signals/histogram.ts'
import type { EpochMs } from '../../core/units.ts'
import type { Exposition, Sample } from './exposition.ts'

const names = {
  promptTokens: 'vllm:prompt_tokens_total',
  cachedPromptTokens: 'vllm:prompt_tokens_cached_total',
  generatedTokens: 'vllm:generation_tokens_total',
  ttft: 'vllm:time_to_first_token_seconds_bucket',
  tbt: 'vllm:inter_token_latency_seconds_bucket',
  requestsWaiting: 'vllm:num_requests_waiting',
  kvCacheUsage: 'vllm:kv_cache_usage_perc',
  cacheQueries: 'vllm:prefix_cache_queries_total',
  cacheHits: 'vllm:prefix_cache_hits_total',
} as const

/** True when the exposition comes from a vLLM v1 engine. */
export const isVllm = ({ samples }: Exposition): boolean => samples.some((sample) => sample.name.startsWith('vllm:'))

/** What the engine said at `time`. A metric that it does not serve is null; so is a histogram that cannot be trusted. */
export const readVllm = ({ samples }: Exposition, time: EpochMs): EngineReading => {
  const byName = groupBy(samples, (sample) => sample.name)
  const sum = (name: string): number | null => total(byName.get(name) ?? [])
  return {
    time,
    promptTokens: sum(names.promptTokens),
    cachedPromptTokens: sum(names.cachedPromptTokens),
    generatedTokens: sum(names.generatedTokens),
    ttftSeconds: histogramOf(byName.get(names.ttft) ?? []),
    tbtSeconds: histogramOf(byName.get(names.tbt) ?? []),
    requestsWaiting: sum(names.requestsWaiting),
    kvCacheUsage: mean(byName.get(names.kvCacheUsage) ?? []),
    cacheQueries: sum(names.cacheQueries),
    cacheHits: sum(names.cacheHits),
  }
}

/** Negative counts are faults of the exporter, not loads. */
const total = (samples: readonly Sample[]): number | null =>
  samples.length === 0 || samples.some((sample) => sample.value < 0)
    ? null
    : samples.reduce((sum, sample) => sum + sample.value, 0)

const mean = (samples: readonly Sample[]): number | null => {
  const sum = total(samples)
  return sum === null ? null : sum / samples.length
}

const histogramOf = (buckets: readonly Sample[]): Histogram | null => {
  const perEngine = [...groupBy(buckets, (bucket) => bucket.labels['engine'] ?? '').values()]
  const histograms = perEngine.map(bucketsToHistogram)
  return histograms.some((histogram) => histogramFault(histogram) !== null) ? null : mergeHistograms(histograms)
}

const bucketsToHistogram = (buckets: readonly Sample[]): Histogram => {
  const rows = buckets
    .map((bucket) => ({ bound: boundOf(bucket.labels['le']), count: bucket.value }))
    .sort((a, b) => a.bound - b.bound)
  return { bounds: rows.map((row) => row.bound), counts: rows.map((row) => row.count) }
}

const boundOf = (le: string | undefined): number => (le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le ?? Number.NaN))
