/** How far a replay has come, said once a second. */
import type { Replay } from '../core/audit/replay.ts'
import type { Offset } from '../core/units.ts'

export type ReplayProgress = {
  readonly partition: number
  /** Records and ticks over all partitions so far. */
  readonly records: number
  readonly ticks: number
  /** Of the whole log's records that are to be read, 0 to 100. */
  readonly percent: number
  readonly recordsPerSecond: number
}
export type OnProgress = (progress: ReplayProgress) => void

type Bounds = { readonly partition: number; readonly start: Offset; readonly end: Offset }

const everyMs = 1_000
/** The clock is asked once in so many records: asking costs as much as folding one. */
const everyRecords = 1_000

/** Gives the function to call after each record. What is folded twice, to catch up with a change of version, moves no percentage. */
export const trackProgress = (bounds: readonly Bounds[], onProgress: OnProgress | undefined): ((replay: Replay | null) => void) => {
  if (onProgress === undefined) return () => undefined
  const startedAt = performance.now()
  const total = bounds.reduce((sum, { start, end }) => sum + end - start, 0)
  const before = (partition: number): number =>
    bounds.filter((one) => one.partition < partition).reduce((sum, { start, end }) => sum + end - start, 0)
  const ends = new Map(bounds.map(({ partition, end }) => [partition, end]))
  const ticks = new Map<number, number>()
  let [records, saidAt] = [0, startedAt]
  return (replay) => {
    records += 1
    if (replay === null) return
    const { partition, nextOffset } = replay
    const isLast = nextOffset >= (ends.get(partition) ?? 0)
    if (records % everyRecords !== 0 && !isLast) return
    const now = performance.now()
    if (now - saidAt < everyMs && !isLast) return
    const start = bounds.find((one) => one.partition === partition)?.start ?? 0
    saidAt = now
    ticks.set(partition, replay.ticks)
    onProgress({
      partition,
      records,
      ticks: [...ticks.values()].reduce((sum, count) => sum + count, 0),
      percent: Math.floor((100 * (before(partition) + nextOffset - start)) / Math.max(1, total)),
      recordsPerSecond: Math.round((records * 1000) / Math.max(1, now - startedAt)),
    })
  }
}
