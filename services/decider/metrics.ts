/** What the decider tells Prometheus about itself. */
import type { Metrics } from '../../adapters/prometheus/registry.ts'
import { evidenceStates, type Evidence } from '../../core/events/decided.ts'
import type { ServiceId } from '../../core/ids.ts'
import type { Emitted } from '../../core/scaling/partition.ts'

/** Folding takes 0.2 µs a record, a batch holds up to some thousands. */
const foldBuckets = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5]

export type DeciderMetrics = ReturnType<typeof createDeciderMetrics>

/** Registers all series of the decider. */
export const createDeciderMetrics = (metrics: Metrics) => ({
  decisions: metrics.counter('heteroscale_decider_decisions_total', 'Decisions to change counts.', ['kind']),
  holds: metrics.counter('heteroscale_decider_holds_total', 'Changes of the reason to hold.', ['reason']),
  evidence: metrics.gauge('heteroscale_decider_evidence', 'Signals by state of evidence at each service’s last record.', ['state']),
  lagRecords: metrics.gauge('heteroscale_decider_lag_records', 'Records of signals not yet folded.', ['partition']),
  services: metrics.gauge('heteroscale_decider_services', 'Services under management.', ['partition']),
  partitionsStopped: metrics.gauge('heteroscale_decider_partitions_stopped', 'Own partitions that hold a record this version cannot read.'),
  foldSeconds: metrics.histogram('heteroscale_decider_fold_seconds', 'Time to fold one batch.', { buckets: foldBuckets }),
  tickSkewSeconds: metrics.gauge('heteroscale_decider_tick_skew_seconds', 'Broker time minus time of the last tick.', ['partition']),
  tickPeriodSeconds: metrics.gauge('heteroscale_decider_tick_period_seconds', 'World time between the last two ticks.', ['partition']),
  ticksIgnored: metrics.counter('heteroscale_decider_ticks_ignored_total', 'Own ticks that took no effect.', ['reason']),
  ticksSkipped: metrics.counter('heteroscale_decider_ticks_skipped_total', 'Ticks not sent: the one before was in flight.'),
  controlsInForce: metrics.gauge('heteroscale_controls_in_force', 'Controls of operators that are in force, as this process knows them.', ['scope_kind', 'control']),
  ...evidenceBoard(),
})

/** Latest evidence per service, so that the gauge counts each service once. */
const evidenceBoard = () => ({ evidenceOf: new Map<ServiceId, readonly Evidence[]>() })

/** Counts what was written, by kind and by reason. */
export const countOutputs = (metrics: DeciderMetrics, outputs: readonly Emitted[]): void => {
  for (const { event } of outputs) {
    if (event?.type !== 'ScaleDecided' && event?.type !== 'ScaleHeld') continue
    if (event.type === 'ScaleDecided') metrics.decisions.inc({ kind: event.kind })
    else metrics.holds.inc({ reason: event.reason })
    metrics.evidenceOf.set(event.service, event.evidence)
  }
  if (outputs.length > 0) showEvidence(metrics)
}

/** Drops services that this process no longer decides for. */
export const forgetServices = (metrics: DeciderMetrics, services: Iterable<ServiceId>): void => {
  for (const service of services) metrics.evidenceOf.delete(service)
  showEvidence(metrics)
}

const showEvidence = (metrics: DeciderMetrics): void => {
  const all = [...metrics.evidenceOf.values()].flat()
  for (const state of evidenceStates) metrics.evidence.set({ state }, all.filter((evidence) => evidence.state === state).length)
}
