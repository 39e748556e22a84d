/**
 * The services of a crash test: small loads, so that two cores keep up, and counts that the test orders by hand, so that each
 * case knows which rollout it interrupts. Their deadlines in world time are long, because recovery takes wall time.
 */
import { localCell, localSubCluster } from '../../infra/local/fleet.ts'

/** Slow, so that two cores have time for it; start-ups are short instead. */
export const speed = 4

/** `steady` may take its time; of `hasty` a rollout that is not ready after 5 s of wall time is undone. */
export const services = ['steady', 'hasty'] as const
export type ServiceName = (typeof services)[number]

export const band = { lo: 0.375, hi: 0.625 }
export const smallest = { prefill: 2, decode: 4 }
const largest = { prefill: 12, decode: 24 }

const worldSeconds = (wallSeconds: number): number => wallSeconds * speed

/** The service file, as JSON: YAML contains it. */
export const manifestOf = (name: ServiceName): string =>
  JSON.stringify({
    apiVersion: 'heteroscale.io/v1alpha1',
    kind: 'DisaggregatedService',
    metadata: { name },
    spec: {
      cell: localCell,
      roles: {
        prefill: { minReplicas: smallest.prefill, maxReplicas: largest.prefill, gpusPerInstance: 4, gpuTypes: ['H100', 'A100'] },
        decode: { minReplicas: smallest.decode, maxReplicas: largest.decode, gpusPerInstance: 4, gpuTypes: ['H20', 'H100'] },
      },
      ratio: { prefill: 1, decode: 2, tolerance: 0.25 },
      network: { affinity: 's2' },
      slo: { ttftMsP95: 1000, tbtMsP95: 40 },
      policies: { proportional: { signal: 'decodeTps', targetPerInstance: 1000, windowSeconds: 30 } },
      behavior: {
        scaleUp: { stabilizationWindowSeconds: 0, cooldownSeconds: 20, tolerance: 0.1, damping: 1, policies: [{ type: 'Instances', value: 36, periodSeconds: 10 }] },
        scaleDown: { stabilizationWindowSeconds: 20, cooldownSeconds: 20, tolerance: 0.15, damping: 1, policies: [{ type: 'Instances', value: 36, periodSeconds: 10 }] },
      },
      evidence: { staleAfterSeconds: 60, minCoverage: 0.9 },
      warmupSeconds: 20,
      rollout: { readyDeadlineSeconds: worldSeconds(name === 'hasty' ? 5 : 60), intentTtlSeconds: worldSeconds(60), failureBackoffSeconds: 20 },
    },
  })

/** The emulator's scenario: both services stand at their smallest. */
export const scenario = (): string =>
  JSON.stringify({
    startUpScale: 0.15,
    subClusters: [{ name: localSubCluster }],
    services: services.map((service, index) => ({
      service,
      model: 'llama-3.1-70b-fp8',
      slo: { ttftMs: 1000, tbtMs: 40 },
      groups: [
        {
          group: `${service}-0-0`,
          subCluster: localSubCluster,
          domain: `vdc-0/cluster-0/${localSubCluster}/s2-${index}`,
          counts: smallest,
          gpuTypes: { prefill: 'H100', decode: 'H20' },
          gpusPerInstance: { prefill: 4, decode: 4 },
          band,
        },
      ],
      // Some 240 tokens an answer: less than the smallest counts carry.
      workload: { kind: 'synthetic', dayMinutes: 1440, baseRps: 1.2, peakRps: 1.2 },
    })),
  })
