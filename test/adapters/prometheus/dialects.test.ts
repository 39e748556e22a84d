/** vLLM v1 and DCGM expositions, read into what the product knows. */
import { describe, expect, test } from 'vitest'
import { readDcgm } from '../../../adapters/prometheus/dcgm.ts'
import { readExposition } from '../../../adapters/prometheus/exposition.ts'
import { isVllm, readVllm } from '../../../adapters/prometheus/vllm.ts'
import { growthBetween } from '../../../core/signals/engine-reading.ts'

const engine = (index: number, generated: number) => `
vllm:prompt_tokens_total{engine="${index}"} 1000.0
vllm:prompt_tokens_cached_total{engine="${index}"} 400.0
vllm:generation_tokens_total{engine="${index}"} ${generated}
vllm:num_requests_waiting{engine="${index}"} 3.0
vllm:num_requests_running{engine="${index}"} 2.0
vllm:kv_cache_usage_perc{engine="${index}"} 0.${index + 2}
vllm:inter_token_latency_seconds_bucket{engine="${index}",le="0.025"} 10.0
vllm:inter_token_latency_seconds_bucket{engine="${index}",le="+Inf"} 12.0
vllm:inter_token_latency_seconds_bucket{engine="${index}",le="0.01"} 4.0`

describe('vLLM v1', () => {
  test('two engines behind one address stay apart by series; gauges add up, usage is a mean', () => {
    const exposition = readExposition(engine(0, 50) + engine(1, 70))
    expect(isVllm(exposition)).toBe(true)
    const reading = readVllm(exposition, 1_000)
    expect([reading.promptTokens, reading.cachedPromptTokens, reading.generatedTokens].map((series) => [...(series?.values() ?? [])])).toEqual([
      [1000, 1000],
      [400, 400],
      [50, 70],
    ])
    const histogram = { bounds: [0.01, 0.025, Number.POSITIVE_INFINITY], counts: [4, 10, 12] }
    expect([...(reading.tbtSeconds?.values() ?? [])]).toEqual([histogram, histogram])
    expect(reading).toMatchObject({ time: 1_000, ttftSeconds: null, requestsRunning: 4, requestsWaiting: 6, kvCacheUsage: 0.25, cacheQueries: null, cacheHits: null })
  })

  test('one engine of two restarts: its tokens since then are the growth, not all that the other ever made', () => {
    const before = readVllm(readExposition(engine(0, 1_000_000_000) + engine(1, 1_000_000_000)), 0)
    const after = readVllm(readExposition(engine(0, 1_000_000_400) + engine(1, 100)), 5_000)
    expect(growthBetween(before, after).generatedTokens).toBe(500)
  })

  test.each(['NaN', '+Inf'])('a counter with a series of %s is null: the rest would pass for the whole', (value) => {
    const reading = readVllm(readExposition(`${engine(0, 50)}
vllm:generation_tokens_total{engine="1"} ${value}`), 0)
    expect(reading.generatedTokens).toBeNull()
    expect(reading.promptTokens?.size).toBe(1)
  })

  test('a metric that is not served is null, never 0', () => {
    const reading = readVllm(readExposition('vllm:num_requests_running 1'), 0)
    expect(reading.generatedTokens).toBeNull()
    expect(reading.promptTokens).toBeNull()
  })

  test('a negative counter and a histogram with falling buckets are not believed', () => {
    const reading = readVllm(
      readExposition(`vllm:generation_tokens_total -5
vllm:inter_token_latency_seconds_bucket{le="0.01"} 9
vllm:inter_token_latency_seconds_bucket{le="+Inf"} 8`),
      0,
    )
    expect(reading.generatedTokens).toBeNull()
    expect(reading.tbtSeconds).toBeNull()
  })
})

describe('DCGM', () => {
  const gpus = readExposition(`DCGM_FI_DEV_GPU_UTIL{gpu="0",pod="chat-prefill-0"} 80
DCGM_FI_DEV_GPU_UTIL{gpu="1",pod="chat-prefill-0"} 60
DCGM_FI_DEV_GPU_UTIL{gpu="2",pod="chat-decode-0"} 10
DCGM_FI_PROF_GR_ENGINE_ACTIVE{gpu="0",pod="chat-prefill-0"} 0.9`)

  test('a pod is credited with its own GPUs only', () => expect(readDcgm(gpus, 'chat-prefill-0').gpuUtilisation).toBeCloseTo(0.7))

  test('SM activity that the exporter does not serve is null, not GR_ENGINE_ACTIVE', () =>
    expect(readDcgm(gpus, 'chat-prefill-0').smActivity).toBeNull())
})
