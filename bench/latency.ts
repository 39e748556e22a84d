/** Bench (c): from the sample that exceeds the threshold to the target in the sub-cluster, through the whole real chain. */
import type { BenchContext } from './context.ts'
import { followChain, type Jump } from './latency/chain.ts'
import { climbInTurns, jumpEveryMs } from './latency/climb.ts'
import { observe, samplePeriodMs } from './latency/observer.ts'
import { setStage, type Stage } from './latency/stage.ts'
import { goal, significant, type Measured, type Numbers } from './result.ts'
import { quantile } from './statistics.ts'

export type LatencySizes = { readonly services: number; readonly jumpsPerService: number }

const tickMs = 1_000
/** How long a decision waits for late samples; core keeps it as `latenessMs`. */
const latenessMs = 2_000
const allowedBesideMs = 500

export const benchLatency = async (context: BenchContext, sizes: LatencySizes): Promise<Measured> => {
  const stage = await setStage({ ...sizes, tickMs, onProgress: context.onProgress })
  try {
    const [first = [], ...counted] = await climbAll(context, stage, sizes)
    return measured(sizes, first, counted.flat())
  } finally {
    await stage.stop()
  }
}

/** One turn more than is counted. */
const climbAll = async ({ onProgress }: BenchContext, stage: Stage, sizes: LatencySizes): Promise<readonly (readonly Jump[])[]> => {
  const observer = await observe(stage)
  const chain = await followChain(stage)
  let written = 0
  const onWritten = (): void => {
    written += 1
    if (written % 10 === 0) onProgress(`${written} of ${sizes.services * (sizes.jumpsPerService + 1)} intents`)
  }
  const turns = await climbInTurns({ services: stage.services, observer, chain, onWritten }, sizes.jumpsPerService + 1)
  await chain.stop()
  await observer.stop()
  return turns
}

const what =
  'From the broker’s append time of the first sample that exceeds the threshold to the first poll (every 20 ms) that finds the grown target in the emulator’s change log: ' +
  'scale-outs only, whole fleet (two deciders, orchestrator with placer, registrar) on real Kafka and Temporal’s development server, emulator at speed 1; the bench ' +
  'writes the samples, in the collector’s place. Loads jump one service after the other, one jump every `jumpEveryMs`, at phases spread evenly over the tick’s period: what is ' +
  'measured is the way of one order, not a queue of orders. Each service’s first jump, which starts its workflow and finds processes that just began, stands in `firstJump…` alone; each line of `rounds` is one intent of the others'

const measured = ({ services, jumpsPerService }: LatencySizes, first: readonly Jump[], counted: readonly Jump[]): Measured => {
  const rounds = counted.map(roundOf)
  const figures = { ...figuresOf(rounds), ...figuresOfFirst(first.map(roundOf)) }
  return {
    what,
    parameters: {
      ...{ services, jumpsPerService, intents: rounds.length, jumpEveryMs: significant(jumpEveryMs(services), 6) },
      ...{ latenessMs, tickPeriodMs: tickMs, samplePeriodMs, boundMs: latenessMs + tickMs + allowedBesideMs },
    },
    rounds,
    figures,
    goals: [goal(figures, 'p99Ms', { atMost: latenessMs + tickMs + allowedBesideMs })],
  }
}

const column = (rounds: readonly Numbers[], name: string): readonly number[] => rounds.map((round) => round[name] ?? Number.NaN)

const figuresOf = (rounds: readonly Numbers[]): Numbers => ({
  p50Ms: quantile(column(rounds, 'publishedToWrittenMs'), 0.5),
  p99Ms: quantile(column(rounds, 'publishedToWrittenMs'), 0.99),
  p99ByChangeLogMs: quantile(column(rounds, 'publishedToChangeLogMs'), 0.99),
  publishedToOrderedP50Ms: quantile(column(rounds, 'publishedToOrderedMs'), 0.5),
  publishedToOrderedP99Ms: quantile(column(rounds, 'publishedToOrderedMs'), 0.99),
  orderedToWrittenP50Ms: quantile(column(rounds, 'orderedToWrittenMs'), 0.5),
  orderedToWrittenP99Ms: quantile(column(rounds, 'orderedToWrittenMs'), 0.99),
})

const figuresOfFirst = (rounds: readonly Numbers[]): Numbers => ({
  firstJumpP50Ms: quantile(column(rounds, 'publishedToWrittenMs'), 0.5),
  firstJumpMaxMs: Math.max(...column(rounds, 'publishedToWrittenMs')),
})

const roundOf = ({ publishedAtMs = Number.NaN, orderedAtMs = Number.NaN, writtenAtMs = Number.NaN, changeLogTimeMs = Number.NaN }: Jump): Numbers => ({
  publishedToWrittenMs: writtenAtMs - publishedAtMs,
  publishedToChangeLogMs: changeLogTimeMs - publishedAtMs,
  publishedToOrderedMs: orderedAtMs - publishedAtMs,
  orderedToWrittenMs: writtenAtMs - orderedAtMs,
})
