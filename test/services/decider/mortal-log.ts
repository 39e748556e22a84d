/** A log as a process sees it that will be killed at a chosen moment of its next batch. */
import type { EventLog, GroupHandler, RecordBatch } from '../../../core/ports.ts'

export type Death = 'before-outputs' | 'before-commit'

export type MortalLog = { readonly eventLog: EventLog; kill(death: Death): void }

/** After its death nothing that the process does has an effect, and the group deals its partitions to others. */
export const createMortalLog = (inner: EventLog): MortalLog => {
  let death: Death | null = null
  const killed = new Error('killed')
  const mortal = (handler: GroupHandler): GroupHandler => ({
    ...handler,
    batch: async (batch: RecordBatch) => {
      const commit = await handler.batch(batch)
      if (death !== null) throw killed
      return commit
    },
  })
  return {
    kill: (at) => void (death = at),
    eventLog: {
      ...inner,
      appender: async () => {
        const appender = await inner.appender()
        return { ...appender, append: (records) => (death === 'before-outputs' ? Promise.reject(killed) : appender.append(records)) }
      },
      join: (options) => inner.join({ ...options, handler: mortal(options.handler) }),
    },
  }
}
