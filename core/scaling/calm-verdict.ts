/** Which verdicts stand while samples stay in bounds, and what those bounds are. */
import type { RoleCounts } from '../roles.ts'
import { roleOfSignal } from '../signals/evidence.ts'
import { risingFloorOfSlo } from '../signals/latency-evidence.ts'
import type { EpochMs } from '../units.ts'
import { nearSlo } from './latency-guard.ts'
import { needsThatShrinkAlike } from './proportional.ts'
import type { ServiceState } from './service-state.ts'
import type { HoldReason, Verdict } from './verdict.ts'

/** A verdict that comes again with each sample that stays inside. */
export type Standing = {
  /** Instances that the demand needs, for what it needs now: inside, the policies ask for the same. Null when they do not as it is. */
  readonly needs: (need: number) => { readonly lo: number; readonly hi: number } | null
  /** Latencies below this share of their SLO neither act nor object. */
  readonly belowSloRatio: number
  /** Nor do those below this share that do not rise. */
  readonly steadyBelowSloRatio: number
  /** Whether thin evidence and waiting requests would object. */
  readonly isShrinking: boolean
  readonly recommended: RoleCounts
  readonly untilMs: EpochMs | null
}

/** Null when every sample is to be looked at. */
export const standing = (state: ServiceState, verdict: Verdict): Standing | null => {
  const { current, recommended } = verdict
  if (current === null || recommended === null || !('hold' in verdict)) return null
  const { spec } = state.manifest
  const { scaleUp, scaleDown } = spec.behavior
  const count = current[roleOfSignal(spec.policies.proportional.signal)]
  const firstTier = spec.policies.latencyGuard.tiers[0]?.atSloRatio ?? 0
  if (verdict.hold.reason === 'INSIDE_TOLERANCE') {
    const band = { lo: count * (1 - scaleDown.tolerance), hi: count * (1 + scaleUp.tolerance) }
    return { needs: () => band, belowSloRatio: firstTier, steadyBelowSloRatio: firstTier, isShrinking: false, recommended, untilMs: null }
  }
  if (!waitsToShrink(verdict, verdict.hold)) return null
  const needs = (need: number) => needsThatShrinkAlike({ count, need }, scaleDown)
  const [belowSloRatio, steadyBelowSloRatio] = [Math.min(firstTier, risingFloorOfSlo), Math.min(firstTier, nearSlo)]
  return { needs, belowSloRatio, steadyBelowSloRatio, isShrinking: true, recommended, untilMs: verdict.hold.untilMs }
}

const waits: ReadonlySet<HoldReason> = new Set(['STABILISING', 'WARMING_UP', 'COOLDOWN_IN'])

/** The demand alone wants fewer, the evidence agrees, and a time has to pass. */
const waitsToShrink = ({ asks }: Verdict, { reason, untilMs }: { readonly reason: HoldReason; readonly untilMs: EpochMs | null }): boolean =>
  waits.has(reason) && untilMs !== null && asks.every(({ policy, direction }) => direction === (policy === 'proportional' ? 'in' : 'hold'))
