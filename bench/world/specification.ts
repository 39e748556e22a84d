/** The services of the benches: 1P:2D like docs/examples/chat-70b.yaml, with its short demo windows, so that decisions are many. */
import { canonicalJson } from '../../core/canonical.ts'
import type { ServiceConfigured } from '../../core/events/input.ts'
import type { ServiceId } from '../../core/ids.ts'
import { apiVersion, manifestKind, type DisaggregatedServiceSpec, type ServiceManifest } from '../../core/service/specification.ts'
import type { EpochMs } from '../../core/units.ts'

/** Tokens per second that one decode instance serves. */
export const tpsPerInstance = 1000

export const specification: DisaggregatedServiceSpec = {
  cell: 'cell-a',
  priority: 0,
  roles: {
    prefill: { minReplicas: 1, maxReplicas: 50, gpusPerInstance: 4, gpuTypes: ['H100'] },
    decode: { minReplicas: 2, maxReplicas: 100, gpusPerInstance: 4, gpuTypes: ['H20'] },
  },
  ratio: { prefill: 1, decode: 2, tolerance: 0.25 },
  network: { affinity: 's2' },
  slo: { ttftMsP95: 1000, tbtMsP95: 40 },
  policies: {
    proportional: { signal: 'decodeTps', targetPerInstance: tpsPerInstance, windowSeconds: 30 },
    latencyGuard: { windowSeconds: 30, tiers: [{ atSloRatio: 1, stepPercent: 10 }, { atSloRatio: 1.2, stepPercent: 20 }] },
  },
  behavior: {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      cooldownSeconds: 30,
      tolerance: 0.1,
      damping: 1,
      policies: [{ type: 'Percent', value: 100, periodSeconds: 60 }, { type: 'Instances', value: 6, periodSeconds: 60 }],
    },
    scaleDown: {
      stabilizationWindowSeconds: 90,
      cooldownSeconds: 90,
      tolerance: 0.15,
      damping: 0.5,
      policies: [{ type: 'Percent', value: 20, periodSeconds: 60 }, { type: 'Instances', value: 3, periodSeconds: 60 }],
    },
  },
  evidence: { staleAfterSeconds: 30, minCoverage: 0.9 },
  warmupSeconds: 30,
  rollout: { readyDeadlineSeconds: 180, intentTtlSeconds: 300, failureBackoffSeconds: 60 },
}

/** `svc-0000`, `svc-0001`, … */
export const serviceNames = (count: number): readonly ServiceId[] =>
  Array.from({ length: count }, (_, index) => `svc-${String(index).padStart(4, '0')}`)

export const manifestOf = (service: ServiceId, spec: DisaggregatedServiceSpec = specification): ServiceManifest => ({
  apiVersion,
  kind: manifestKind,
  metadata: { name: service },
  spec,
})

export const configured = (service: ServiceId, time: EpochMs): ServiceConfigured => ({
  type: 'ServiceConfigured',
  service,
  generation: 1,
  manifest: canonicalJson(manifestOf(service)),
  author: 'bench',
  time,
})
