/** Where requests come from: a synthetic day with Poisson arrivals, or a recorded trace. World time throughout. */
import type { Random } from './prng.ts'

export type Arrival = {
  /** Since the start of the workload. */
  readonly atMs: number
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
}

/** Arrivals in order of time. */
export type Workload = {
  /** The next arrivals before `beforeMs`, each handed out once. */
  take(beforeMs: number): readonly Arrival[]
  /** Length of the workload; nothing arrives after it. */
  readonly durationMs: number
}

export type SyntheticDay = {
  readonly dayMinutes: number
  readonly baseRps: number
  readonly peakRps: number
  readonly inputTokensMedian: number
  readonly outputTokensMedian: number
  /** Share of requests half of whose prompt is in the prefix cache. */
  readonly cachedShare: number
}

/**
 * Sized for docs/examples/chat-70b.yaml with 1200 output tokens per second and decoder. The mean answer has 240 tokens,
 * so the night asks for 3.2 decoders, less than the minimum of 4, and the peak for 15.2.
 */
export const defaultDay: SyntheticDay = {
  dayMinutes: 40,
  baseRps: 16,
  peakRps: 76,
  inputTokensMedian: 900,
  outputTokensMedian: 200,
  cachedShare: 0.1,
}

/** Where the day stands at each share of its length: 0 is the base rate, 1 the peak. */
const dayShape: readonly (readonly [number, number])[] = [
  [0, 0],
  [0.05, 0],
  [0.25, 0.75],
  [0.4, 1],
  [0.5, 0.55],
  [0.58, 0.55],
  [0.68, 0.9],
  [0.76, 0.85],
  [0.95, 0.1],
  [1, 0],
]

/** Requests per second at a share of the day: morning ramp, peak, midday dip, second peak, evening fall. */
export const dayRps = (day: SyntheticDay, share: number): number => {
  const after = dayShape.findIndex(([x]) => x >= share)
  const [x1, y1] = dayShape[Math.max(after, 1)] ?? [1, 0]
  const [x0, y0] = dayShape[Math.max(after, 1) - 1] ?? [0, 0]
  const level = y0 + ((y1 - y0) * Math.min(1, Math.max(0, share - x0))) / (x1 - x0)
  return day.baseRps + (day.peakRps - day.baseRps) * level
}

/** Poisson arrivals by thinning: candidates at the peak rate, each kept with probability rate(t)/peak. */
export const syntheticWorkload = (day: SyntheticDay, random: Random): Workload => {
  const durationMs = day.dayMinutes * 60_000
  const mostRps = Math.max(day.baseRps, day.peakRps)
  let candidateMs = random.exponential(1000 / mostRps)
  const take = (beforeMs: number): readonly Arrival[] => {
    const arrivals: Arrival[] = []
    for (; candidateMs < Math.min(beforeMs, durationMs); candidateMs += random.exponential(1000 / mostRps)) {
      if (random.next() * mostRps < dayRps(day, candidateMs / durationMs)) arrivals.push(syntheticArrival(day, candidateMs, random))
    }
    return arrivals
  }
  return { take, durationMs }
}

/** Log-normal lengths; a spread of 0.6 of the logarithm makes the mean 20 % larger than the median. */
const syntheticArrival = (day: SyntheticDay, atMs: number, random: Random): Arrival => {
  const inputTokens = clamp(Math.round(random.logNormal(day.inputTokensMedian, 0.6)), 8, 16_000)
  const cached = random.next() < day.cachedShare
  return {
    atMs,
    inputTokens,
    cachedTokens: cached ? Math.floor(inputTokens / 2) : 0,
    outputTokens: clamp(Math.round(random.logNormal(day.outputTokensMedian, 0.6)), 2, 4_000),
  }
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value))

/** Hands out a recorded trace. */
export const recordedWorkload = (arrivals: readonly Arrival[]): Workload => {
  let next = 0
  const take = (beforeMs: number): readonly Arrival[] => {
    const from = next
    while (next < arrivals.length && (arrivals[next] as Arrival).atMs < beforeMs) next += 1
    return arrivals.slice(from, next)
  }
  return { take, durationMs: (arrivals.at(-1)?.atMs ?? -1) + 1 }
}
