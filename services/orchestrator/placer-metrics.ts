/** What the placer tells Prometheus about itself. */
import type { Metrics } from '../../adapters/prometheus/registry.ts'
import type { CellId } from '../../core/ids.ts'

export type PlacerMetrics = ReturnType<typeof createPlacerMetrics>

/** Registers all series of the placer. */
export const createPlacerMetrics = (metrics: Metrics) => ({
  cycles: metrics.counter('heteroscale_placer_cycles_total', 'Scheduling cycles, by what became of their record.', ['cell', 'outcome']),
  refusals: metrics.counter('heteroscale_placer_refusals_total', 'Requests that were not, or not wholly, placed, by the first reason.', ['cell', 'reason']),
  reservedGpus: metrics.gauge('heteroscale_placer_open_reservations_gpus', 'GPUs promised to rollouts that have not ended.', ['cell']),
  cycleSeconds: metrics.histogram('heteroscale_placer_cycle_seconds', 'From the start of a cycle until its record was read back.', {
    labelNames: ['cell'],
  }),
})

/** Codes that a refusal begins with (core/placement/refusal.ts); a series for each, so that the first one is an increase. */
const refusalCodes = ['NO_CAPACITY', 'NOT_REMOVABLE', 'EXPIRED'] as const

/** Call for each cell that is served here. Without the histogram's zero a single cycle would be no increase to Prometheus. */
export const placerFromZero = ({ refusals, cycleSeconds }: PlacerMetrics, cell: CellId): void => {
  cycleSeconds.zero({ cell })
  for (const reason of refusalCodes) refusals.inc({ cell, reason }, 0)
}

/** `NO_CAPACITY: 2P+4D of …` counts as NO_CAPACITY; a sentence without a known code as OTHER, so that labels stay bounded. */
export const countRefusal = ({ refusals }: PlacerMetrics, cell: CellId, refusal: string): void => {
  refusals.inc({ cell, reason: refusalCodes.find((code) => refusal.startsWith(code)) ?? 'OTHER' })
}
