/**
 * Stabilisation windows in the sense of HPA: act on the most cautious recommendation of the window. A window ends where the
 * evidence of a decision ends, its lateness before the tick.
 */
import type { RoleCounts } from '../roles.ts'
import { secondsToMs } from '../units.ts'
import type { EpochMs } from '../units.ts'
import type { Situation } from './argument.ts'
import { eachRole } from './counts.ts'
import type { Mark, StabilisationWindows } from './memory.ts'

export const stabilisationWindows = ({ spec }: Pick<Situation, 'spec'>): StabilisationWindows => ({
  up: secondsToMs(spec.behavior.scaleUp.stabilizationWindowSeconds),
  down: secondsToMs(spec.behavior.scaleDown.stabilizationWindowSeconds),
})

/** Smallest recommendation inside the window of scale-up, `ask` included. */
export const stabilisedOut = (situation: Situation, ask: RoleCounts): RoleCounts => {
  const since = situation.horizonMs - stabilisationWindows(situation).up
  return eachRole((role) => Math.min(ask[role], ...inside(situation.memory.troughs[role], since)))
}

/** Largest recommendation inside the window of scale-down, `ask` included. */
export const stabilisedIn = (situation: Situation, ask: RoleCounts): RoleCounts => {
  const since = situation.horizonMs - stabilisationWindows(situation).down
  return eachRole((role) => Math.max(ask[role], ...inside(situation.memory.peaks[role], since)))
}

/** When the recommendation that now rules a window leaves it; null when none is inside. */
export const stabilisedUntil = (situation: Situation, direction: 'up' | 'down'): EpochMs | null => {
  const length = stabilisationWindows(situation)[direction]
  const marks = direction === 'up' ? situation.memory.troughs : situation.memory.peaks
  const since = situation.horizonMs - length
  const times = [marks.prefill, marks.decode].flatMap((role) => role.find((mark) => mark.atMs > since)?.atMs ?? [])
  return times.length === 0 ? null : Math.min(...times) + length + (situation.nowMs - situation.horizonMs)
}

const inside = (marks: readonly Mark[], since: EpochMs): readonly number[] =>
  marks.flatMap((mark) => (mark.atMs > since ? [mark.count] : []))
