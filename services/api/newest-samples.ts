/** The newest measurement of each signal of a service, for people to look at; decisions never read this. */
import type { LatencyObserved, TpsObserved } from '../../core/events/observed.ts'
import type { SignalNow } from './answers.ts'
import { BoundedMap } from './bounded-map.ts'

/** Sources per service and signal: one per collector and sub-cluster, so 64 is far more than any cell has. */
const SOURCES = 64
/** Sources whose newest window ended this much before the newest one of all have gone away. */
const GONE_AFTER_MS = 60_000

type Measured = { readonly signal: string; readonly value: number; readonly windowEndMs: number }

export const createNewestSamples = () => {
  const services = new Map<string, BoundedMap<string, Measured>>()
  return {
    add(event: TpsObserved | LatencyObserved): void {
      const sources = services.get(event.service) ?? new BoundedMap<string, Measured>(SOURCES)
      services.set(event.service, sources)
      for (const measured of measuredBy(event)) {
        const key = `${measured.signal} ${event.role} ${event.source}`
        if ((sources.get(key)?.windowEndMs ?? 0) < measured.windowEndMs) sources.set(key, measured)
      }
    },
    /** Throughput is summed over sources, latency is the worst of them. Signals that nobody measured are absent. */
    of(service: string): readonly SignalNow[] {
      const all = services.get(service)?.values() ?? []
      return signals.flatMap((signal) => combined(signal, all))
    },
  }
}

const signals = ['decodeTps', 'prefillTps', 'ttftMsP95', 'tbtMsP95'] as const

const measuredBy = (event: TpsObserved | LatencyObserved): readonly Measured[] => {
  const values: readonly (readonly [string, number | null])[] =
    event.type === 'TpsObserved'
      ? [[event.role === 'decode' ? 'decodeTps' : 'prefillTps', event.tps]]
      : [['ttftMsP95', event.ttftMsP95], ['tbtMsP95', event.tbtMsP95]]
  return values.flatMap(([signal, value]) => (value === null ? [] : [{ signal, value, windowEndMs: event.windowEndMs }]))
}

const combined = (signal: string, all: readonly Measured[]): readonly SignalNow[] => {
  const named = all.filter((measured) => measured.signal === signal)
  const windowEndMs = Math.max(...named.map((measured) => measured.windowEndMs))
  const present = named.filter((measured) => measured.windowEndMs > windowEndMs - GONE_AFTER_MS).map((measured) => measured.value)
  if (present.length === 0) return []
  const value = signal.endsWith('Tps') ? present.reduce((sum, one) => sum + one, 0) : Math.max(...present)
  return [{ signal, value, windowEndMs }]
}
