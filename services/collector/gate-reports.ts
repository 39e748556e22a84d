/** Tells the log how each producer fares, so that `heteroscale get producers` can answer: at most once in five seconds. */
import type { Appender, Clock, Logger, OutRecord } from '../../core/ports.ts'
import type { Producers } from './producers.ts'

export type GateReportParts = {
  /** Id of the collector. */
  readonly gate: string
  readonly producers: Producers
  readonly appender: Appender
  readonly clock: Clock
  readonly log: Logger
}

/** Wall time: a flood of a thousand producers is then 200 records a second at most. */
const reportEveryMs = 5_000

/** Reports until stopped; what is new then is reported once more. */
export const startGateReports = (parts: GateReportParts): { stop(): Promise<void> } => {
  let wake: () => void = () => undefined
  let stopping = false
  const stopped = new Promise<void>((resolve) => {
    wake = resolve
  })
  const run = async (): Promise<void> => {
    while (!stopping) {
      await parts.clock.sleep(reportEveryMs * parts.clock.speed, stopped)
      await report(parts)
    }
  }
  const running = run()
  return {
    stop: async () => {
      stopping = true
      wake()
      await running
    },
  }
}

/** A report that the log refuses is lost; the next one carries the same totals and more. */
const report = async ({ gate, producers, appender, clock, log }: GateReportParts): Promise<void> => {
  const records = producers.changed(gate, clock.now()).map((event): OutRecord => ({ topic: 'dead-letters', key: `${gate}/${event.producer}`, event }))
  if (records.length === 0) return
  await appender.append(records).catch((error: unknown) => {
    log.warn({ err: error, producers: records.length }, 'E_APPEND how producers fare could not be told; the next report tells it')
  })
}
