/**
 * What a user configures: the manifest `apiVersion: heteroscale.io/v1alpha1`, `kind: DisaggregatedService`.
 * This file is the shape after defaults were filled in; `validate.ts` makes it from untrusted input.
 * Durations stand in seconds, as in Kubernetes manifests, and are world time.
 */
import type { Affinity, RatioBand } from '../events/decided.ts'
import type { CellId, ServiceId } from '../ids.ts'
import type { Role, RoleCounts } from '../roles.ts'
import { fixed } from '../units.ts'

export const apiVersion = 'heteroscale.io/v1alpha1'
export const manifestKind = 'DisaggregatedService'

/**
 * More instances of a role than the largest fleet of the paper (tens of thousands of GPUs) has: no bound of a service
 * file, no ask and no count that is decided on lies above it.
 */
export const MOST_INSTANCES = 100_000

export type RoleSpecification = {
  readonly minReplicas: number
  readonly maxReplicas: number
  readonly gpusPerInstance: number
  /** GPU types that can serve the role, preferred first. */
  readonly gpuTypes: readonly string[]
}

/** One HPA scaling policy: at most `value` instances, or percent of the current count, in any `periodSeconds`. */
export type RatePolicy = { readonly type: 'Instances' | 'Percent'; readonly value: number; readonly periodSeconds: number }

/** HPA words. `tolerance` is the threshold of the paper's proportional control: theta_out, theta_in. */
export type ScalingRules = {
  readonly stabilizationWindowSeconds: number
  readonly cooldownSeconds: number
  readonly tolerance: number
  /** Share of the distance to the need that one decision moves, 0 < damping ≤ 1. */
  readonly damping: number
  readonly policies: readonly RatePolicy[]
}

/** Linear control on one signal that sizes both roles through the ratio (paper 3.2). */
export type ProportionalPolicy = {
  readonly signal: 'decodeTps' | 'prefillTps'
  /** Tokens per second that one instance of the signal's role serves inside the SLO (from a pressure test). */
  readonly targetPerInstance: number
  /** The signal is the mean over this window. */
  readonly windowSeconds: number
}

/** A fixed step when latency reaches `atSloRatio` × SLO (paper 3.3: 10 % and 20 %). */
export type LatencyTier = { readonly atSloRatio: number; readonly stepPercent: number }
export type LatencyGuard = { readonly windowSeconds: number; readonly tiers: readonly LatencyTier[] }

export type DisaggregatedServiceSpec = {
  readonly cell: CellId
  /** Higher is served first when capacity is short. */
  readonly priority: number
  readonly roles: { readonly [role in Role]: RoleSpecification }
  readonly ratio: { readonly prefill: number; readonly decode: number; readonly tolerance: number }
  readonly network: { readonly affinity: Affinity }
  readonly slo: { readonly ttftMsP95: number; readonly tbtMsP95: number }
  readonly policies: { readonly proportional: ProportionalPolicy; readonly latencyGuard: LatencyGuard }
  readonly behavior: { readonly scaleUp: ScalingRules; readonly scaleDown: ScalingRules }
  readonly evidence: {
    /** A signal older than this is stale. */
    readonly staleAfterSeconds: number
    /** Instances heard from / registered below which a signal does not count as complete. */
    readonly minCoverage: number
  }
  /** No scale-in for this long after the partition changed owner. */
  readonly warmupSeconds: number
  readonly rollout: {
    /** Time for a group's new instances to become ready before the rollout is undone. */
    readonly readyDeadlineSeconds: number
    /** An intent that had no effect by then is dropped. */
    readonly intentTtlSeconds: number
    /** Scale-out rests for this long after a rollout was undone or refused. */
    readonly failureBackoffSeconds: number
  }
}

export type ServiceManifest = {
  readonly apiVersion: typeof apiVersion
  readonly kind: typeof manifestKind
  readonly metadata: { readonly name: ServiceId }
  readonly spec: DisaggregatedServiceSpec
}

/** Band of P/D around the configured ratio: `lo = P/D·(1 − tolerance)`, `hi = P/D·(1 + tolerance)`. */
export const ratioBandOf = (spec: DisaggregatedServiceSpec): RatioBand => {
  const ratio = spec.ratio.prefill / spec.ratio.decode
  return { lo: fixed(ratio * (1 - spec.ratio.tolerance)), hi: fixed(ratio * (1 + spec.ratio.tolerance)) }
}

export const minimumOf = (spec: DisaggregatedServiceSpec): RoleCounts => ({
  prefill: spec.roles.prefill.minReplicas,
  decode: spec.roles.decode.minReplicas,
})

export const maximumOf = (spec: DisaggregatedServiceSpec): RoleCounts => ({
  prefill: spec.roles.prefill.maxReplicas,
  decode: spec.roles.decode.maxReplicas,
})
