/** A service's manifest as its ServiceConfigured carries it: what the user promised, in the user's words. */
import { canonicalJson, sha256 } from './canonical.ts'
import type { Band, Counts } from './evidence.ts'

export type RatePolicy = { readonly type: 'Instances' | 'Percent'; readonly value: number; readonly periodSeconds: number }
type ScalingRules = { readonly stabilizationWindowSeconds: number; readonly tolerance: number; readonly policies: readonly RatePolicy[] }
type RoleSpec = { readonly minReplicas: number; readonly maxReplicas: number; readonly gpusPerInstance: number }

type ManifestSpec = {
  readonly cell: string
  readonly roles: { readonly prefill: RoleSpec; readonly decode: RoleSpec }
  readonly ratio: { readonly prefill: number; readonly decode: number; readonly tolerance: number }
  readonly slo: { readonly ttftMsP95: number; readonly tbtMsP95: number }
  readonly policies: { readonly proportional: { readonly signal: 'decodeTps' | 'prefillTps'; readonly targetPerInstance: number; readonly windowSeconds: number } }
  readonly behavior: { readonly scaleUp: ScalingRules; readonly scaleDown: ScalingRules }
  readonly evidence: { readonly staleAfterSeconds: number; readonly minCoverage: number }
  readonly warmupSeconds: number
}

export type Spec = ManifestSpec & { readonly band: Band; readonly minimum: Counts; readonly maximum: Counts }

/** The band is ratio·(1 ± tolerance), to six digits (DESIGN 5: floating point is rounded before it is compared). */
export const readSpec = (manifest: string): { readonly spec: Spec; readonly policyHash: string } => {
  const { spec } = JSON.parse(manifest) as { readonly spec: ManifestSpec }
  const { prefill, decode } = spec.roles
  const ratio = spec.ratio.prefill / spec.ratio.decode
  return {
    spec: {
      ...spec,
      band: { lo: ratio * (1 - spec.ratio.tolerance), hi: ratio * (1 + spec.ratio.tolerance) },
      minimum: { prefill: prefill.minReplicas, decode: decode.minReplicas },
      maximum: { prefill: prefill.maxReplicas, decode: decode.maxReplicas },
    },
    policyHash: sha256(canonicalJson(spec)),
  }
}
