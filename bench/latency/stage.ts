/** The stage of the latency bench: real servers, the real fleet, and an emulated cluster with one S2 domain for each service. */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createKafkaEventLog } from '../../adapters/kafka/event-log.ts'
import { ensureTopics } from '../../adapters/kafka/topics.ts'
import type { ServiceId } from '../../core/ids.ts'
import type { EventLog } from '../../core/ports.ts'
import type { DisaggregatedServiceSpec } from '../../core/service/specification.ts'
import { localSubCluster, startFleet, type Fleet } from '../../infra/local/fleet.ts'
import { startStack } from '../../infra/local/stack.ts'
import { manifestOf, specification } from '../world/specification.ts'

export type Stage = {
  readonly services: readonly ServiceId[]
  readonly fleet: Fleet
  readonly eventLog: EventLog
  stop(): Promise<void>
}

export type StageOptions = { readonly services: number; readonly tickMs: number; readonly onProgress: (line: string) => void }

/** Resolves when the fleet runs and has accepted all services, each at 1P+2D. */
export const setStage = async ({ services: count, tickMs, onProgress }: StageOptions): Promise<Stage> => {
  const stack = await startStack({ onProgress })
  try {
    // Workflow ids carry no prefix: names that no other run has.
    const prefix = `bench-${randomBytes(3).toString('hex')}`
    const services = Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
    const kafka = { brokers: stack.kafkaBrokers, clientId: 'bench', topicPrefix: prefix }
    await ensureTopics(kafka)
    const scenario = join(stack.dir, 'scenario.json')
    writeFileSync(scenario, JSON.stringify(scenarioOf(services)))
    const fleet = await startFleet({
      dir: stack.dir,
      kafkaBrokers: stack.kafkaBrokers,
      temporalAddress: stack.temporalAddress,
      topicPrefix: prefix,
      env: { HETEROSCALE_TICK_MS: String(tickMs) },
      envOf: { emulator: { HETEROSCALE_EMULATOR_SCENARIO: scenario, HETEROSCALE_EMULATOR_AUTOSTART: 'false' } },
    })
    // The bench observes in its place: the load must jump at a known moment.
    await fleet.processes['collector']?.stop()
    for (const service of services) await apply(fleet.apiUrl, service)
    const eventLog = createKafkaEventLog(kafka)
    const stop = async (): Promise<void> => {
      await eventLog.close()
      await fleet.stop()
      await stack.stop()
    }
    return { services, fleet, eventLog, stop }
  } catch (failure) {
    await stack.stop()
    throw failure
  }
}

const apply = async (apiUrl: string, service: ServiceId): Promise<void> => {
  const response = await fetch(`${apiUrl}/api/v1/services?waitSeconds=30`, {
    method: 'POST',
    headers: { 'content-type': 'application/yaml', 'x-heteroscale-author': 'bench' },
    body: JSON.stringify(manifestOf(service, impatient)),
  })
  if (!response.ok) throw new Error(`BENCH_APPLY ${service}: got ${response.status} ${await response.text()}; nothing was measured`)
}

/** Nothing but evidence holds an order back: no cooldown, no rate limit below 100 instances, a window of one sample. */
const impatient: DisaggregatedServiceSpec = {
  ...specification,
  roles: {
    prefill: { ...specification.roles.prefill, gpuTypes: ['H100'] },
    decode: { ...specification.roles.decode, gpuTypes: ['H100'] },
  },
  policies: { ...specification.policies, proportional: { ...specification.policies.proportional, windowSeconds: 1 } },
  behavior: {
    ...specification.behavior,
    scaleUp: {
      ...specification.behavior.scaleUp,
      cooldownSeconds: 0,
      policies: [{ type: 'Instances', value: 100, periodSeconds: 1 }],
    },
  },
}

/** Nodes of 8 GPUs below one S2 switch: room for 32 instances of 4 GPUs, and a service grows to 10P+20D. */
const nodesPerService = 16

const scenarioOf = (services: readonly ServiceId[]): object => ({
  // Instances are ready half a second after they were ordered: their start is not what is measured.
  startUpScale: 0.02,
  subClusters: [{ name: localSubCluster, nodes: services.flatMap((_, index) => nodesOf(index)) }],
  services: services.map((service, index) => ({
    service,
    model: 'llama-3.1-70b-fp8',
    slo: { ttftMs: 1000, tbtMs: 40 },
    groups: [
      {
        group: `${service}-0-0`,
        subCluster: localSubCluster,
        domain: `vdc-0/cluster-0/${localSubCluster}/s2-${index}`,
        counts: { prefill: 1, decode: 2 },
        gpuTypes: { prefill: 'H100', decode: 'H100' },
        gpusPerInstance: { prefill: 4, decode: 4 },
        band: { lo: 0.375, hi: 0.625 },
      },
    ],
    workload: { kind: 'synthetic' },
  })),
})

const nodesOf = (s2: number): readonly object[] =>
  Array.from({ length: nodesPerService }, (_, node) => ({
    node: `node-${s2}-${node}`,
    vdc: 'vdc-0',
    cluster: 'cluster-0',
    subCluster: localSubCluster,
    s2: `s2-${s2}`,
    s1: `s1-${s2}-${Math.floor(node / 4)}`,
    gpuType: 'H100',
    gpus: 8,
  }))
