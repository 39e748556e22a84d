/** The services of a history: what their users configured, and how many tokens they ask for at any time. */
import { defaults } from '../../../core/service/defaults.ts'
import { canonicalJson } from '../../../core/canonical.ts'
import type { DisaggregatedServiceSpec, ServiceManifest } from '../../../core/service/specification.ts'
import { apiVersion, manifestKind } from '../../../core/service/specification.ts'
import type { RoleCounts } from '../../../core/roles.ts'
import type { EpochMs } from '../../../core/units.ts'
import type { Random } from '../../prng.ts'
import type { Tempo } from '../tempo.ts'

export const tpsPerInstance = 1_000

export type Demand = {
  /** Generated tokens per second that users ask for. */
  at(nowMs: EpochMs): number
}

export type SimService = {
  readonly name: string
  readonly cell: string
  readonly manifest: ServiceManifest
  readonly start: RoleCounts
  readonly demand: Demand
}

export type Horizon = { readonly fromMs: EpochMs; readonly healedAtMs: EpochMs; readonly tempo: Tempo }

/** Load in decode instances: between about 2 and 9, waves with a jump somewhere, steady after the heal. */
const demandOf = (random: Random, { fromMs, healedAtMs, tempo: { periodMinutes } }: Horizon): Demand => {
  const periodMs = (periodMinutes.least + periodMinutes.spread * random.next()) * 60_000
  const phase = random.next()
  const low = 2 + random.next()
  const high = 6 + 3 * random.next()
  const jumpAtMs = fromMs + random.next() * (healedAtMs - fromMs)
  const jump = 0.7 + 0.8 * random.next()
  const wave = (nowMs: EpochMs): number => {
    const angle = 2 * Math.PI * (phase + (nowMs - fromMs) / periodMs)
    const share = 0.5 - 0.5 * Math.cos(angle)
    return tpsPerInstance * (low + (high - low) * share) * (nowMs >= jumpAtMs ? jump : 1)
  }
  return { at: (nowMs) => Math.round(wave(Math.min(nowMs, healedAtMs))) }
}

const specOf = (random: Random, cell: string, { slowness }: Tempo): DisaggregatedServiceSpec => ({
  cell,
  priority: Math.floor(3 * random.next()),
  roles: {
    prefill: { minReplicas: 1, maxReplicas: 6, gpusPerInstance: 4, gpuTypes: ['H100'] },
    decode: { minReplicas: 2, maxReplicas: 12, gpusPerInstance: 4, gpuTypes: ['H20', 'H100'] },
  },
  ratio: { prefill: 1, decode: 2, tolerance: 0.25 },
  network: { affinity: 's2' },
  slo: { ttftMsP95: 1000, tbtMsP95: 40 },
  policies: {
    proportional: { signal: 'decodeTps', targetPerInstance: tpsPerInstance, windowSeconds: 60 * slowness },
    latencyGuard: { windowSeconds: 60 * slowness, tiers: defaults.latencyGuard.tiers },
  },
  behavior: {
    scaleUp: {
      stabilizationWindowSeconds: 0, cooldownSeconds: 60 * slowness, tolerance: 0.1, damping: 1,
      policies: [{ type: 'Percent', value: 100, periodSeconds: 60 * slowness }, { type: 'Instances', value: 4, periodSeconds: 60 * slowness }],
    },
    scaleDown: {
      stabilizationWindowSeconds: 120 * slowness, cooldownSeconds: 90 * slowness, tolerance: 0.15, damping: 0.5,
      policies: [{ type: 'Percent', value: 20, periodSeconds: 60 * slowness }, { type: 'Instances', value: 3, periodSeconds: 60 * slowness }],
    },
  },
  evidence: { staleAfterSeconds: 90 * slowness, minCoverage: 0.9 },
  warmupSeconds: 60,
  rollout: { readyDeadlineSeconds: 150, intentTtlSeconds: 180, failureBackoffSeconds: 60 },
})

export const createService = (random: Random, place: { readonly name: string; readonly cell: string }, horizon: Horizon): SimService => {
  const manifest: ServiceManifest = { apiVersion, kind: manifestKind, metadata: { name: place.name }, spec: specOf(random.fork('spec'), place.cell, horizon.tempo) }
  const demand = demandOf(random.fork('demand'), horizon)
  const prefill = Math.max(1, Math.round(demand.at(horizon.fromMs) / tpsPerInstance / 2))
  return { ...place, manifest, start: { prefill, decode: 2 * prefill }, demand }
}

/** As the API records it. */
export const manifestText = (manifest: ServiceManifest): string => canonicalJson(manifest)
