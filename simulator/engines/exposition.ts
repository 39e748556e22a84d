/** The `/metrics` page of an engine as vLLM v1 writes it, and of a node as NVIDIA's DCGM exporter does. */
import type { EngineCounters, EngineGauges } from './counters.ts'
import type { Histogram } from './histogram.ts'

export type EnginePage = { readonly model: string; readonly counters: EngineCounters; readonly gauges: EngineGauges }

/** Prometheus text, format 0.0.4. Names, help texts and bucket bounds are those of a vLLM v1 server. */
export const engineMetrics = ({ model, counters, gauges }: EnginePage): string => {
  const labels = `engine="0",model_name="${model}"`
  const one = (name: string, type: 'counter' | 'gauge', value: number): string => `# TYPE ${name} ${type}\n${name}{${labels}} ${value}\n`
  return [
    one('vllm:num_requests_running', 'gauge', gauges.running),
    one('vllm:num_requests_waiting', 'gauge', gauges.waiting),
    one('vllm:kv_cache_usage_perc', 'gauge', gauges.kvCacheUsage),
    one('vllm:prefix_cache_queries_total', 'counter', counters.promptTokens),
    one('vllm:prefix_cache_hits_total', 'counter', counters.cachedPromptTokens),
    one('vllm:prompt_tokens_total', 'counter', counters.promptTokens),
    one('vllm:prompt_tokens_cached_total', 'counter', counters.cachedPromptTokens),
    one('vllm:generation_tokens_total', 'counter', counters.generationTokens),
    requestSuccess(labels, counters),
    histogram('vllm:time_to_first_token_seconds', labels, counters.timeToFirstToken),
    histogram('vllm:inter_token_latency_seconds', labels, counters.interTokenLatency),
    histogram('vllm:request_time_per_output_token_seconds', labels, counters.timePerOutputToken),
    histogram('vllm:request_queue_time_seconds', labels, counters.queueTime),
  ].join('')
}

const requestSuccess = (labels: string, counters: EngineCounters): string => {
  const name = 'vllm:request_success_total'
  const line = (reason: string, value: number): string => `${name}{${labels},finished_reason="${reason}"} ${value}\n`
  return `# TYPE ${name} counter\n${line('stop', counters.requestsSucceeded)}${line('length', 0)}${line('abort', counters.requestsFailed)}`
}

const histogram = (name: string, labels: string, { bounds, counts, sum, count }: Histogram): string => {
  let cumulative = 0
  const lines = bounds.map((bound, index) => {
    cumulative += counts[index] ?? 0
    const le = Number.isInteger(bound) ? `${bound}.0` : String(bound)
    return `${name}_bucket{${labels},le="${le}"} ${cumulative}\n`
  })
  return `# TYPE ${name} histogram\n${lines.join('')}${name}_bucket{${labels},le="+Inf"} ${count}\n${name}_sum{${labels}} ${sum}\n${name}_count{${labels}} ${count}\n`
}

/** GPUs of one node. `activity` is the share of time with work on the GPU, 0 to 1; free GPUs have no pod. */
export type GpuPage = { readonly node: string; readonly gpuType: string; readonly gpus: readonly { readonly pod: string; readonly activity: number; readonly smShare: number }[] }

export const nodeMetrics = ({ node, gpuType, gpus }: GpuPage): string => {
  const family = (name: string, value: (gpu: GpuPage['gpus'][number]) => number): string =>
    `# TYPE ${name} gauge\n${gpus
      .map((gpu, index) => `${name}{gpu="${index}",modelName="NVIDIA ${gpuType}",Hostname="${node}",pod="${gpu.pod}"} ${value(gpu)}\n`)
      .join('')}`
  return [
    family('DCGM_FI_DEV_GPU_UTIL', (gpu) => Math.round(gpu.activity * 100)),
    family('DCGM_FI_PROF_GR_ENGINE_ACTIVE', (gpu) => gpu.activity),
    family('DCGM_FI_PROF_SM_ACTIVE', (gpu) => gpu.activity * gpu.smShare),
  ].join('')
}
