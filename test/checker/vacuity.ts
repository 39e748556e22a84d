/**
 * When runs count (reliability 4.4). V1, not vacuous, per hundred runs: ≥ 200 decisions, ≥ 30 scale-outs, ≥ 20 scale-ins, ≥ 10 rollbacks, ≥ 1 veto of
 * each kind. V2, faults bit: every fault that was injected hit something at least once per hundred runs.
 */
import type { CheckReport, Counted } from './evidence.ts'

const least = { decisions: 200, scaleOuts: 30, scaleIns: 20, rollbacks: 10 } as const

/** Reasons for which an ask is not followed: each has to be seen, or nothing shows that it works. */
export const vetoKinds = [
  'EVIDENCE_MISSING', 'EVIDENCE_STALE', 'EVIDENCE_FAILED', 'COVERAGE_LOW', 'INSTANCES_UNKNOWN', 'LATENCY_VETO', 'RISING_VETO', 'QUEUE_VETO', 'CONSOLIDATION',
  'WARMING_UP', 'STABILISING', 'COOLDOWN_OUT', 'COOLDOWN_IN', 'ROLLOUT_OPEN', 'RATE_LIMITED', 'AT_BOUNDS', 'NO_FEASIBLE_PAIR', 'FAILURE_BACKOFF',
  'KILL_SWITCH', 'FROZEN', 'PAUSED', 'CONTROLS_UNKNOWN',
] as const

export type Vacuity = { readonly runsPerBlock?: number; readonly vetoes?: readonly string[] }

/** What is missing, block by block of a hundred runs; an empty list means that the runs count. */
export const isVacuous = (reports: readonly CheckReport[], { runsPerBlock = 100, vetoes = vetoKinds }: Vacuity = {}): readonly string[] => {
  const blocks = Array.from({ length: Math.ceil(reports.length / runsPerBlock) }, (_, index) => index * runsPerBlock)
  return blocks.flatMap((from) => {
    const block = reports.slice(from, from + runsPerBlock).map(({ counted }) => counted)
    return missingIn(block, vetoes).map((missing) => `runs ${from + 1} to ${from + block.length}: ${missing}`)
  })
}

const missingIn = (block: readonly Counted[], vetoes: readonly string[]): readonly string[] => {
  const few = (Object.keys(least) as (keyof typeof least)[]).flatMap((what) => {
    const found = block.reduce((sum, counted) => sum + counted[what], 0)
    return found >= least[what] ? [] : [`${found} ${what}, at least ${least[what]} are asked for`]
  })
  const seen = new Set(block.flatMap((counted) => Object.keys(counted.vetoes)))
  const faults = new Set(block.flatMap((counted) => Object.keys(counted.faults)))
  const dull = [...faults].filter((fault) => block.every((counted) => (counted.faults[fault] ?? 0) === 0))
  return [...few, ...vetoes.filter((veto) => !seen.has(veto)).map((veto) => `no veto ${veto}`), ...dull.map((fault) => `the fault ${fault} never hit anything`)]
}
