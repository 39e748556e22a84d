/** Which faults strike a history, drawn from its seed alone: leaving one out moves none of the others. */
import type { Random } from '../../prng.ts'
import type { EpochMs } from '../../../core/units.ts'

export type Fault = {
  readonly kind: FaultKind
  readonly fromMs: EpochMs
  readonly toMs: EpochMs
  /** Chance of its own: which target, how hard. */
  readonly draw: number
}

const second = 1_000
const minute = 60 * second

/** Weight, and shortest and longest duration. */
const catalogue = {
  'crash-decider': [4, 1 * minute, 6 * minute],
  'crash-orchestrator': [4, 1 * minute, 8 * minute],
  'crash-registrar': [2, 1 * minute, 6 * minute],
  'crash-collector': [2, 1 * minute, 6 * minute],
  'pause-decider': [3, 5 * second, 90 * second],
  'pause-orchestrator': [3, 3 * second, 90 * second],
  'rebalance': [3, 1 * minute, 5 * minute],
  'kafka-down': [2, 5 * second, 3 * minute],
  'kafka-down-long': [1, 8 * minute, 20 * minute],
  'temporal-down': [2, 5 * second, 3 * minute],
  'temporal-down-long': [1, 8 * minute, 20 * minute],
  'collectors-down-long': [1, 8 * minute, 20 * minute],
  'deciders-down-long': [1, 8 * minute, 20 * minute],
  'orchestrators-down-long': [1, 8 * minute, 20 * minute],
  'slow-writes': [2, 30 * second, 5 * minute],
  'disk-full': [2, 10 * second, 4 * minute],
  'lost-answers': [3, 1 * minute, 6 * minute],
  'duplicated-records': [3, 1 * minute, 5 * minute],
  'api-trouble': [6, 1 * minute, 10 * minute],
  'stale-reads': [2, 1 * minute, 8 * minute],
  'partial-reads': [2, 1 * minute, 8 * minute],
  'node-loss': [4, 2 * minute, 15 * minute],
  'start-up-never-ends': [4, 1 * minute, 8 * minute],
  'clock-ahead': [2, 1 * minute, 6 * minute],
  'collector-skew': [2, 3 * minute, 15 * minute],
  'zombie-of-another-core': [2, 30 * second, 4 * minute],
  'old-snapshot-last': [2, 1 * minute, 4 * minute],
  'group-deleted': [2, 20 * second, 90 * second],
  'topic-recreated': [1, 20 * second, 60 * second],
  'workflow-cache-lost': [3, 1 * minute, 8 * minute],
  'kill-switch': [2, 1 * minute, 8 * minute],
  'freeze': [2, 1 * minute, 8 * minute],
  'pause-service': [2, 1 * minute, 8 * minute],
  'recommend-only': [1, 1 * minute, 8 * minute],
  'manual-scale': [2, 2 * minute, 10 * minute],
  'bounds-changed': [2, 2 * minute, 15 * minute],
} as const satisfies { readonly [kind: string]: readonly [number, number, number] }

export type FaultKind = keyof typeof catalogue
export const faultKinds = Object.keys(catalogue) as readonly FaultKind[]

export type PlanWindow = { readonly fromMs: EpochMs; readonly healedAtMs: EpochMs }

/** Each ends before the heal. `only`: the kinds to draw from, each of them at least once. */
export const planFaults = (random: Random, { fromMs, healedAtMs }: PlanWindow, only: readonly FaultKind[] | null): readonly Fault[] => {
  const count = Math.max(4 + Math.floor(9 * random.next()), only?.length ?? 0)
  return Array.from({ length: count }, (_, index): Fault => {
    const kind = only === null ? weighted(random.next()) : (only[index % only.length] as FaultKind)
    return drawFault(random, kind, { fromMs, healedAtMs })
  }).sort((a, b) => a.fromMs - b.fromMs)
}

/**
 * One that comes on top of those that a seed plans, in every third of them: without it one hundred histories in a hundred held fewer than ten
 * rollbacks, which is too little to prove anything (docs/invariants.md, V1).
 */
export const moreFaults = (seed: number, random: Random, window: PlanWindow): readonly Fault[] => (seed % 3 === 0 ? [drawFault(random, 'start-up-never-ends', window)] : [])

const drawFault = (random: Random, kind: FaultKind, { fromMs, healedAtMs }: PlanWindow): Fault => {
  const begins = fromMs + 3 * minute
  const [, shortest, longest] = catalogue[kind]
  const durationMs = shortest + (longest - shortest) * random.next()
  const startMs = begins + random.next() * Math.max(0, healedAtMs - begins - durationMs)
  return { kind, fromMs: startMs, toMs: Math.min(healedAtMs, startMs + durationMs), draw: random.next() }
}

const weighted = (draw: number): FaultKind => {
  let left = draw * faultKinds.reduce((sum, kind) => sum + catalogue[kind][0], 0)
  for (const kind of faultKinds) {
    left -= catalogue[kind][0]
    if (left < 0) return kind
  }
  return 'crash-decider'
}
