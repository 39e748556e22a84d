/** What the signals of a service said at a moment in the past, for people who ask why it stood still then; decisions never read this. */
import type { EpochMs } from '../../core/units.ts'
import { shownSignals, type SignalNow } from './answers.ts'
import { BoundedMap } from './bounded-map.ts'

/** A row each 30 s for two hours, 9 numbers of 8 bytes a row: 17 KB a service, whatever its number of sub-clusters. */
const ROW_EVERY_MS = 30_000
const ROWS = 240
/** A row that is older than this at the time asked for does not speak of that time. */
const SPEAKS_FOR_MS = 2 * ROW_EVERY_MS
/** Services, deleted ones included: twice as many as one fleet is built for. */
const SERVICES = 20_000
const COLUMNS = 1 + 2 * shownSignals.length

type Rows = { readonly numbers: Float64Array; count: number; lastMs: EpochMs }

export const createSignalHistory = () => {
  const services = new BoundedMap<string, Rows>(SERVICES)
  return {
    isDue: (service: string, atMs: EpochMs): boolean => atMs >= (services.get(service)?.lastMs ?? -Infinity) + ROW_EVERY_MS,
    /** Keeps what the signals say at `atMs`; rows come in order of time. */
    keep(service: string, atMs: EpochMs, signals: readonly SignalNow[]): void {
      const rows = services.get(service) ?? { numbers: new Float64Array(ROWS * COLUMNS), count: 0, lastMs: atMs }
      services.addFirst(service, rows)
      rows.numbers.set(rowOf(atMs, signals), (rows.count % ROWS) * COLUMNS)
      rows.count += 1
      rows.lastMs = atMs
    },
    /** Empty when nothing was kept that speaks of `atMs`. */
    at(service: string, atMs: EpochMs): readonly SignalNow[] {
      const rows = services.get(service)
      if (rows === undefined) return []
      for (let index = rows.count - 1; index >= Math.max(0, rows.count - ROWS); index -= 1) {
        const start = (index % ROWS) * COLUMNS
        const row = rows.numbers.subarray(start, start + COLUMNS)
        const [keptMs = NaN] = row
        if (keptMs <= atMs) return keptMs > atMs - SPEAKS_FOR_MS ? signalsOf(row) : []
      }
      return []
    },
  }
}

/** A signal that nobody measured is NaN in its row: it is absent from the answer, as it is now. */
const rowOf = (atMs: EpochMs, signals: readonly SignalNow[]): readonly number[] => [
  atMs,
  ...shownSignals.flatMap((name) => {
    const found = signals.find(({ signal }) => signal === name)
    return [found?.value ?? NaN, found?.windowEndMs ?? NaN]
  }),
]

const signalsOf = (row: Float64Array): readonly SignalNow[] =>
  shownSignals.flatMap((signal, index) => {
    const [value = NaN, windowEndMs = NaN] = row.subarray(1 + 2 * index)
    return Number.isNaN(value) ? [] : [{ signal, value, windowEndMs }]
  })
