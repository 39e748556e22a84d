/** What the collector says of itself. */
import { fromZero, type Metrics } from '../../adapters/prometheus/registry.ts'
import { refusalReasons } from '../../core/events/producer.ts'

export const createCollectorMetrics = (metrics: Metrics) => ({
  scraped: fromZero(metrics.counter('heteroscale_collector_scrapes_total', 'Engine scrapes by outcome', ['outcome']), 'outcome', ['ok', 'failed']),
  published: metrics.counter('heteroscale_collector_records_published_total', 'Records that the log acknowledged'),
  unreadable: metrics.counter('heteroscale_collector_sub_cluster_unreadable_total', 'Rounds lost to an unreadable sub-cluster', ['sub_cluster']),
})

export type CollectorMetrics = ReturnType<typeof createCollectorMetrics>

/** What the gate says of itself: one series per outcome, never one per producer. */
export const createGateMeters = (metrics: Metrics) => ({
  records: fromZero(
    metrics.counter('heteroscale_gate_records_total', 'Records of foreign producers: accepted, or the reason of the refusal', ['outcome']),
    'outcome',
    ['accepted', ...refusalReasons],
  ),
})

export type GateMeters = ReturnType<typeof createGateMeters>
