/** The running world of this process: built from a scenario and moved along by the clock. */
import { readFileSync } from 'node:fs'
import type { Clock } from '../../core/ports.ts'
import { createRandom } from '../../simulator/prng.ts'
import { parseTrace, superpose } from '../../simulator/trace.ts'
import { World } from '../../simulator/world.ts'
import { recordedWorkload, syntheticWorkload, type Workload } from '../../simulator/workload.ts'
import { createApiFaults, type ApiFaults } from './api-faults.ts'
import { nodesOf, type Scenario, type WorkloadConfig } from './scenario.ts'

export type Emulation = {
  readonly world: World
  readonly clock: Clock
  readonly scenario: Scenario
  readonly apiFaults: ApiFaults
  /** Starts the service's configured workload, or another one, at the world's present time. False: no such service. */
  startWorkload(service: string, config?: WorkloadConfig): boolean
  stopWorkload(service: string): boolean
}

/** Builds the world at the clock's present time, with the scenario's groups in service and no request yet. */
export const createEmulation = (scenario: Scenario, clock: Clock): Emulation => {
  const world = new World({
    seed: scenario.seed,
    startMs: clock.now(),
    startUpScale: scenario.startUpScale,
    subClusters: scenario.subClusters.map((subCluster) => ({ name: subCluster.name, nodes: nodesOf(subCluster) })),
    services: scenario.services,
  })
  adoptGroups(world, scenario)
  return {
    world,
    clock,
    scenario,
    apiFaults: createApiFaults(clock),
    startWorkload: (service, config) => {
      const configured = config ?? scenario.services.find((known) => known.service === service)?.workload
      const serving = world.services.get(service)
      if (serving === undefined || configured === undefined) return false
      serving.setWorkload(createWorkload(configured, `${scenario.seed}/${service}`), world.now)
      return true
    },
    stopWorkload: (service) => {
      world.services.get(service)?.setWorkload(null, world.now)
      return world.services.has(service)
    },
  }
}

const adoptGroups = (world: World, scenario: Scenario): void => {
  for (const { service, groups } of scenario.services) {
    for (const { subCluster, ...group } of groups) {
      const written = { service, sequence: 0, intentId: '', decisionId: '', registrationTarget: group.counts }
      world.subClusters.get(subCluster)?.adopt({ ...group, ...written }, world.now)
    }
  }
}

/** Reads the trace file when there is one. Throws TraceError or the file system's error. */
const createWorkload = (config: WorkloadConfig, seed: string): Workload => {
  const random = createRandom(seed)
  if (config.kind === 'trace') {
    const arrivals = parseTrace(readFileSync(config.path, 'utf8'), random.fork('trace'))
    return recordedWorkload(superpose(arrivals, config.loadFactor, random.fork('copies')))
  }
  const { loadFactor } = config
  return syntheticWorkload({ ...config, baseRps: config.baseRps * loadFactor, peakRps: config.peakRps * loadFactor }, random.fork('arrivals'))
}
