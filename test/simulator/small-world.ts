/** A world with one service whose fleet a test chooses, and the numbers that its users see. */
import { createRandom } from '../../simulator/prng.ts'
import { defaultTopology } from '../../simulator/topology.ts'
import { World } from '../../simulator/world.ts'
import { defaultDay, syntheticWorkload, type SyntheticDay } from '../../simulator/workload.ts'
import type { RoleCounts } from '../../core/roles.ts'

export const startMs = 1_763_900_000_000
export const slo = { ttftMs: 1000, tbtMs: 40 }

export type SmallWorld = { readonly world: World; minutes(count: number): void }

/** A constant load on chat-70b: prefill on H100, decode on H20, 4 GPUs each, all below one S2. */
export const smallWorld = (counts: RoleCounts, rps: number, options: { readonly seed?: number; readonly day?: Partial<SyntheticDay> } = {}): SmallWorld => {
  const seed = options.seed ?? 1
  const world = new World({
    seed,
    startMs,
    subClusters: [{ name: 'sub-a', nodes: defaultTopology({ subCluster: 'sub-a' }) }],
    services: [{ service: 'chat', model: 'llama-3.1-70b-fp8', slo }],
  })
  world.subClusters.get('sub-a')?.adopt({
    ...{ group: 'chat-0', service: 'chat', sequence: 0, intentId: '', decisionId: '', domain: 'vdc-0/cluster-0/sub-a/s2-0' },
    ...{ counts, registrationTarget: counts, band: { lo: 0.01, hi: 100 } },
    ...{ gpuTypes: { prefill: 'H100', decode: 'H20' }, gpusPerInstance: { prefill: 4, decode: 4 } },
  }, startMs)
  const day = { ...defaultDay, dayMinutes: 600, baseRps: rps, peakRps: rps, ...options.day }
  world.services.get('chat')?.setWorkload(syntheticWorkload(day, createRandom(`${seed}/chat`)), startMs)
  return { world, minutes: (count) => world.advance(world.now + count * 60_000) }
}

export const reportOf = ({ world }: SmallWorld) => {
  const report = world.services.get('chat')?.tally.report('chat', world.now, slo)
  if (report === undefined) throw new Error('no service chat')
  return report
}

/** Value of a counter or gauge on the pages of all instances of a role, summed. */
export const sumOnPages = ({ world }: SmallWorld, role: 'prefill' | 'decode', metric: string): number => {
  const members = [...(world.subClusters.get('sub-a')?.fleet.members.values() ?? [])].filter((member) => member.role === role)
  const values = members.map(({ instance }) => new RegExp(`^${metric}\\{[^}]*\\} (\\S+)$`, 'm').exec(world.enginePage(instance) ?? '')?.[1])
  return values.reduce((sum, value) => sum + Number(value ?? 0), 0)
}

/** Output tokens per second over the next minutes, as a collector would compute it. */
export const decodeTpsOver = (small: SmallWorld, minutes: number): number => {
  const before = sumOnPages(small, 'decode', 'vllm:generation_tokens_total')
  small.minutes(minutes)
  return (sumOnPages(small, 'decode', 'vllm:generation_tokens_total') - before) / (minutes * 60)
}
