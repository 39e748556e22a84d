/** The newest measurement of each signal of a service, for people to look at; decisions never read this. */
import type { LatencyObserved, TpsObserved } from '../../core/events/observed.ts'
import { measuredBy } from '../../core/signals/from-event.ts'
import { subClusterOf } from '../../core/signals/one-source.ts'
import type { Measured, SignalName } from '../../core/signals/sample.ts'
import type { EpochMs } from '../../core/units.ts'
import { shownSignals, type SignalNow } from './answers.ts'
import { BoundedMap } from './bounded-map.ts'
import { createSignalHistory } from './signal-history.ts'

/** Measurements per service: one per signal, role and sub-cluster, so 64 is more than any cell has. */
const SOURCES = 64
/** Sources whose newest window ended this much before the newest one of all have gone away. */
const GONE_AFTER_MS = 60_000

/** `now`: world time, by which what was heard is dated for later questions; a window's end is its producer's claim. */
export const createNewestSamples = (now: () => EpochMs) => {
  const services = new Map<string, BoundedMap<string, Measured>>()
  const history = createSignalHistory()
  const newestOf = (service: string): readonly SignalNow[] => {
    const all = services.get(service)?.values() ?? []
    return shownSignals.flatMap((signal) => combined(signal, all))
  }
  return {
    add(event: TpsObserved | LatencyObserved): void {
      const sources = services.get(event.service) ?? new BoundedMap<string, Measured>(SOURCES)
      services.set(event.service, sources)
      for (const measured of measuredBy(event).filter(({ sample }) => sample.value !== null)) {
        // Collectors of one sub-cluster share a key: the freshest speaks for it, as in a decision.
        const key = `${measured.signal} ${measured.role} ${subClusterOf(measured.source)}`
        if ((sources.get(key)?.sample.endMs ?? 0) < measured.sample.endMs) sources.set(key, measured)
      }
      if (history.isDue(event.service, now())) history.keep(event.service, now(), newestOf(event.service))
    },
    /** Throughput is summed over sub-clusters, latency is the worst of them. Signals that nobody measured are absent. */
    of: newestOf,
    /** The same at a moment of the last two hours; empty when the API had not started by then. */
    at: history.at,
  }
}

const combined = (signal: SignalName, all: readonly Measured[]): readonly SignalNow[] => {
  const named = all.flatMap((measured) => (measured.signal === signal ? measured.sample : []))
  const windowEndMs = Math.max(...named.map(({ endMs }) => endMs))
  const present = named.filter(({ endMs }) => endMs > windowEndMs - GONE_AFTER_MS).flatMap(({ value }) => value ?? [])
  if (present.length === 0) return []
  const value = signal.endsWith('Tps') ? present.reduce((sum, one) => sum + one, 0) : Math.max(...present)
  return [{ signal, value, windowEndMs }]
}
