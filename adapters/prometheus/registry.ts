/** Metrics of our own processes: an own prom-client registry per process, never the global one. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

export type { Gauge } from 'prom-client'

/** Names read `heteroscale_<part>_<quantity>_<unit>[_total]`; labels must be bounded (never an intent id). */
export type Metrics = {
  counter<L extends string>(name: string, help: string, labelNames?: readonly L[]): Counter<L>
  gauge<L extends string>(name: string, help: string, labelNames?: readonly L[] | GaugeOptions<L>): Gauge<L>
  histogram<L extends string>(name: string, help: string, options?: HistogramOptions<L>): Histogram<L>
  /** Prometheus text of all metrics, with its content type. */
  expose(): Promise<{ readonly contentType: string; readonly text: string }>
}

/** `collect` brings the gauge up to date when somebody asks, where keeping it up to date all the time is dear. */
export type GaugeOptions<L extends string> = { readonly labelNames: readonly L[]; readonly collect: (gauge: Gauge<L>) => void }

export type HistogramOptions<L extends string> = { readonly labelNames?: readonly L[]; readonly buckets?: readonly number[] }

/** Seconds, from one millisecond to a minute: log round trips at the low end, rollouts at the high one. */
const defaultBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/**
 * The counter with a series at 0 for each value that its label can take: an increase from nothing to 1 is invisible to
 * `increase()`, and a panel without a series looks like a process that does not run.
 */
export const fromZero = <L extends string>(counter: Counter<L>, label: L, values: readonly string[]): Counter<L> => {
  for (const value of values) counter.inc({ [label]: value } as Partial<Record<L, string>>, 0)
  return counter
}

/** A registry whose every series carries the service's name; Node's own metrics are included. */
export const createMetrics = (service: string): Metrics => {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    counter: (name, help, labelNames = []) => new Counter({ name, help, labelNames: [...labelNames], registers }),
    gauge: <L extends string>(name: string, help: string, options: readonly L[] | GaugeOptions<L> = []) => {
      if (!('collect' in options)) return new Gauge<L>({ name, help, labelNames: [...options], registers })
      const { labelNames, collect } = options
      const gauge: Gauge<L> = new Gauge<L>({ name, help, labelNames: [...labelNames], registers, collect: () => collect(gauge) })
      return gauge
    },
    histogram: (name, help, options = {}) =>
      new Histogram({
        name,
        help,
        labelNames: [...(options.labelNames ?? [])],
        buckets: [...(options.buckets ?? defaultBuckets)],
        registers,
      }),
    expose: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}
