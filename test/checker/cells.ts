/** One cell's log: which placements count (DESIGN section 6: void unless `basedOn` is the last valid one), and what each promised. */
import type { GroupPlacement, InventoryObserved, PlacementDecided, ReservationReleased } from './records.ts'

type Where = { readonly partition: number; readonly offset: number; readonly timestampMs: number }
export type CellRecord = Where &
  ({ readonly type: 'PlacementDecided'; readonly record: PlacementDecided } | { readonly type: 'ReservationReleased'; readonly record: ReservationReleased } | { readonly type: 'InventoryObserved'; readonly record: InventoryObserved })

export type Placed = GroupPlacement & Where & { readonly requestId: string; readonly service: string; readonly placedAtMs: number; readonly viewOffset: number }
export type CellView = {
  readonly records: readonly CellRecord[]
  /** Of valid records, by request and group. */
  readonly placements: ReadonlyMap<string, Placed>
  /** Requests that a valid record answered, with the offset of the first answer and of any other one. */
  readonly answers: ReadonlyMap<string, readonly { readonly offset: number; readonly refusal: string | null; readonly groups: readonly GroupPlacement[] }[]>
  readonly valid: ReadonlySet<number>
}

export const foldCell = (records: readonly CellRecord[]): CellView => {
  const placements = new Map<string, Placed>()
  const answers = new Map<string, { offset: number; refusal: string | null; groups: readonly GroupPlacement[] }[]>()
  const valid = new Set<number>()
  let last = -1
  for (const entry of records) {
    if (entry.type !== 'PlacementDecided' || entry.record.basedOn !== last) continue
    last = entry.offset
    valid.add(entry.offset)
    for (const { requestId, service, groups, refusal } of entry.record.answers) {
      const known = answers.get(requestId)
      if (known !== undefined) {
        known.push({ offset: entry.offset, refusal, groups })
        continue
      }
      answers.set(requestId, [{ offset: entry.offset, refusal, groups }])
      const { partition, offset, timestampMs, record } = entry
      for (const group of groups)
        placements.set(`${requestId}/${group.group}`, { ...group, partition, offset, timestampMs, requestId, service, placedAtMs: record.time, viewOffset: record.viewOffset })
    }
  }
  return { records, placements, answers, valid }
}
