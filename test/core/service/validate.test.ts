/** Bad service files and what a user is told about them: each row is one mistake and its golden message. */
import { describe, expect, test } from 'vitest'
import { defaults } from '../../../core/service/defaults.ts'
import { showFault } from '../../../core/service/fault.ts'
import { policyHash } from '../../../core/service/policy-hash.ts'
import type { ServiceManifest } from '../../../core/service/specification.ts'
import { ratioBandOf } from '../../../core/service/specification.ts'
import { validateManifest } from '../../../core/service/validate.ts'

const minimal = {
  apiVersion: 'heteroscale.io/v1alpha1',
  kind: 'DisaggregatedService',
  metadata: { name: 'chat-70b' },
  spec: {
    cell: 'cell-a',
    roles: {
      prefill: { minReplicas: 2, maxReplicas: 12, gpusPerInstance: 4, gpuTypes: ['H100', 'A100'] },
      decode: { minReplicas: 4, maxReplicas: 24, gpusPerInstance: 4, gpuTypes: ['H20'] },
    },
    ratio: { prefill: 1, decode: 2 },
    slo: { ttftMsP95: 1000, tbtMsP95: 40 },
    policies: { proportional: { targetPerInstance: 1200 } },
  },
}

/** The minimal manifest with the value at `path` replaced, or removed when it is undefined. */
const withValue = (path: string, value: unknown): unknown => replaced(minimal, path.split('.'), value)

const replaced = (node: unknown, keys: readonly string[], value: unknown): unknown => {
  const [key, ...rest] = keys
  if (key === undefined) return value
  const copy: Record<string, unknown> = { ...(node as object) }
  const next = replaced(copy[key], rest, value)
  if (next === undefined) delete copy[key]
  else copy[key] = next
  return copy
}

const messages = (input: unknown): readonly string[] => {
  const result = validateManifest(input)
  return result.ok ? [] : result.faults.map(showFault)
}

const accepted = (input: unknown): ServiceManifest => {
  const result = validateManifest(input)
  if (!result.ok) throw new Error(result.faults.map(showFault).join('\n'))
  return result.manifest
}

const rows: readonly (readonly [path: string, value: unknown, message: string])[] = [
  ['metadata.name', undefined, 'E_SPEC_REQUIRED metadata.name: nothing; lower-case letters, digits and inner hyphens, at most 63 (DNS-1123 label)'],
  ['metadata.name', 'Chat_70B', 'E_SPEC_NAME metadata.name: "Chat_70B"; lower-case letters, digits and inner hyphens, at most 63 (DNS-1123 label)'],
  ['metadata.name', 'constructor/../x', 'E_SPEC_NAME metadata.name: "constructor/../x"; lower-case letters, digits and inner hyphens, at most 63 (DNS-1123 label)'],
  ['kind', 'DisagregatedService', 'E_SPEC_CHOICE kind: "DisagregatedService"; DisaggregatedService (did you mean DisaggregatedService?)'],
  ['spec.roles.prefill.minReplicas', null, 'E_SPEC_REQUIRED spec.roles.prefill.minReplicas: blank; a whole number 1 to 100000 (blank is not a default; remove the key to get the default, if it has one)'],
  ['spec.warmupSeconds', null, 'E_SPEC_REQUIRED spec.warmupSeconds: blank; a whole number 0 to 3600 (blank is not a default; remove the key to get the default, if it has one)'],
  ['spec.roles.prefill.minReplicas', 0, 'E_SPEC_RANGE spec.roles.prefill.minReplicas: 0; a whole number 1 to 100000'],
  ['spec.roles.prefill.minReplicas', 40, 'E_SPEC_RANGE spec.roles.prefill: minReplicas 40 > maxReplicas 12; minReplicas ≤ maxReplicas'],
  ['spec.roles.decode.maxReplicas', Number.POSITIVE_INFINITY, 'E_SPEC_NOT_FINITE spec.roles.decode.maxReplicas: Infinity; a whole number 1 to 100000'],
  ['spec.roles.decode.maxReplicas', Number.NaN, 'E_SPEC_NOT_FINITE spec.roles.decode.maxReplicas: NaN; a whole number 1 to 100000'],
  ['spec.roles.decode.maxReplicas', 3.5, 'E_SPEC_INT spec.roles.decode.maxReplicas: 3.5; a whole number 1 to 100000'],
  ['spec.roles.decode.maxReplicas', '1_000', 'E_SPEC_INT spec.roles.decode.maxReplicas: "1_000"; a whole number 1 to 100000'],
  ['spec.roles.decode.gpuTypes', [], 'E_SPEC_RANGE spec.roles.decode.gpuTypes: a list of 0; a list of 1 to 16'],
  ['spec.roles.decode.gpuTypes', ['H20', 'H20'], 'E_SPEC_REPEATED spec.roles.decode.gpuTypes: H20 twice; each GPU type once, preferred first'],
  ['spec.roles.decode.gpuTypes', 'H20', 'E_SPEC_TYPE spec.roles.decode.gpuTypes: "H20"; a list of 1 to 16'],
  ['spec.roles.attention', {}, 'E_SPEC_UNKNOWN_KEY spec.roles.attention: "attention"; prefill, decode (reserved for a later version)'],
  ['spec.ratio', '1:30', 'E_SPEC_RATIO spec.ratio: "1:30"; a map with prefill, decode, tolerance (write {prefill: 1, decode: 30})'],
  ['spec.ratio.decode', 40, 'E_SPEC_RATIO spec.ratio: 1:40 ± 0.2; a ratio that some pair inside the bounds has (prefill 2 to 12, decode 4 to 24) (change the bounds, the ratio or its tolerance)'],
  ['spec.network', { affinity: 's3' }, 'E_SPEC_CHOICE spec.network.affinity: "s3"; s1 | s2 | cluster (did you mean s1?)'],
  ['spec.policies.proportional.signal', 'decodeTPS', 'E_SPEC_CHOICE spec.policies.proportional.signal: "decodeTPS"; decodeTps | prefillTps (did you mean decodeTps?)'],
  ['spec.policies.proportional.targetPerInstance', 0, 'E_SPEC_RANGE spec.policies.proportional.targetPerInstance: 0; a number 1 to 1000000000'],
  ['spec.behavior', { scaleUp: { cooldownSeconds: '5m' } }, 'E_SPEC_DURATION spec.behavior.scaleUp.cooldownSeconds: "5m"; whole seconds 0 to 86400 (write 300)'],
  ['spec.behavior', { scaleUp: { cooldownSeconds: 'PT5M' } }, 'E_SPEC_DURATION spec.behavior.scaleUp.cooldownSeconds: "PT5M"; whole seconds 0 to 86400'],
  ['spec.behavior', { scaleDown: { cooldownSeconds: -5 } }, 'E_SPEC_RANGE spec.behavior.scaleDown.cooldownSeconds: -5; a whole number 0 to 86400'],
  ['spec.behavior', { scaleDown: { damping: 0 } }, 'E_SPEC_RANGE spec.behavior.scaleDown.damping: 0; a number above 0 up to 1'],
  ['spec.behavior', { scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } }, 'E_SPEC_CHOICE spec.behavior.scaleDown.policies[0].type: "Pods"; Instances | Percent'],
  [
    'spec.policies.latencyGuard',
    { tiers: [{ atSloRatio: 1, stepPercent: 10 }, { atSloRatio: 1, stepPercent: 20 }] },
    'E_SPEC_ORDER spec.policies.latencyGuard.tiers[1]: 1×SLO +20 % after 1×SLO +10 %; tiers with rising atSloRatio and no smaller step',
  ],
  [
    'spec.policies.latencyGuard',
    { tiers: [{ atSloRatio: 1.2, stepPercent: 20 }, { atSloRatio: 1, stepPercent: 10 }] },
    'E_SPEC_ORDER spec.policies.latencyGuard.tiers[1]: 1×SLO +10 % after 1.2×SLO +20 %; tiers with rising atSloRatio and no smaller step',
  ],
]

describe('a service file with one mistake', () => {
  test.each(rows)('%s = %j is refused', (path, value, message) => {
    expect(messages(withValue(path, value))).toEqual([message])
  })

  test('a misspelt key is named with the key that was meant', () => {
    const [unknown, missing] = messages(
      withValue('spec.roles.prefill', { minReplicas: 2, maxReplcas: 10, gpusPerInstance: 4, gpuTypes: ['H100'] }),
    )
    expect(unknown).toContain('E_SPEC_UNKNOWN_KEY spec.roles.prefill.maxReplcas: "maxReplcas"')
    expect(unknown).toContain('did you mean maxReplicas?')
    expect(missing).toContain('E_SPEC_REQUIRED spec.roles.prefill.maxReplicas: nothing')
  })

  test('a key __proto__ is a key like any other: unknown', () => {
    const input: unknown = JSON.parse(JSON.stringify(minimal).replace('"cell"', '"__proto__":{"admin":true},"cell"'))
    expect(messages(input)).toEqual([expect.stringContaining('E_SPEC_UNKNOWN_KEY spec.__proto__: "__proto__"')])
  })

  test.each([[null], [[]], ['text'], [7]])('%j is no manifest', (input) => {
    expect(messages(input)).toHaveLength(1)
  })
})

test('all mistakes are reported together', () => {
  const many = withValue('spec', { ...minimal.spec, cell: 'A', priority: 1.5, slo: {}, extra: 1 })
  expect(messages(many).map((message) => message.split(':')[0])).toEqual([
    'E_SPEC_UNKNOWN_KEY spec.extra',
    'E_SPEC_NAME spec.cell',
    'E_SPEC_INT spec.priority',
    'E_SPEC_REQUIRED spec.slo.ttftMsP95',
    'E_SPEC_REQUIRED spec.slo.tbtMsP95',
  ])
})

describe('an accepted service file', () => {
  test('gets every default that it leaves out', () => {
    const { spec } = accepted(minimal)
    expect(spec.behavior).toEqual(defaults.behavior)
    expect(spec.policies.latencyGuard).toEqual(defaults.latencyGuard)
    expect(spec.evidence).toEqual(defaults.evidence)
    expect(ratioBandOf(spec)).toEqual({ lo: 0.4, hi: 0.6 })
  })

  test('read again after defaults were filled in, is the same', () => {
    const once = accepted(minimal)
    expect(accepted(JSON.parse(JSON.stringify(once)))).toEqual(once)
  })

  test('drops the status that the product wrote', () => {
    expect(accepted({ ...minimal, status: { conditions: [] } })).toEqual(accepted(minimal))
  })

  test('has a policy hash that layout does not change and policy does', () => {
    const hash = policyHash(accepted(minimal))
    const reordered = accepted({ ...minimal, spec: Object.fromEntries(Object.entries(minimal.spec).reverse()) })
    expect(policyHash(reordered)).toBe(hash)
    expect(policyHash(accepted(withValue('spec.slo.tbtMsP95', 41)))).not.toBe(hash)
  })
})
