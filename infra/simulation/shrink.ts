/** Leaves out one fault after the other as long as the seed still fails. */
import { judge } from './judge.ts'
import type { HistoryChoice } from './options.ts'

export type Shrunk = { readonly planned: number; readonly keep: readonly number[]; readonly kinds: readonly string[]; readonly runs: number }

/** Null when the seed does not fail. `invariants` of the first run: another failure is another story. */
export const shrink = async (seed: number, choice: HistoryChoice, onTry: (keep: readonly number[]) => void): Promise<Shrunk | null> => {
  const first = await judge(seed, choice)
  const wanted = new Set(first.summary.violations.map(({ invariant }) => invariant))
  if (wanted.size === 0) return null
  const { faults } = first.history
  let keep: readonly number[] = choice.keep ?? faults.map((_, index) => index)
  let runs = 1
  for (const candidate of [...keep]) {
    const without = keep.filter((index) => index !== candidate)
    onTry(without)
    runs += 1
    const { summary } = await judge(seed, { ...choice, keep: without })
    if (summary.violations.some(({ invariant }) => wanted.has(invariant))) keep = without
  }
  return { planned: faults.length, keep, kinds: keep.map((index) => faults[index]?.kind ?? ''), runs }
}
