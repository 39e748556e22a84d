/** The verdicts as they are kept, one a line, so that a run that was cut loses none. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Mutant } from './mutant.ts'
import type { Catch, Verdict } from './verdict.ts'

export type Results = {
  /** Null when nobody asked yet, or asked about another text of the mutant. */
  of(mutant: Mutant): Verdict | null
  keep(verdict: Verdict): void
}

export const patchOf = ({ file, from, to }: Mutant): string => createHash('sha256').update(JSON.stringify([file, from, to])).digest('hex').slice(0, 12)

/** Throws where the file is no list of verdicts. What another run keeps meanwhile stays. */
export const openResults = (path: string): Results => {
  const read = (): Map<string, Verdict> => new Map(readVerdicts(path).map((verdict) => [verdict.mutant, verdict]))
  return {
    of: (mutant) => {
      const verdict = read().get(mutant.name)
      return verdict?.patch === patchOf(mutant) ? verdict : null
    },
    keep: (verdict) => {
      const known = read().set(verdict.mutant, verdict)
      const inOrder = [...known.values()].sort((a, b) => (a.mutant < b.mutant ? -1 : 1))
      writeFileSync(path, `[\n${inOrder.map((one) => JSON.stringify(one)).join(',\n')}\n]\n`)
    },
  }
}

const readVerdicts = (path: string): readonly Verdict[] => (existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as readonly Verdict[]) : [])

/** The simulation runs its code, and no seed has failed yet. */
export const isMissedBySeeds = (verdict: Verdict | null): boolean => verdict !== null && verdict.isSimulated && verdict.caught?.by !== 'simulation'

export const seedsAsked = ({ asked }: Pick<Verdict, 'asked'>): number => asked.reduce((sum, { count }) => sum + count, 0)

/**
 * What further seeds say, added to what earlier ones said. Where they do not follow the earlier ones, or those had found
 * something already, the new verdict stands alone.
 */
export const added = (before: Verdict | null, now: Verdict): Verdict => {
  if (before === null || !isMissedBySeeds(before) || !isAfter(before, now)) return now
  const caught = now.caught === null ? before.caught : behind(seedsAsked(before), now.caught)
  return { ...now, asked: [...before.asked, ...now.asked], caught }
}

const behind = (seeds: number, caught: Catch): Catch => ({ ...caught, seeds: caught.seeds === null ? null : seeds + caught.seeds })

const isAfter = (before: Verdict, now: Verdict): boolean => {
  const ends = before.asked.map(({ from, count }) => from + count)
  return now.asked.every(({ from }) => from >= Math.max(...ends))
}
