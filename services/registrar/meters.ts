/** Metrics of the registrar. */
import { fromZero, type Metrics } from '../../adapters/prometheus/registry.ts'

export type RegistrarMeters = ReturnType<typeof createRegistrarMeters>

export const createRegistrarMeters = (metrics: Metrics) => ({
  gates: fromZero(metrics.counter('heteroscale_registrar_gates_total', 'Registration gates by what was done.', ['action']), 'action', ['open', 'close', 'failed']),
  excursions: metrics.counter('heteroscale_registrar_band_excursions_total', 'Times that a group was seen with its registered P/D out of band.'),
  registered: metrics.gauge('heteroscale_registrar_registered_instances', 'Instances that receive traffic, by role.', ['role']),
  failures: metrics.counter('heteroscale_registrar_read_failures_total', 'Passes that could not read the sub-cluster.'),
})
