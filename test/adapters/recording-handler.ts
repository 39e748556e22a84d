/** A group handler that writes down what happens to it, so that a test can wait for a state instead of sleeping. */
import type { GroupHandler, LogRecord, PortError, RecordBatch } from '../../core/ports.ts'
import type { Offset } from '../../core/units.ts'

/** A batch whose records were all asked for. */
export type RecordedBatch = RecordBatch & { readonly records: readonly LogRecord[] }

type Overrides = {
  readonly startAt?: (partition: number) => Offset
  readonly commit?: (batch: RecordedBatch) => Offset | null
}

/** Waits for conditions over state that `changed` announces. */
export const createWatch = () => {
  let checks: (() => void)[] = []
  return {
    changed: (): void => {
      for (const check of [...checks]) check()
    },
    until: (condition: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!condition()) return
          checks = checks.filter((one) => one !== check)
          resolve()
        }
        checks.push(check)
        check()
      }),
  }
}

export const recordingHandler = (overrides: Overrides = {}) => {
  const watch = createWatch()
  const owned = new Set<number>()
  const history: string[] = []
  const records: LogRecord[] = []
  const batches: RecordedBatch[] = []
  const stopped: { partition: number; error: PortError }[] = []
  const note = (line: string): void => {
    history.push(line)
    watch.changed()
  }
  const handler: GroupHandler = {
    assigned: (partition) => {
      owned.add(partition)
      note(`assigned ${partition}`)
      return Promise.resolve(overrides.startAt?.(partition) ?? 0)
    },
    batch: (given) => {
      const batch = { ...given, records: [...given.records] }
      records.push(...batch.records)
      batches.push(batch)
      note(`batch ${batch.partition}`)
      return Promise.resolve(overrides.commit === undefined ? null : overrides.commit(batch))
    },
    revoked: (partition) => {
      owned.delete(partition)
      note(`revoked ${partition}`)
    },
    stopped: (partition, error) => {
      stopped.push({ partition, error })
      note(`stopped ${partition}`)
    },
  }
  return { handler, owned, history, records, batches, stopped, until: watch.until }
}
