/** Leaves out one fault after the other as long as the seed still fails. */
import { judge } from './judge.ts'
import type { HistoryChoice } from './options.ts'

/** `invariants`: those that the seed broke with all its faults; another failure is another story. */
export type Shrunk = { readonly planned: number; readonly keep: readonly number[]; readonly kinds: readonly string[]; readonly invariants: ReadonlySet<string> }

/** Null when the seed does not fail. Of what is kept, nothing more can be left out alone. */
export const shrink = async (seed: number, choice: HistoryChoice, onTry: (keep: readonly number[]) => void): Promise<Shrunk | null> => {
  const first = await judge(seed, choice)
  const invariants = new Set(first.summary.violations.map(({ invariant }) => invariant))
  if (invariants.size === 0) return null
  const { faults } = first.history
  const fails = async (keep: readonly number[]): Promise<boolean> => {
    onTry(keep)
    const { summary } = await judge(seed, { ...choice, keep })
    return summary.violations.some(({ invariant }) => invariants.has(invariant))
  }
  const keep = await fewest(choice.keep ?? faults.map((_, index) => index), fails)
  return { planned: faults.length, keep, kinds: keep.map((index) => faults[index]?.kind ?? ''), invariants }
}

/** Again from the beginning after each round that left something out: what was needed beside the others may not be without them. */
const fewest = async (all: readonly number[], fails: (keep: readonly number[]) => Promise<boolean>): Promise<readonly number[]> => {
  let keep = all
  for (const candidate of all) {
    const without = keep.filter((index) => index !== candidate)
    if (await fails(without)) keep = without
  }
  return keep.length === all.length ? keep : fewest(keep, fails)
}
