/** What every process says of its appends to the log. */
import { fromZero, type Metrics } from '../adapters/prometheus/registry.ts'
import { isPortError } from '../core/port-error.ts'
import type { Appender, EventLog } from '../core/ports.ts'

export type LogMeters = ReturnType<typeof createLogMeters>

const failureCodes = ['unavailable', 'timeout', 'invalid', 'other']

/** Registers the series of the log. */
export const createLogMeters = (metrics: Metrics) => ({
  appendSeconds: metrics.histogram('heteroscale_log_append_seconds', 'From an append until the broker acknowledged it; failed ones are not in it.'),
  records: metrics.counter('heteroscale_log_records_appended_total', 'Records that the broker acknowledged.'),
  failures: fromZero(metrics.counter('heteroscale_log_append_failures_total', 'Appends that failed, by code: the caller tries again.', ['code']), 'code', failureCodes),
  deadLetters: metrics.counter('heteroscale_log_dead_letters_total', 'Records that nobody can read, set aside by this process.'),
})

/** The same log, each append of each appender timed and counted. */
export const meterAppends = (eventLog: EventLog, meters: LogMeters): EventLog => ({
  ...eventLog,
  appender: async () => meterAppender(await eventLog.appender(), meters),
})

const meterAppender = (appender: Appender, { appendSeconds, records, failures }: LogMeters): Appender => ({
  append: async (batch) => {
    const stopTimer = appendSeconds.startTimer()
    try {
      const appended = await appender.append(batch)
      stopTimer()
      records.inc(appended.length)
      return appended
    } catch (error) {
      failures.inc({ code: codeOf(error) })
      throw error
    }
  },
  close: () => appender.close(),
})

const codeOf = (error: unknown): string => (isPortError(error) && failureCodes.includes(error.code) ? error.code : 'other')
