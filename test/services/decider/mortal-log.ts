/** A log as a process sees it that will be killed at a chosen moment of its life. */
import type { Appender, EventLog, GroupHandler, RecordBatch } from '../../../core/ports.ts'

/**
 * Before the next decision is written, or after it was written: before anything that follows it, be it a snapshot that
 * is due or the commit of its input.
 */
export type Death = 'before-outputs' | 'after-outputs'

export type MortalLog = { readonly eventLog: EventLog; kill(death: Death): void; isDead(): boolean }

/** After its death nothing that the process does has an effect, and the group deals its partitions to others. */
export const createMortalLog = (inner: EventLog): MortalLog => {
  const killed = new Error('killed')
  let planned: Death | null = null
  let isDead = false
  const mortalAppender = (appender: Appender): Appender => ({
    ...appender,
    append: async (records) => {
      const decides = records.some(({ topic }) => topic === 'decisions')
      if (decides && planned === 'before-outputs') isDead = true
      if (isDead) throw killed
      const appended = await appender.append(records)
      if (decides && planned === 'after-outputs') isDead = true
      return appended
    },
  })
  const mortalHandler = (handler: GroupHandler): GroupHandler => ({
    ...handler,
    batch: async (batch: RecordBatch) => {
      const commit = await handler.batch(batch)
      // Before its outputs it dies of the append that fails; whether that stops the commit is the handler's affair.
      if (isDead && planned === 'after-outputs') throw killed
      return commit
    },
  })
  return {
    kill: (death) => void (planned = death),
    isDead: () => isDead,
    eventLog: {
      ...inner,
      appender: async () => mortalAppender(await inner.appender()),
      join: (options) => inner.join({ ...options, handler: mortalHandler(options.handler) }),
    },
  }
}
