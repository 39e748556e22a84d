/** Names of vLLM v1's metrics, mapped to an engine reading. Several engines behind one address stay apart by series. */
import { canonicalJson } from '../../core/canonical.ts'
import { groupBy } from '../../core/group-by.ts'
import type { CounterReading } from '../../core/signals/counter.ts'
import type { EngineReading, HistogramReading } from '../../core/signals/engine-reading.ts'
import { histogramFault, type Histogram } from '../../core/signals/histogram.ts'
import type { EpochMs } from '../../core/units.ts'
import type { Exposition, Sample } from './exposition.ts'

const names = {
  promptTokens: 'vllm:prompt_tokens_total',
  cachedPromptTokens: 'vllm:prompt_tokens_cached_total',
  generatedTokens: 'vllm:generation_tokens_total',
  ttft: 'vllm:time_to_first_token_seconds_bucket',
  tbt: 'vllm:inter_token_latency_seconds_bucket',
  requestsRunning: 'vllm:num_requests_running',
  requestsWaiting: 'vllm:num_requests_waiting',
  kvCacheUsage: 'vllm:kv_cache_usage_perc',
  cacheQueries: 'vllm:prefix_cache_queries_total',
  cacheHits: 'vllm:prefix_cache_hits_total',
} as const

/** True when the exposition comes from a vLLM v1 engine. */
export const isVllm = ({ samples }: Exposition): boolean => samples.some((sample) => sample.name.startsWith('vllm:'))

/**
 * What the engine said at `time`. A metric that it does not serve is null; so is one that lost a series to a fault (the
 * rest would pass for the whole), one with a negative value, and a histogram that cannot be trusted.
 */
export const readVllm = ({ samples, dropped }: Exposition, time: EpochMs): EngineReading => {
  const faulty = new Set(dropped.map((fault) => fault.metric))
  const byName = groupBy(samples, (sample) => sample.name)
  const of = (name: string): readonly Sample[] => (faulty.has(name) ? [] : (byName.get(name) ?? []))
  return {
    time,
    promptTokens: counterOf(of(names.promptTokens)),
    cachedPromptTokens: counterOf(of(names.cachedPromptTokens)),
    generatedTokens: counterOf(of(names.generatedTokens)),
    ttftSeconds: histogramsOf(of(names.ttft)),
    tbtSeconds: histogramsOf(of(names.tbt)),
    requestsRunning: total(of(names.requestsRunning)),
    requestsWaiting: total(of(names.requestsWaiting)),
    kvCacheUsage: mean(of(names.kvCacheUsage)),
    cacheQueries: counterOf(of(names.cacheQueries)),
    cacheHits: counterOf(of(names.cacheHits)),
  }
}

/** Negative counts are faults of the exporter, not loads. */
const isCredible = (samples: readonly Sample[]): boolean => samples.length > 0 && samples.every((sample) => sample.value >= 0)

const counterOf = (samples: readonly Sample[]): CounterReading | null =>
  isCredible(samples) ? new Map(samples.map((sample) => [canonicalJson(sample.labels), sample.value])) : null

const total = (samples: readonly Sample[]): number | null =>
  isCredible(samples) ? samples.reduce((sum, sample) => sum + sample.value, 0) : null

const mean = (samples: readonly Sample[]): number | null => {
  const sum = total(samples)
  return sum === null ? null : sum / samples.length
}

const histogramsOf = (buckets: readonly Sample[]): HistogramReading | null => {
  if (buckets.length === 0) return null
  const byEngine = groupBy(buckets, ({ labels }) => canonicalJson({ ...labels, le: '' }))
  const histograms = new Map([...byEngine].map(([engine, own]) => [engine, bucketsToHistogram(own)]))
  return [...histograms.values()].some((histogram) => histogramFault(histogram) !== null) ? null : histograms
}

const bucketsToHistogram = (buckets: readonly Sample[]): Histogram => {
  const rows = buckets
    .map((bucket) => ({ bound: boundOf(bucket.labels['le']), count: bucket.value }))
    .sort((a, b) => a.bound - b.bound)
  return { bounds: rows.map((row) => row.bound), counts: rows.map((row) => row.count) }
}

const boundOf = (le: string | undefined): number => (le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le ?? Number.NaN))
