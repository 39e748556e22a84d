/** A scenario: sub-clusters with nodes, services with their model, first groups and workload. */
import { readFileSync } from 'node:fs'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { isModelName, type ModelName } from '../../simulator/engines/coefficients.ts'
import { defaultTopology } from '../../simulator/topology.ts'
import { defaultDay } from '../../simulator/workload.ts'
import { ConfigError } from '../config.ts'
import type { EmulatorConfig } from './settings.ts'

const count = z.number().int().min(0)
const name = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'lower-case letters, digits, dots, dashes')
const perRole = <T extends z.ZodType>(value: T) => z.object({ prefill: value, decode: value })

const node = z.object({
  ...{ node: name, vdc: name, cluster: name, subCluster: name, s2: name, s1: name, gpuType: z.string().min(1) },
  ...{ gpus: count, gpusFree: count.optional(), schedulable: z.boolean().default(true) },
})

const group = z.object({
  group: name,
  subCluster: name,
  /** Path from the VDC down, such as `vdc-0/cluster-0/sub-0/s2-0`. */
  domain: z.string().min(1),
  counts: perRole(count),
  gpuTypes: perRole(z.string().min(1)),
  gpusPerInstance: perRole(z.number().int().min(1)),
  band: z.object({ lo: z.number().positive(), hi: z.number().positive() }),
})

/** Where the requests of a service come from. `loadFactor` multiplies the rate. */
export const workloadSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('synthetic'),
    dayMinutes: z.number().positive().max(1440).default(defaultDay.dayMinutes),
    baseRps: z.number().min(0).max(10_000).default(defaultDay.baseRps),
    peakRps: z.number().positive().max(10_000).default(defaultDay.peakRps),
    inputTokensMedian: z.number().positive().default(defaultDay.inputTokensMedian),
    outputTokensMedian: z.number().positive().default(defaultDay.outputTokensMedian),
    cachedShare: z.number().min(0).max(1).default(defaultDay.cachedShare),
    loadFactor: z.number().positive().default(1),
  }),
  z.object({ kind: z.literal('trace'), path: z.string().min(1), loadFactor: z.number().positive().default(1) }),
])

export type WorkloadConfig = z.output<typeof workloadSchema>

const service = z.object({
  service: name,
  model: z.custom<ModelName>((value) => typeof value === 'string' && isModelName(value), 'a model with measured rows (simulator/engines/coefficients.ts)'),
  slo: z.object({ ttftMs: z.number().positive(), tbtMs: z.number().positive() }),
  maxBatchTokens: z.number().int().positive().default(8192),
  maxBatch: z.number().int().positive().default(256),
  groups: z.array(group).default([]),
  workload: workloadSchema,
})

const scenarioSchema = z.object({
  seed: z.number().int().default(1),
  startUpScale: z.number().positive().default(1),
  subClusters: z.array(z.object({ name, nodes: z.array(node).optional() })).min(1),
  services: z.array(service).min(1),
})

export type Scenario = z.output<typeof scenarioSchema>

/** The scenario of this process: file or built-in, with the environment's changes on top. Throws ConfigError. */
export const loadScenario = (config: EmulatorConfig): Scenario => {
  const path = config.HETEROSCALE_EMULATOR_SCENARIO
  const scenario = path === undefined ? builtInScenario(config.HETEROSCALE_EMULATOR_SUB_CLUSTERS) : readScenario(path)
  const [first, ...others] = scenario.services
  return {
    ...scenario,
    seed: config.HETEROSCALE_EMULATOR_SEED ?? scenario.seed,
    startUpScale: config.HETEROSCALE_EMULATOR_STARTUP_SCALE ?? scenario.startUpScale,
    services: first === undefined ? [] : [{ ...first, workload: changedWorkload(first.workload, config) }, ...others],
  }
}

const changedWorkload = (workload: WorkloadConfig, config: EmulatorConfig): WorkloadConfig => {
  const trace = config.HETEROSCALE_EMULATOR_TRACE
  const chosen: WorkloadConfig = trace === undefined ? workload : { kind: 'trace', path: trace, loadFactor: 1 }
  const loaded = { ...chosen, loadFactor: config.HETEROSCALE_EMULATOR_LOAD_FACTOR ?? chosen.loadFactor }
  const dayMinutes = config.HETEROSCALE_EMULATOR_DAY_MINUTES
  return loaded.kind === 'synthetic' && dayMinutes !== undefined ? { ...loaded, dayMinutes } : loaded
}

const readScenario = (path: string): Scenario => {
  try {
    return parseScenario(parseYaml(readFileSync(path, 'utf8')))
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new ConfigError([`HETEROSCALE_EMULATOR_SCENARIO: got ${path} (${(error as Error).message}); allowed: a readable YAML or JSON file`])
  }
}

/** Checks a scenario, fills in defaults and reports all faults at once, each with its path. */
export const parseScenario = (value: unknown): Scenario => {
  const parsed = scenarioSchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new ConfigError(parsed.error.issues.map((issue) => `scenario ${issue.path.join('.')}: ${issue.message}`))
}

/** Serves what docs/examples/chat-70b.yaml describes, at its minimum of 2P+4D below one S2 switch. */
export const builtInScenario = (subClusters: readonly string[]): Scenario =>
  parseScenario({
    subClusters: subClusters.map((subCluster) => ({ name: subCluster })),
    services: [
      {
        service: 'chat-70b',
        model: 'llama-3.1-70b-fp8',
        slo: { ttftMs: 1000, tbtMs: 40 },
        groups: [
          {
            group: 'chat-70b-0-0',
            subCluster: subClusters[0],
            domain: `vdc-0/cluster-0/${subClusters[0]}/s2-0`,
            counts: { prefill: 2, decode: 4 },
            gpuTypes: { prefill: 'H100', decode: 'H20' },
            gpusPerInstance: { prefill: 4, decode: 4 },
            band: { lo: 0.375, hi: 0.625 },
          },
        ],
        workload: { kind: 'synthetic' },
      },
    ],
  })

/** Nodes of a sub-cluster: its own list, or the built-in topology. */
export const nodesOf = ({ name: subCluster, nodes }: Scenario['subClusters'][number]) =>
  nodes?.map((known) => ({ ...known, gpusFree: known.gpus })) ?? defaultTopology({ subCluster })
