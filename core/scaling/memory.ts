/** What restraint remembers of a service's past: orders given, failures met, and what was recommended lately. */
import type { RoleCounts } from '../roles.ts'
import type { DurationMs, EpochMs } from '../units.ts'

/** An order that was given, for cooldowns and rates. */
export type Change = { readonly atMs: EpochMs; readonly from: RoleCounts; readonly to: RoleCounts }

/** One recommended count of a role that may still be the extreme of its stabilisation window. */
export type Mark = { readonly atMs: EpochMs; readonly count: number }

export type Marks = { readonly prefill: readonly Mark[]; readonly decode: readonly Mark[] }

export type ScalingMemory = {
  readonly lastOutMs: EpochMs | null
  readonly lastInMs: EpochMs | null
  /** When a rollout was last undone or got stuck, or an intent was refused. */
  readonly failedAtMs: EpochMs | null
  /** When an order to grow last came to its end: latency over an older window does not show what it did. */
  readonly grownAtMs: EpochMs | null
  readonly changes: readonly Change[]
  /** Falling counts: the first one inside a window is its maximum. */
  readonly peaks: Marks
  /** Rising counts: the first one inside a window is its minimum. */
  readonly troughs: Marks
}

export const noMemory: ScalingMemory = {
  lastOutMs: null,
  lastInMs: null,
  failedAtMs: null,
  grownAtMs: null,
  changes: [],
  peaks: { prefill: [], decode: [] },
  troughs: { prefill: [], decode: [] },
}

/** Rate policies look back an hour at most (core/service/validate.ts), at one change a minute or less. */
const maxChanges = 64

/** Writes an order into the memory. */
export const rememberChange = (memory: ScalingMemory, change: Change): ScalingMemory => {
  const grows = change.to.prefill > change.from.prefill || change.to.decode > change.from.decode
  return {
    ...memory,
    ...(grows ? { lastOutMs: change.atMs } : { lastInMs: change.atMs }),
    changes: [...memory.changes, change].slice(-maxChanges),
  }
}

export type StabilisationWindows = { readonly up: DurationMs; readonly down: DurationMs }

/** Writes what was recommended at `atMs`, and forgets what can no longer be an extreme of its window. */
export const rememberRecommendation = (
  memory: ScalingMemory,
  recommended: { readonly atMs: EpochMs; readonly counts: RoleCounts },
  windows: StabilisationWindows,
): ScalingMemory => {
  const { atMs, counts } = recommended
  const peaksSince = atMs - windows.down
  const troughsSince = atMs - windows.up
  const peak = (marks: readonly Mark[], count: number): readonly Mark[] => marked(marks, { atMs, count }, (mark) => mark.count > count && mark.atMs > peaksSince)
  const trough = (marks: readonly Mark[], count: number): readonly Mark[] => marked(marks, { atMs, count }, (mark) => mark.count < count && mark.atMs > troughsSince)
  return {
    lastOutMs: memory.lastOutMs,
    lastInMs: memory.lastInMs,
    failedAtMs: memory.failedAtMs,
    grownAtMs: memory.grownAtMs,
    changes: memory.changes,
    peaks: { prefill: peak(memory.peaks.prefill, counts.prefill), decode: peak(memory.peaks.decode, counts.decode) },
    troughs: { prefill: trough(memory.troughs.prefill, counts.prefill), decode: trough(memory.troughs.decode, counts.decode) },
  }
}

const marked = (marks: readonly Mark[], newest: Mark, stays: (mark: Mark) => boolean): readonly Mark[] => {
  const kept = marks.filter(stays)
  kept.push(newest)
  return kept
}
