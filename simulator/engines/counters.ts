/** What an engine counts about itself, under the meanings that vLLM v1 gives these numbers. */
import { createHistogram, vllmBounds, type Histogram } from './histogram.ts'

/** One request on its way. Token counts are known to the world only; an engine learns the output length by generating. */
export type Request = {
  readonly service: string
  readonly arrivedMs: number
  readonly inputTokens: number
  /** Prompt tokens whose KV a prefix cache already holds. */
  readonly cachedTokens: number
  readonly outputTokens: number
}

export type EngineCounters = {
  promptTokens: number
  cachedPromptTokens: number
  generationTokens: number
  requestsSucceeded: number
  requestsFailed: number
  /** Time with work on the GPU, for utilisation. */
  busyMs: number
  readonly timeToFirstToken: Histogram
  readonly interTokenLatency: Histogram
  readonly timePerOutputToken: Histogram
  readonly queueTime: Histogram
}

export const createCounters = (): EngineCounters => ({
  promptTokens: 0,
  cachedPromptTokens: 0,
  generationTokens: 0,
  requestsSucceeded: 0,
  requestsFailed: 0,
  busyMs: 0,
  timeToFirstToken: createHistogram(vllmBounds.timeToFirstToken),
  interTokenLatency: createHistogram(vllmBounds.interTokenLatency),
  timePerOutputToken: createHistogram(vllmBounds.interTokenLatency),
  queueTime: createHistogram(vllmBounds.requestLatency),
})

/** State of an engine that its gauges show. */
export type EngineGauges = { readonly running: number; readonly waiting: number; readonly kvCacheUsage: number }
