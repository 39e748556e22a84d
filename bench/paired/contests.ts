/** What two products are compared in: one contest for each bench that measures CPU, and what a round of it costs either of them. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openCollector, type CollectorSizes } from '../collector.ts'
import { fillTopic, type FilledTopic, type FillOptions } from '../filled-topic.ts'
import type { Product } from '../product.ts'
import { fromSource } from '../program.ts'
import type { Numbers } from '../result.ts'
import { decide } from '../topic-runs.ts'

export type Pair = { readonly then: Product; readonly now: Product }
export type Side = keyof Pair
export const sides = ['then', 'now'] as const

export type Contest = {
  /** Microseconds of CPU for one unit of work. */
  readonly cost: (side: Side) => Promise<number>
  readonly close: () => Promise<void>
}

export type FleetSizes = { readonly services: number; readonly warmUpSeconds: number; readonly measuredSeconds: number }

const nothing = (): Promise<void> => Promise.resolve()

/** Runs a script to its end and reads the JSON that it prints. */
const printed = async <Answer>(args: readonly string[], cwd: string): Promise<Answer> =>
  JSON.parse((await promisify(execFile)(process.execPath, [...args], { cwd, maxBuffer: 64 * 1024 * 1024 })).stdout) as Answer

/** A tick of one fleet, core alone: no broker, no bytes. */
export const foldContest = (pair: Pair, { services, warmUpSeconds, measuredSeconds }: FleetSizes): Contest => ({
  cost: async (side) => {
    const { root } = pair[side]
    const { cpuMicrosPerTick = Number.NaN } = await printed<Numbers>([...fromSource('fold-fleet.ts'), root, ...[services, warmUpSeconds, measuredSeconds].map(String)], root)
    return cpuMicrosPerTick
  },
  close: nothing,
})

export type Topics = { readonly [side in Side]: FilledTopic }

/** The same loads for both; each topic is claimed by its product's core, and holds what that core's orders lead to. */
export const fillBoth = async (pair: Pair, options: Omit<FillOptions, 'root'>): Promise<Topics> => ({
  then: await fillTopic({ ...options, root: pair.then.root }),
  now: await fillTopic({ ...options, root: pair.now.root }),
})

const perRecord = (seconds: number, { counts }: FilledTopic): number => (seconds * 1e6) / counts.records

/** A record of `signals` in the whole decider: read, folded, decided, written, committed. */
export const deciderContest = (pair: Pair, topics: Topics): Contest => ({
  cost: async (side) => perRecord(await decide(topics[side], { product: pair[side] }), topics[side]),
  close: nothing,
})

type Replayed = { readonly foldCpuSeconds: number; readonly equal: boolean; readonly first?: unknown }

/** A record in each product's own audit replay, of a log that its own decider has decided. */
export const replayContest = async (pair: Pair, topics: Topics): Promise<Contest> => {
  for (const side of sides) await decide(topics[side], { product: pair[side], keep: true })
  return {
    cost: async (side) => {
      const { root } = pair[side]
      const topic = topics[side]
      const script = join(root, 'bench/processes/replay-fold.ts')
      const replayed = await printed<Replayed>(['--import', 'tsx', script, topic.brokers.join(','), topic.prefix], root)
      if (!replayed.equal) throw new Error(`BENCH_PAIRED the replay of ${side} differs from its record; nothing was measured: ${JSON.stringify(replayed)}`)
      return perRecord(replayed.foldCpuSeconds, topic)
    },
    close: nothing,
  }
}

/** An instance that a collector scrapes and publishes; both collectors run all the time, and are looked at in turn. */
export const collectorContest = async (pair: Pair, brokers: readonly string[], sizes: CollectorSizes): Promise<Contest> => {
  const collectors = { then: await openCollector(brokers, sizes, pair.then), now: await openCollector(brokers, sizes, pair.now) }
  for (const side of sides) await collectors[side].window()
  return {
    cost: async (side) => (await collectors[side].window())['cpuMicrosPerInstance'] ?? Number.NaN,
    close: async () => {
      for (const side of sides) await collectors[side].stop()
    },
  }
}
