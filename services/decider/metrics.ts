/** What the decider tells Prometheus about itself. */
import { fromZero, type Gauge, type Metrics } from '../../adapters/prometheus/registry.ts'
import { decisionKinds, evidenceStates, type Evidence } from '../../core/events/decided.ts'
import { groupBy } from '../../core/group-by.ts'
import type { ServiceId } from '../../core/ids.ts'
import type { Emitted } from '../../core/scaling/partition.ts'
import { holdReasons } from '../../core/scaling/verdict.ts'
import { ignoredReasons } from './claim.ts'

/** Decoding and folding take some 10 µs a record, a batch holds up to some thousands. */
const foldBuckets = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5]

export type DeciderMetrics = ReturnType<typeof createDeciderMetrics>

/** Registers all series of the decider. */
export const createDeciderMetrics = (metrics: Metrics) => ({
  decisions: fromZero(metrics.counter('heteroscale_decider_decisions_total', 'Decisions to change counts.', ['kind']), 'kind', decisionKinds),
  holds: fromZero(metrics.counter('heteroscale_decider_holds_total', 'Changes of the reason to hold.', ['reason']), 'reason', holdReasons),
  lagRecords: metrics.gauge('heteroscale_decider_lag_records', 'Records of signals not yet folded.', ['partition']),
  services: metrics.gauge('heteroscale_decider_services', 'Services under management.', ['partition']),
  partitionsStopped: metrics.gauge('heteroscale_decider_partitions_stopped', 'Own partitions that hold a record this version cannot read.'),
  foldSeconds: metrics.histogram('heteroscale_decider_fold_seconds', 'Time to decode and fold one batch.', { buckets: foldBuckets }),
  tickSkewSeconds: metrics.gauge('heteroscale_decider_tick_skew_seconds', 'Broker time minus time of the last tick.', ['partition']),
  tickPeriodSeconds: metrics.gauge('heteroscale_decider_tick_period_seconds', 'World time between the last two ticks.', ['partition']),
  owner: metrics.gauge('heteroscale_decider_owner', '1 for each partition whose claim in force is of this process.', ['partition']),
  ticks: metrics.counter('heteroscale_decider_ticks_total', 'Own ticks that took effect: each is a moment at which all services of a partition could be decided.'),
  ticksIgnored: fromZero(metrics.counter('heteroscale_decider_ticks_ignored_total', 'Own ticks that took no effect.', ['reason']), 'reason', ignoredReasons),
  ticksSkipped: metrics.counter('heteroscale_decider_ticks_skipped_total', 'Ticks not sent: the one before was in flight.'),
  controlsInForce: metrics.gauge('heteroscale_controls_in_force', 'Controls of operators that are in force, as this process knows them.', ['scope_kind', 'control']),
  ...board(metrics),
})

/** What the last record of each service says, so that a gauge counts each service once. `reason` is empty after an order. */
type LastRecord = { readonly evidence: readonly Evidence[]; readonly reason: string }

/** Counted when somebody asks: services are many, and their records come all the time. */
const board = (metrics: Metrics) => {
  const lastOf = new Map<ServiceId, LastRecord>()
  return {
    lastOf,
    held: metrics.gauge('heteroscale_decider_held_services', 'Services that hold, by the reason on their last record.', { labelNames: ['reason'], collect: (gauge) => showHeld(gauge, lastOf) }),
    evidence: metrics.gauge('heteroscale_decider_evidence', 'Services by signal and state of its evidence at their last record.', {
      labelNames: ['signal', 'state'],
      collect: (gauge) => showEvidence(gauge, lastOf),
    }),
  }
}

type LastRecords = ReadonlyMap<ServiceId, LastRecord>

const showHeld = (gauge: Gauge<'reason'>, lastOf: LastRecords): void => {
  const byReason = groupBy([...lastOf.values()], ({ reason }) => reason)
  for (const reason of holdReasons) gauge.set({ reason }, byReason.get(reason)?.length ?? 0)
}

const showEvidence = (gauge: Gauge<'signal' | 'state'>, lastOf: LastRecords): void => {
  const bySignal = groupBy([...lastOf.values()].flatMap((record) => record.evidence), ({ signal }) => signal)
  gauge.reset()
  for (const [signal, all] of bySignal)
    for (const state of evidenceStates) gauge.set({ signal, state }, all.filter((one) => one.state === state).length)
}

/** Counts what was written, by kind and by reason. */
export const countOutputs = (metrics: DeciderMetrics, outputs: readonly Emitted[]): void => {
  for (const { event } of outputs) {
    if (event?.type !== 'ScaleDecided' && event?.type !== 'ScaleHeld') continue
    if (event.type === 'ScaleDecided') metrics.decisions.inc({ kind: event.kind })
    else metrics.holds.inc({ reason: event.reason })
    metrics.lastOf.set(event.service, { evidence: event.evidence, reason: event.type === 'ScaleHeld' ? event.reason : '' })
  }
}

/** Drops services that this process no longer decides for. */
export const forgetServices = (metrics: DeciderMetrics, services: Iterable<ServiceId>): void => {
  for (const service of services) metrics.lastOf.delete(service)
}
