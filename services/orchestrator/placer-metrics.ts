/** What the placer tells Prometheus about itself. */
import type { Metrics } from '../../adapters/prometheus/registry.ts'

export type PlacerMetrics = ReturnType<typeof createPlacerMetrics>

/** Registers all series of the placer. */
export const createPlacerMetrics = (metrics: Metrics) => ({
  cycles: metrics.counter('heteroscale_placer_cycles_total', 'Scheduling cycles, by what became of their record.', ['cell', 'outcome']),
  refusals: metrics.counter('heteroscale_placer_refusals_total', 'Requests that were not, or not wholly, placed.', ['cell']),
  reservedGpus: metrics.gauge('heteroscale_placer_open_reservations_gpus', 'GPUs promised to rollouts that have not ended.', ['cell']),
  cycleSeconds: metrics.histogram('heteroscale_placer_cycle_seconds', 'From the start of a cycle until its record was read back.', {
    labelNames: ['cell'],
  }),
})
