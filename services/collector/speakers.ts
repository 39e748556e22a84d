/** How many sources may speak of one service: the fold keeps 64 of a signal, and foreign ones must never push ours out. */
import type { DurationMs, EpochMs } from '../../core/units.ts'

export type Speakers = {
  /** True when `source` speaks of `service` already, or may begin to. */
  admit(service: string, source: string, nowMs: EpochMs): boolean
}

/** Half of what the fold keeps (core/signals/sample.ts). */
const mostPerService = 32
/** As long as the fold may remember a source that fell silent. */
const forgetAfterMs: DurationMs = 600_000

/** Bounded by the services that the decider manages: only their records are asked about. */
export const createSpeakers = (): Speakers => {
  const lastWord = new Map<string, Map<string, EpochMs>>()
  return {
    admit: (service, source, nowMs) => {
      const sources = lastWord.get(service) ?? new Map<string, EpochMs>()
      lastWord.set(service, sources)
      if (!sources.has(source) && sources.size >= mostPerService && !forgetOne(sources, nowMs)) return false
      // Again at the end: the map stays in the order of last words.
      sources.delete(source)
      sources.set(source, nowMs)
      return true
    },
  }
}

const forgetOne = (sources: Map<string, EpochMs>, nowMs: EpochMs): boolean => {
  const [oldest] = sources
  if (oldest === undefined || nowMs - oldest[1] <= forgetAfterMs) return false
  return sources.delete(oldest[0])
}
