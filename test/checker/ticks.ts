/** Which ticks of a partition count, and who owned it when (DESIGN section 3, "The log", rules 2 and 4), told from the topic alone. */
import type { ClockTicked } from './records.ts'

export type Tick = ClockTicked & {
  readonly offset: number
  readonly timestampMs: number
  /** A claim decides nothing. */
  readonly isClaim: boolean
  /** Time of the claim under which it ticked. */
  readonly ownerSinceMs: number
}

export type TickLog = {
  /** Ticks that count, in the order of the log. */
  readonly counted: readonly Tick[]
  readonly at: ReadonlyMap<number, Tick>
  /** Every tick, also those that nobody heeds. */
  readonly all: readonly TickEntry[]
}

export type TickEntry = { readonly offset: number; readonly timestampMs: number; readonly record: ClockTicked }

/** A tick further than this from its LogAppendTime is ignored, unless its log carries another time than the wall's. */
const clockToleranceMs = 5_000

export const foldTicks = (entries: readonly TickEntry[]): TickLog => {
  const counted: Tick[] = []
  for (const entry of entries) {
    const { record, offset, timestampMs } = entry
    const last = counted.at(-1)
    const isClaim = last === undefined || record.epoch > last.epoch
    if (!counts(last, entry, isClaim)) continue
    const { logId, epoch, ownerId, coreHash, decidedThrough, simulated, time } = record
    counted.push({ logId, epoch, ownerId, coreHash, decidedThrough, simulated, time, offset, timestampMs, isClaim, ownerSinceMs: isClaim ? time : last.ownerSinceMs })
  }
  return { counted, at: new Map(counted.map((tick) => [tick.offset, tick])), all: entries }
}

const counts = (last: Tick | undefined, { record, timestampMs }: TickEntry, isClaim: boolean): boolean => {
  if (!record.simulated && Math.abs(record.time - timestampMs) > clockToleranceMs) return false
  // The first epoch is 1: what an owner writes between two claims has none.
  if (last === undefined) return record.epoch > 0
  if (record.logId !== last.logId || record.simulated !== last.simulated || record.time <= last.time) return false
  return isClaim || (record.epoch === last.epoch && record.ownerId === last.ownerId && record.coreHash === last.coreHash)
}
