/** Reads an emulator's change log for undone writes: did each group come back to the counts that it had before? Pure. */
import { sameCounts, showCounts, type RoleCounts } from '../../core/roles.ts'

type Written = {
  readonly kind: string
  readonly group: string
  readonly key: string
  readonly undoes: string | null
  readonly countsBefore: RoleCounts
  readonly countsAfter: RoleCounts
}

/** A description of every undo that left other counts behind than there were before the write that it undid. */
export const notRestored = (changeLog: string): readonly string[] => {
  const changes = changeLog.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Written)
  const before = new Map<string, RoleCounts>()
  const faults: string[] = []
  for (const change of changes.filter(({ kind }) => kind === 'written')) {
    const { group, key, undoes, countsBefore, countsAfter } = change
    if (undoes === null) before.set(key, countsBefore)
    const expected = undoes === null ? undefined : before.get(undoes)
    if (expected !== undefined && !sameCounts(expected, countsAfter)) faults.push(`${group}: ${showCounts(expected)} before, ${showCounts(countsAfter)} after the undo`)
  }
  return faults
}
