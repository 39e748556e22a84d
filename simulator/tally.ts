/** What users of one service saw over a run, and what it cost, in world time. */
import { createLatencyDigest } from './engines/histogram.ts'

export type Slo = { readonly ttftMs: number; readonly tbtMs: number }

export type LatencyReport = {
  readonly meanMs: number | null
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly p99Ms: number | null
  /** Share of requests inside the SLO; null when none was measured. */
  readonly attainment: number | null
}

export type ServiceReport = {
  readonly service: string
  readonly fromMs: number
  readonly toMs: number
  readonly slo: Slo
  readonly requests: number
  readonly completed: number
  /** Lost with their instance. */
  readonly failed: number
  readonly ttft: LatencyReport
  /** Mean time between tokens of each request. */
  readonly tbt: LatencyReport
  /** GPUs held by scheduled instances, integrated over time. */
  readonly gpuSeconds: number
  readonly gpusPeak: number
  /** What the peak would have cost, held for the whole run. */
  readonly gpuSecondsStaticPeak: number
}

export type Tally = {
  arrived(): void
  firstToken(ttftMs: number): void
  /** Null for a request of one token: it has no time between tokens. */
  completed(tbtMs: number | null): void
  failed(count: number): void
  held(gpus: number, forMs: number): void
  report(service: string, toMs: number, slo: Slo): ServiceReport
}

export const createTally = (fromMs: number): Tally => {
  const ttft = createLatencyDigest()
  const tbt = createLatencyDigest()
  const totals = { requests: 0, completed: 0, failed: 0, gpuMs: 0, gpusPeak: 0 }
  return {
    arrived: () => void (totals.requests += 1),
    firstToken: ttft.add,
    completed: (tbtMs) => {
      totals.completed += 1
      if (tbtMs !== null) tbt.add(tbtMs)
    },
    failed: (count) => void (totals.failed += count),
    held: (gpus, forMs) => {
      totals.gpuMs += gpus * forMs
      totals.gpusPeak = Math.max(totals.gpusPeak, gpus)
    },
    report: (service, toMs, slo) => ({
      ...{ service, fromMs, toMs, slo, requests: totals.requests, completed: totals.completed, failed: totals.failed },
      ttft: latencyReport(ttft, slo.ttftMs),
      tbt: latencyReport(tbt, slo.tbtMs),
      gpuSeconds: totals.gpuMs / 1000,
      gpusPeak: totals.gpusPeak,
      gpuSecondsStaticPeak: (totals.gpusPeak * (toMs - fromMs)) / 1000,
    }),
  }
}

const latencyReport = (digest: ReturnType<typeof createLatencyDigest>, limitMs: number): LatencyReport => ({
  meanMs: digest.meanMs(),
  p50Ms: digest.quantileMs(0.5),
  p95Ms: digest.quantileMs(0.95),
  p99Ms: digest.quantileMs(0.99),
  attainment: digest.shareWithin(limitMs),
})
