/**
 * Makes a `ServiceManifest` from untrusted input: fills in defaults and reports all faults together. The writer of a
 * `ServiceConfigured` calls it, and the decider calls it again on what it reads back.
 */
import { affinities } from '../events/decided.ts'
import { roles } from '../roles.ts'
import { defaults } from './defaults.ts'
import type { Fault } from './fault.ts'
import { feasiblePair } from './feasible-pair.ts'
import type { Place, Reader } from './read-value.ts'
import { checked, listOf, matching, number, oneOf, orElse, record, refuse, seconds, whole } from './read-value.ts'
import type {
  DisaggregatedServiceSpec,
  LatencyGuard,
  LatencyTier,
  ProportionalPolicy,
  RatePolicy,
  RoleSpecification,
  ScalingRules,
  ServiceManifest,
} from './specification.ts'
import { MOST_INSTANCES, apiVersion, manifestKind } from './specification.ts'

export type Validation =
  | { readonly ok: true; readonly manifest: ServiceManifest }
  | { readonly ok: false; readonly faults: readonly Fault[] }

/**
 * Reads a manifest as YAML or JSON gave it. Unknown keys, blank values and numbers written as text are refused:
 * a misspelt limit that is silently dropped is an outage later. `status` is what the product writes; it is ignored.
 */
export const validateManifest = (input: unknown): Validation => {
  const faults: Fault[] = []
  const read = manifest(input, { path: '', faults })
  if (read === undefined || faults.length > 0) return { ok: false, faults }
  return { ok: true, manifest: { apiVersion: read.apiVersion, kind: read.kind, metadata: read.metadata, spec: read.spec } }
}

/** A DNS-1123 label: it becomes part of object names, keys and workflow ids. */
const dnsLabel = matching(
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  'lower-case letters, digits and inner hyphens, at most 63 (DNS-1123 label)',
)
const gpuType = matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a GPU type as nodes are labelled, such as H100')

const DAY = 86_400
const HOUR = 3_600

const isOrdered = (value: RoleSpecification): boolean => value.minReplicas <= value.maxReplicas

const ordered = (value: RoleSpecification, at: Place): void => {
  if (isOrdered(value)) return
  refuse(at, { code: 'E_SPEC_RANGE', got: `minReplicas ${value.minReplicas} > maxReplicas ${value.maxReplicas}`, allowed: 'minReplicas ≤ maxReplicas' })
}

const distinct = (values: readonly string[], at: Place): void => {
  const repeated = values.find((value, index) => values.indexOf(value) !== index)
  if (repeated !== undefined) refuse(at, { code: 'E_SPEC_REPEATED', got: `${repeated} twice`, allowed: 'each GPU type once, preferred first' })
}

const role: Reader<RoleSpecification> = checked(
  record({
    // A service without instances gives no signal to grow from; scaling to zero is not part of v1alpha1.
    minReplicas: whole({ least: 1, most: MOST_INSTANCES }),
    maxReplicas: whole({ least: 1, most: MOST_INSTANCES }),
    gpusPerInstance: whole({ least: 1, most: 1024 }),
    gpuTypes: checked(listOf(gpuType, { least: 1, most: 16 }), distinct),
  }),
  ordered,
)

const ratioFields = record<DisaggregatedServiceSpec['ratio']>({
  prefill: whole({ least: 1, most: 1000 }),
  decode: whole({ least: 1, most: 1000 }),
  tolerance: orElse(number({ least: 0, most: 0.9 }), defaults.ratioTolerance),
})

/** `ratio: 1:30` is a text in YAML 1.2 and the number 90 in YAML 1.1: neither is what was meant. */
const ratio: Reader<DisaggregatedServiceSpec['ratio']> = (input, at) => {
  if (typeof input !== 'string' && typeof input !== 'number') return ratioFields(input, at)
  const [, prefill = 'P', decode = 'D'] = /^(\d+):(\d+)$/.exec(String(input)) ?? []
  return refuse(at, {
    code: 'E_SPEC_RATIO',
    got: typeof input === 'string' ? JSON.stringify(input.slice(0, 20)) : String(input),
    allowed: 'a map with prefill, decode, tolerance',
    hint: `write {prefill: ${prefill}, decode: ${decode}}`,
  })
}

const ratePolicy: Reader<RatePolicy> = record({
  type: oneOf(['Instances', 'Percent']),
  value: whole({ least: 1, most: MOST_INSTANCES }),
  periodSeconds: seconds({ least: 1, most: HOUR }),
})

const scalingRules = (fallback: ScalingRules): Reader<ScalingRules> =>
  record({
    stabilizationWindowSeconds: orElse(seconds({ least: 0, most: HOUR }), fallback.stabilizationWindowSeconds),
    cooldownSeconds: orElse(seconds({ least: 0, most: DAY }), fallback.cooldownSeconds),
    tolerance: orElse(number({ least: 0, most: 0.9 }), fallback.tolerance),
    damping: orElse(number({ least: 0, most: 1, above: true }), fallback.damping),
    policies: orElse(listOf(ratePolicy, { least: 1, most: 8 }), fallback.policies),
  })

const proportional: Reader<ProportionalPolicy> = record({
  signal: orElse(oneOf(['decodeTps', 'prefillTps']), defaults.proportional.signal),
  // No instance serves less than a token a second; a smaller number is a slip of the unit.
  targetPerInstance: number({ least: 1, most: 1e9 }),
  windowSeconds: orElse(seconds({ least: 1, most: HOUR }), defaults.proportional.windowSeconds),
})

const ascending = (tiers: readonly LatencyTier[], at: Place): void => {
  const wrong = tiers.findIndex((tier, index) => index > 0 && !climbs(tiers[index - 1] as LatencyTier, tier))
  if (wrong === -1) return
  const show = (tier: LatencyTier | undefined): string => `${tier?.atSloRatio}×SLO +${tier?.stepPercent} %`
  refuse({ ...at, path: `${at.path}[${wrong}]` }, {
    code: 'E_SPEC_ORDER',
    got: `${show(tiers[wrong])} after ${show(tiers[wrong - 1])}`,
    allowed: 'tiers with rising atSloRatio and no smaller step',
  })
}

const climbs = (lower: LatencyTier, upper: LatencyTier): boolean =>
  upper.atSloRatio > lower.atSloRatio && upper.stepPercent >= lower.stepPercent

const latencyTier: Reader<LatencyTier> = record({
  atSloRatio: number({ least: 0, most: 100, above: true }),
  stepPercent: whole({ least: 1, most: 1000 }),
})

const latencyGuard: Reader<LatencyGuard> = record({
  windowSeconds: orElse(seconds({ least: 1, most: HOUR }), defaults.latencyGuard.windowSeconds),
  tiers: orElse(checked(listOf(latencyTier, { least: 1, most: 8 }), ascending), defaults.latencyGuard.tiers),
})

/** Refuses bounds and ratio that no fleet can satisfy together: the decider would hold for ever. */
const feasible = (spec: DisaggregatedServiceSpec, at: Place): void => {
  const { prefill, decode } = spec.roles
  if (!isOrdered(prefill) || !isOrdered(decode) || feasiblePair(spec) !== null) return
  refuse({ ...at, path: `${at.path}.ratio` }, {
    code: 'E_SPEC_RATIO',
    got: `${spec.ratio.prefill}:${spec.ratio.decode} ± ${spec.ratio.tolerance}`,
    allowed:
      `a ratio that some pair inside the bounds has (prefill ${prefill.minReplicas} to ${prefill.maxReplicas}, ` +
      `decode ${decode.minReplicas} to ${decode.maxReplicas})`,
    hint: 'change the bounds, the ratio or its tolerance',
  })
}

const spec: Reader<DisaggregatedServiceSpec> = checked(
  record({
    cell: dnsLabel,
    priority: orElse(whole({ least: -1000, most: 1000 }), defaults.priority),
    roles: record<DisaggregatedServiceSpec['roles']>(
      Object.fromEntries(roles.map((name) => [name, role])) as { prefill: typeof role; decode: typeof role },
      ['attention', 'ffn', 'mixed'],
    ),
    ratio,
    network: record<DisaggregatedServiceSpec['network']>({ affinity: orElse(oneOf(affinities), defaults.affinity) }),
    slo: record<DisaggregatedServiceSpec['slo']>({
      ttftMsP95: number({ least: 0, most: 600_000, above: true }),
      tbtMsP95: number({ least: 0, most: 600_000, above: true }),
    }),
    policies: record<DisaggregatedServiceSpec['policies']>({ proportional, latencyGuard }),
    behavior: record<DisaggregatedServiceSpec['behavior']>({
      scaleUp: scalingRules(defaults.behavior.scaleUp),
      scaleDown: scalingRules(defaults.behavior.scaleDown),
    }),
    evidence: record<DisaggregatedServiceSpec['evidence']>({
      staleAfterSeconds: orElse(seconds({ least: 1, most: HOUR }), defaults.evidence.staleAfterSeconds),
      minCoverage: orElse(number({ least: 0, most: 1, above: true }), defaults.evidence.minCoverage),
    }),
    warmupSeconds: orElse(seconds({ least: 0, most: HOUR }), defaults.warmupSeconds),
    rollout: record<DisaggregatedServiceSpec['rollout']>({
      readyDeadlineSeconds: orElse(seconds({ least: 1, most: DAY }), defaults.rollout.readyDeadlineSeconds),
      intentTtlSeconds: orElse(seconds({ least: 1, most: DAY }), defaults.rollout.intentTtlSeconds),
      failureBackoffSeconds: orElse(seconds({ least: 0, most: DAY }), defaults.rollout.failureBackoffSeconds),
    }),
  }),
  feasible,
)

const manifest = record<ServiceManifest & { readonly status: null }>({
  apiVersion: oneOf([apiVersion]),
  kind: oneOf([manifestKind]),
  metadata: record<ServiceManifest['metadata']>({ name: dnsLabel }),
  spec,
  status: () => null,
})
