/** Metrics that nobody scrapes. */
import type { Metrics } from '../../../adapters/prometheus/registry.ts'

const nothing = (): void => undefined
const meter = { inc: nothing, dec: nothing, set: nothing, observe: nothing, remove: nothing, reset: nothing, startTimer: () => () => 0 }

export const silentMetrics = {
  counter: () => meter,
  gauge: () => meter,
  histogram: () => meter,
  expose: () => Promise.resolve({ contentType: '', text: '' }),
} as unknown as Metrics
