/**
 * What a service file may leave out, in one table. `docs/examples/chat-70b.yaml` shows each of them in use.
 * The paper publishes no values for thresholds, cooldowns and damping; these follow its rules "fast out, slow in" and
 * "a buffer between the two thresholds", and HPA where it has the same word.
 */
import type { LatencyTier, ScalingRules } from './specification.ts'

const scaleUp: ScalingRules = {
  // HPA grows without a window: a burst must not wait.
  stabilizationWindowSeconds: 0,
  cooldownSeconds: 180,
  tolerance: 0.1,
  damping: 1,
  // HPA's doubling, over a minute instead of 15 s because an instance is a node or more. The larger of the two counts.
  policies: [
    { type: 'Percent', value: 100, periodSeconds: 60 },
    { type: 'Instances', value: 4, periodSeconds: 60 },
  ],
}

const scaleDown: ScalingRules = {
  // HPA's five minutes.
  stabilizationWindowSeconds: 300,
  cooldownSeconds: 300,
  // Wider than scale-up, so that no load satisfies both.
  tolerance: 0.15,
  damping: 0.5,
  policies: [
    { type: 'Percent', value: 20, periodSeconds: 60 },
    { type: 'Instances', value: 2, periodSeconds: 60 },
  ],
}

/** Paper 3.3: a moderate rise adds 10 %, a severe breach 20 %. */
const latencyTiers: readonly LatencyTier[] = [
  { atSloRatio: 1, stepPercent: 10 },
  { atSloRatio: 1.2, stepPercent: 20 },
]

export const defaults = {
  priority: 0,
  ratioTolerance: 0.2,
  affinity: 's2',
  proportional: { signal: 'decodeTps', windowSeconds: 60 },
  latencyGuard: { windowSeconds: 120, tiers: latencyTiers },
  behavior: { scaleUp, scaleDown },
  // Three scrapes of 10 s may fail before a signal is stale; one instance in ten may be silent.
  evidence: { staleAfterSeconds: 30, minCoverage: 0.9 },
  warmupSeconds: 120,
  // Loading 70B weights takes minutes; an intent that found no capacity in five minutes rests on old evidence.
  rollout: { readyDeadlineSeconds: 600, intentTtlSeconds: 300, failureBackoffSeconds: 120 },
} as const
