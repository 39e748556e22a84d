/**
 * When runs count (docs/invariants.md, "When a run counts"). V1, not vacuous, per hundred runs: ≥ 200 decisions, ≥ 30 scale-outs, ≥ 20 scale-ins,
 * ≥ 10 rollbacks. V2, faults bit: every fault that was injected hit something at least once per hundred runs. And over all runs ≥ 1 veto of each
 * kind, weaker than the source, which asks for it of each run: some are so rare that only thousands of runs must show them.
 */
import type { CheckReport, Counted } from './evidence.ts'

const least = { decisions: 200, scaleOuts: 30, scaleIns: 20, rollbacks: 10 } as const

/** Reasons for which an ask is not followed: each has to be seen, or nothing shows that it works. */
export const vetoKinds = [
  'EVIDENCE_MISSING', 'EVIDENCE_STALE', 'EVIDENCE_FAILED', 'COVERAGE_LOW', 'INSTANCES_UNKNOWN', 'LATENCY_VETO', 'RISING_VETO',
  'WARMING_UP', 'STABILISING', 'COOLDOWN_OUT', 'COOLDOWN_IN', 'ROLLOUT_OPEN', 'RATE_LIMITED', 'AT_BOUNDS', 'FAILURE_BACKOFF', 'KILL_SWITCH', 'FROZEN', 'PAUSED',
] as const

/**
 * Seen once in a hundred runs or less. CONTROLS_UNKNOWN is not among them: an owner says what is ordered milliseconds after it claimed, before
 * its first decision; stories show that one (test/core/scaling/stops.test.ts).
 */
export const rareVetoKinds = ['QUEUE_VETO', 'CONSOLIDATION', 'NO_FEASIBLE_PAIR'] as const
const runsThatShowRareOnes = 5_000

export type Vacuity = { readonly runsPerBlock?: number; readonly vetoes?: readonly string[]; readonly rareVetoes?: readonly string[] }

/** What is missing, hundred by hundred and over all; an empty list means that the runs count. */
export const isVacuous = (reports: readonly CheckReport[], { runsPerBlock = 100, vetoes = vetoKinds, rareVetoes = rareVetoKinds }: Vacuity = {}): readonly string[] => {
  const all = reports.map(({ counted }) => counted)
  const blocks = Array.from({ length: Math.ceil(all.length / runsPerBlock) }, (_, index) => index * runsPerBlock)
  const asked = all.length < runsThatShowRareOnes ? vetoes : [...vetoes, ...rareVetoes]
  return [
    ...blocks.flatMap((from) => {
      const block = all.slice(from, from + runsPerBlock)
      return missingIn(block).map((missing) => `runs ${from + 1} to ${from + block.length}: ${missing}`)
    }),
    ...unseen(all, asked).map((veto) => `all ${all.length} runs: no veto ${veto}`),
  ]
}

const missingIn = (block: readonly Counted[]): readonly string[] => {
  const few = (Object.keys(least) as (keyof typeof least)[]).flatMap((what) => {
    const found = block.reduce((sum, counted) => sum + counted[what], 0)
    return found >= least[what] ? [] : [`${found} ${what}, at least ${least[what]} are asked for`]
  })
  const faults = new Set(block.flatMap((counted) => Object.keys(counted.faults)))
  const dull = [...faults].filter((fault) => block.every((counted) => (counted.faults[fault] ?? 0) === 0))
  return [...few, ...dull.map((fault) => `the fault ${fault} never hit anything`)]
}

const unseen = (all: readonly Counted[], vetoes: readonly string[]): readonly string[] => {
  const seen = new Set(all.flatMap((counted) => Object.keys(counted.vetoes)))
  return vetoes.filter((veto) => !seen.has(veto))
}
