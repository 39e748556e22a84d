/** Bench (c): from the sample that exceeds the threshold to the target in the sub-cluster, through the whole real chain. */
import { setTimeout as delay } from 'node:timers/promises'
import type { BenchContext } from './context.ts'
import { followChain, type Chain, type Jump } from './latency/chain.ts'
import { observe, samplePeriodMs, type Observer } from './latency/observer.ts'
import { setStage } from './latency/stage.ts'
import { goal, type Measured, type Numbers } from './result.ts'
import { quantile } from './statistics.ts'
import { tpsPerInstance } from './world/specification.ts'

export type LatencySizes = { readonly services: number; readonly jumpsPerService: number }

const tickMs = 1_000
/** How long a decision waits for late samples; core keeps it as `latenessMs`. */
const latenessMs = 2_000
const allowedBesideMs = 500

export const benchLatency = async (context: BenchContext, sizes: LatencySizes): Promise<Measured> => {
  const stage = await setStage({ ...sizes, tickMs, onProgress: context.onProgress })
  try {
    const observer = await observe(stage)
    const chain = await followChain(stage)
    const jumps: Jump[] = []
    const done = (jump: Jump): void => {
      jumps.push(jump)
      if (jumps.length % 10 === 0) context.onProgress(`${jumps.length} of ${sizes.services * sizes.jumpsPerService} intents`)
    }
    const climbs = stage.services.map((service, index) => climb({ service, jumps: sizes.jumpsPerService, startMs: (index * 12_000) / sizes.services }, { observer, chain, done }))
    await Promise.all(climbs)
    await chain.stop()
    await observer.stop()
    return measured(sizes, jumps)
  } finally {
    await stage.stop()
  }
}

type Climb = { readonly service: string; readonly jumps: number; readonly startMs: number }
type Parts = { readonly observer: Observer; readonly chain: Chain; readonly done: (jump: Jump) => void }

/** Load for which `prefill` is right: just under what its decode instances serve. */
const loadOf = (prefill: number): number => Math.round(0.98 * 2 * prefill * tpsPerInstance)

/** The service's load jumps by one prefill and two decode instances' worth; when they serve, and all is calm, again. */
const climb = async ({ service, jumps, startMs }: Climb, { observer, chain, done }: Parts): Promise<void> => {
  observer.setLoad(service, loadOf(1))
  await delay(10_000 + startMs)
  for (let prefill = 2; prefill <= jumps + 1; prefill++) {
    const jump = chain.begin(service, loadOf(prefill))
    observer.setLoad(service, loadOf(prefill))
    await until(() => jump.writtenAtMs !== undefined && jump.orderedAtMs !== undefined, service)
    done(jump)
    await until(() => observer.registered(service).decode >= 2 * prefill, service)
    await delay(settleMs + (prefill * 137) % samplePeriodMs)
  }
}

/** The intent's end is folded, and what stands was observed after it. */
const settleMs = 4_000
const patienceMs = 60_000

const until = async (isSo: () => boolean, service: string): Promise<void> => {
  const deadline = Date.now() + patienceMs
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`BENCH_LATENCY ${service}: nothing came of its jump within ${patienceMs} ms; nothing was measured`)
    await delay(20)
  }
}

const measured = ({ services, jumpsPerService }: LatencySizes, jumps: readonly Jump[]): Measured => {
  const rounds = jumps.map(roundOf)
  const of = (name: string): readonly number[] => rounds.map((round) => round[name] ?? Number.NaN)
  const figures = {
    p50Ms: quantile(of('publishedToWrittenMs'), 0.5),
    p99Ms: quantile(of('publishedToWrittenMs'), 0.99),
    p99ByChangeLogMs: quantile(of('publishedToChangeLogMs'), 0.99),
    publishedToOrderedP50Ms: quantile(of('publishedToOrderedMs'), 0.5),
    publishedToOrderedP99Ms: quantile(of('publishedToOrderedMs'), 0.99),
    orderedToWrittenP50Ms: quantile(of('orderedToWrittenMs'), 0.5),
    orderedToWrittenP99Ms: quantile(of('orderedToWrittenMs'), 0.99),
  }
  return {
    what:
      'From the broker’s append time of the first sample that exceeds the threshold to the first poll (every 20 ms) that finds the grown target in the emulator’s change log: ' +
      'scale-outs only, whole fleet (two deciders, orchestrator with placer, registrar) on real Kafka and Temporal’s development server, emulator at speed 1; the bench ' +
      'writes the samples, in the collector’s place; each line of `rounds` is one intent',
    parameters: { services, jumpsPerService, intents: jumps.length, latenessMs, tickPeriodMs: tickMs, samplePeriodMs, boundMs: latenessMs + tickMs + allowedBesideMs },
    rounds,
    figures,
    goals: [goal(figures, 'p99Ms', { atMost: latenessMs + tickMs + allowedBesideMs })],
  }
}

const roundOf = ({ publishedAtMs = Number.NaN, orderedAtMs = Number.NaN, writtenAtMs = Number.NaN, changeLogTimeMs = Number.NaN }: Jump): Numbers => ({
  publishedToWrittenMs: writtenAtMs - publishedAtMs,
  publishedToChangeLogMs: changeLogTimeMs - publishedAtMs,
  publishedToOrderedMs: orderedAtMs - publishedAtMs,
  orderedToWrittenMs: writtenAtMs - orderedAtMs,
})
