/** A log whose broker is slow with ticks at a chosen time: they wait, and get the append time at which the wait ends. */
import type { Appender, EventLog } from '../../../core/ports.ts'

export type StallingLog = { readonly eventLog: EventLog; stall(): void; resume(): void }

export const createStallingLog = (inner: EventLog): StallingLog => {
  let stalled: Promise<void> = Promise.resolve()
  let resume: () => void = () => undefined
  const slowed = (appender: Appender): Appender => ({
    ...appender,
    append: async (records) => {
      if (records.some(({ event }) => event?.type === 'ClockTicked')) await stalled
      return appender.append(records)
    },
  })
  return {
    stall: () => void (stalled = new Promise((resolve) => (resume = resolve))),
    resume: () => resume(),
    eventLog: { ...inner, appender: async () => slowed(await inner.appender()) },
  }
}
