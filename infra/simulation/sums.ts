/** Sums over many histories, and how they are shown. */
import type { Violation } from '../../simulator/control-plane/invariants/violation.ts'
import { addTallies, type Tally } from '../../simulator/control-plane/summary.ts'
import { missingToCount, type Counted } from './checker.ts'
import type { JudgedSummary } from './judge.ts'

export type Sums = {
  readonly histories: number
  readonly simulatedMs: number
  readonly steps: number
  readonly cpuMs: number
  readonly checkMs: number
  readonly records: number
  readonly faults: Tally
  readonly hits: Tally
  readonly counted: Tally
  readonly failed: readonly { readonly seed: number; readonly violations: readonly Violation[] }[]
}

export const noSums: Sums = { histories: 0, simulatedMs: 0, steps: 0, cpuMs: 0, checkMs: 0, records: 0, faults: {}, hits: {}, counted: {}, failed: [] }

export const addSummary = (sums: Sums, { seed, violations, ...one }: JudgedSummary): Sums => ({
  histories: sums.histories + 1,
  simulatedMs: sums.simulatedMs + one.simulatedMs,
  steps: sums.steps + one.steps,
  cpuMs: sums.cpuMs + one.cpuMs,
  checkMs: sums.checkMs + one.checkMs,
  records: sums.records + one.records,
  faults: addTallies(sums.faults, one.faults),
  hits: addTallies(sums.hits, one.hits),
  counted: addTallies(sums.counted, one.counted),
  failed: violations.length === 0 ? sums.failed : [...sums.failed, { seed, violations }],
})

export const showSums = (sums: Sums, seconds: number): string =>
  [
    `${sums.histories} histories in ${seconds.toFixed(1)} s: ${(sums.histories / seconds).toFixed(2)} a second, ${(sums.cpuMs / sums.histories / 1000).toFixed(3)} CPU-seconds each, of which ${(sums.checkMs / sums.histories / 1000).toFixed(3)} to judge`,
    `${(sums.simulatedMs / 3_600_000).toFixed(1)} simulated hours, ${sums.records} records, ${sums.steps} steps`,
    `faults     ${showTally(sums.faults)}`,
    `what bit   ${showTally(sums.hits)}`,
    `counted    ${showTally(sums.counted)}`,
    `${sums.failed.length} of ${sums.histories} seeds failed${sums.failed.length === 0 ? '' : `: ${sums.failed.map(({ seed }) => seed).join(' ')}`}`,
  ].join('\n')

/** Who judged, and whether the histories held enough for a green verdict to say anything (docs/invariants.md, "When a run counts"). */
export const showJudges = (outside: Outside): string => {
  if (outside.size === 0) return "judged     by the simulation's own invariants alone"
  const missing = missingOf(outside)
  const hundreds = Math.ceil(outside.size / 100)
  const counts = missing.length === 0 ? `each of ${hundreds} times a hundred histories counts` : `what is missing for them to count: ${missing.join('; ')}`
  return `judged     by the simulation's own invariants and by the independent checker; ${counts}`
}

/** What the independent checker counted, by seed. */
export type Outside = ReadonlyMap<number, Counted>

/** What hundreds of histories lack to count, in the order of seeds. */
export const missingOf = (outside: Outside): readonly string[] => {
  const inOrder = [...outside].sort(([a], [b]) => a - b).map(([, counted]) => ({ violations: [], counted }))
  return missingToCount === null ? [] : missingToCount(inOrder)
}

export const showTime = (atMs: number): string => new Date(atMs).toISOString().slice(11, 23)

export const showFailure = ({ seed, violations }: Sums['failed'][number]): readonly string[] =>
  violations.slice(0, 3).map(({ invariant, service, detail, atMs }) => `seed ${seed}  ${showTime(atMs)} ${invariant} ${service}: ${detail}`)

const showTally = (tally: Tally): string =>
  Object.entries(tally)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`)
    .join(' · ')
