/** GPU activity over the last seconds, as a DCGM exporter samples it. */
import type { EpochMs } from '../core/units.ts'

/** An engine's busy time so far. */
export type BusyEngine = { readonly instance: string; readonly busyMs: number }

export type ActivityMeter = {
  /** Reads the engines when a period is over. */
  sample(at: EpochMs, read: () => readonly BusyEngine[]): void
  /** Share of time with work on the GPU, 0 to 1; 0 for an unknown instance, which runs nothing. */
  of(instance: string): number
}

/** DCGM exporters report about once in this time. */
const periodMs = 5_000

export const createActivityMeter = (): ActivityMeter => {
  let before = new Map<string, number>()
  let share = new Map<string, number>()
  let sampledAt: EpochMs | null = null
  return {
    sample: (at, read) => {
      if (sampledAt !== null && at - sampledAt < periodMs) return
      const engines = read()
      const elapsed = sampledAt === null ? Number.POSITIVE_INFINITY : at - sampledAt
      share = new Map(engines.map(({ instance, busyMs }) => [instance, Math.min(1, (busyMs - (before.get(instance) ?? 0)) / elapsed)]))
      before = new Map(engines.map(({ instance, busyMs }) => [instance, busyMs]))
      sampledAt = at
    },
    of: (instance) => share.get(instance) ?? 0,
  }
}
