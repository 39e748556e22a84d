/** Silences Temporal's own lines in tests, where they would drown the report. To be imported before any worker starts. */
import { DefaultLogger, Runtime, makeTelemetryFilterString } from '@temporalio/worker'

Runtime.install({
  shutdownSignals: [],
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
})
