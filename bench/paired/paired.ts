/** `npm run bench -- paired --against COMMIT`: this checkout and an earlier commit, round about, on the same loads and machine. */
import type { CollectorSizes } from '../collector.ts'
import { withKafka, type BenchContext } from '../context.ts'
import { build, buildEarlier, thisProduct, type EarlierProduct } from '../product.ts'
import { goal, significant, type Measured, type Numbers } from '../result.ts'
import { median } from '../statistics.ts'
import { collectorContest, deciderContest, fillBoth, foldContest, replayContest, sides, type Contest, type FleetSizes, type Pair, type Side } from './contests.ts'

export type PairedSizes = {
  readonly against: string
  readonly fleet: FleetSizes
  readonly topic: { readonly services: number; readonly minutes: number; readonly dayMinutes: number }
  readonly collector: CollectorSizes
}

/** As much slower may this checkout be than the earlier commit. */
const mostRatio = 1.15

/** Throws when the commit cannot be built, or a replay does not equal its record. */
export const benchPaired = async (context: BenchContext, sizes: PairedSizes): Promise<Measured> => {
  const earlier = await buildEarlier(sizes.against, context.onProgress)
  if (!context.quick) build(thisProduct.root)
  try {
    return measured(earlier, sizes, await allRounds(context, { sizes, pair: { then: earlier, now: thisProduct } }))
  } finally {
    earlier.remove()
  }
}

const allRounds = (context: BenchContext, { sizes, pair }: { readonly sizes: PairedSizes; readonly pair: Pair }): Promise<readonly Numbers[]> =>
  withKafka(context, async (brokers) => {
    const topics = await fillBoth(pair, { ...sizes.topic, brokers, onProgress: context.onProgress })
    const contests: readonly (readonly [name: string, open: () => Promise<Contest>])[] = [
      ['fold', () => Promise.resolve(foldContest(pair, sizes.fleet))],
      ['decider', () => Promise.resolve(deciderContest(pair, topics))],
      ['replay', () => replayContest(pair, topics)],
      ['collector', () => collectorContest(pair, brokers, sizes.collector)],
    ]
    const columns: (readonly Numbers[])[] = []
    for (const [name, open] of contests) columns.push(await roundsOf(name, open, context))
    for (const side of sides) await topics[side].close()
    return Array.from({ length: context.rounds }, (_, round) => Object.assign({}, ...columns.map((column) => column[round])) as Numbers)
  })

/** Who begins changes with every round, so that neither always finds the machine as the other left it. */
const roundsOf = async (name: string, open: () => Promise<Contest>, { rounds, onProgress }: BenchContext): Promise<readonly Numbers[]> => {
  const contest = await open()
  const done: Numbers[] = []
  try {
    for (let round = 0; round < rounds; round++) {
      const cost: Record<Side, number> = { then: Number.NaN, now: Number.NaN }
      for (const side of round % 2 === 0 ? sides : [...sides].reverse()) cost[side] = await contest.cost(side)
      done.push({ [`${name}ThenMicros`]: significant(cost.then), [`${name}NowMicros`]: significant(cost.now), [`${name}Ratio`]: significant(cost.now / cost.then, 3) })
      onProgress(`${name}, round ${round + 1}: ${JSON.stringify(done.at(-1))}`)
    }
  } finally {
    await contest.close()
  }
  return done
}

const measured = ({ commit }: EarlierProduct, { fleet, topic, collector }: PairedSizes, rounds: readonly Numbers[]): Measured => {
  const names = Object.keys(rounds[0] ?? {})
  const figures = Object.fromEntries(names.map((name) => [name, median(rounds.map((round) => round[name] ?? Number.NaN))]))
  return {
    bench: `paired-${commit}`,
    what:
      `CPU time of this checkout over that of ${commit}, both compiled with the same packages, started by turns on one machine; 1 is equal, less is cheaper. fold: core alone, ` +
      'a tick of one fleet; decider: the whole process, a record of `signals`; replay: each audit replay, a record of what its own decider decided; collector: an instance scraped and published. ' +
      'The loads are the same; what is ordered on them, and so observed later, follows from each core. The chain (`latency`) is a time, not a cost, and has no pair',
    parameters: { against: commit, foldServices: fleet.services, services: topic.services, worldMinutes: topic.minutes, instances: collector.services * collector.instancesPerService, secondsPerWindow: collector.seconds },
    rounds,
    figures,
    goals: names.filter((name) => name.endsWith('Ratio')).map((name) => goal(figures, name, { atMost: mostRatio })),
  }
}
