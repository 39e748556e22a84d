/** Judges one case by what its sub-cluster and its processes left behind. The whole history is judged at the end of a group. */
import type { Call } from './arming.ts'
import type { Change, Stage } from './stage.ts'

/** Null, or what is wrong since `since` (wall time). */
export const judgeCase = async (stage: Stage, { since, mostCalls = usualCalls }: { readonly since: number; readonly mostCalls?: number | undefined }): Promise<string | null> => {
  const changes = await stage.changes()
  const faults = [...repeatedEffects(changes), ...tooManyCalls(stage.arming.calls().filter(({ at }) => at >= since), mostCalls)]
  return faults.length === 0 ? null : faults.join('; ')
}

/** One effect per step: a key is written once, whoever calls how often. */
export const repeatedEffects = (changes: readonly Change[]): readonly string[] =>
  [...counted(changes.filter(({ kind, key }) => kind === 'written' && key !== undefined && key !== ''), ({ key }) => key ?? '')]
    .filter(([, count]) => count > 1)
    .map(([key, count]) => `${count} effects of ${key}`)

/** A killed worker's call is repeated once; more would mean that somebody does not read before it writes again. */
const usualCalls = 2

export const tooManyCalls = (calls: readonly Call[], mostCalls = usualCalls): readonly string[] =>
  [...counted(calls, ({ key }) => key)].filter(([, count]) => count > mostCalls).map(([key, count]) => `${count} calls of ${key}`)

const counted = <T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const one of all) counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + 1)
  return counts
}
