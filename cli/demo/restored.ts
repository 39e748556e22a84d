/** Reads an emulator's change log for undone writes: did each group come back to the counts that it had before? Pure. */

type Counts = { readonly prefill: number; readonly decode: number }
type Written = {
  readonly kind: string
  readonly group: string
  readonly key: string
  readonly undoes: string | null
  readonly countsBefore: Counts
  readonly countsAfter: Counts
}

/** A description of every undo that left other counts behind than there were before the write that it undid. */
export const notRestored = (changeLog: string): readonly string[] => {
  const changes = changeLog.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Written)
  const before = new Map<string, Counts>()
  const faults: string[] = []
  for (const change of changes.filter(({ kind }) => kind === 'written')) {
    const { group, key, undoes, countsBefore, countsAfter } = change
    if (undoes === null) before.set(key, countsBefore)
    const expected = undoes === null ? undefined : before.get(undoes)
    if (expected !== undefined && !same(expected, countsAfter)) faults.push(`${group}: ${show(expected)} before, ${show(countsAfter)} after the undo`)
  }
  return faults
}

const same = (a: Counts, b: Counts): boolean => a.prefill === b.prefill && a.decode === b.decode
const show = ({ prefill, decode }: Counts): string => `${prefill}P+${decode}D`
