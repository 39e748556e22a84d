/** Bench (a): CPU of the decider's process against a consumer that only reads, on the same topic, filled beforehand. */
import type { BenchContext } from './context.ts'
import { withKafka } from './context.ts'
import { fillTopic, type FilledTopic } from './filled-topic.ts'
import { goal, significant, type Measured, type Numbers } from './result.ts'
import { median } from './statistics.ts'
import { decide, readOnly } from './topic-runs.ts'

export type DeciderSizes = { readonly services: number; readonly minutes: number; readonly dayMinutes: number; readonly nodeArgs: readonly string[] }

/** Rounds alternate, so that what else the machine does meets both alike. */
export const benchDecider = (context: BenchContext, sizes: DeciderSizes): Promise<Measured> =>
  withKafka(context, async (brokers) => {
    const topic = await fillTopic({ ...sizes, brokers, onProgress: context.onProgress })
    const rounds: Numbers[] = []
    for (let round = 1; round <= context.rounds; round++) {
      const noOpSeconds = await readOnly(topic)
      const curedNoOpSeconds = await readOnly(topic, 'cured')
      const deciderSeconds = await decide(topic, sizes)
      rounds.push(roundOf(topic, { noOpSeconds, curedNoOpSeconds, deciderSeconds }))
      context.onProgress(`round ${round}: ${JSON.stringify(rounds.at(-1))}`)
    }
    await topic.close()
    return measured(topic, sizes, rounds)
  })

const perRecord = (seconds: number, { counts }: FilledTopic): number => significant((seconds * 1e6) / counts.records)

type Seconds = { readonly noOpSeconds: number; readonly curedNoOpSeconds: number; readonly deciderSeconds: number }

const roundOf = (topic: FilledTopic, { noOpSeconds, curedNoOpSeconds, deciderSeconds }: Seconds): Numbers => ({
  noOpCpuSeconds: significant(noOpSeconds),
  deciderCpuSeconds: significant(deciderSeconds),
  noOpMicrosPerRecord: perRecord(noOpSeconds, topic),
  deciderMicrosPerRecord: perRecord(deciderSeconds, topic),
  curedNoOpMicrosPerRecord: perRecord(curedNoOpSeconds, topic),
  ratio: significant(noOpSeconds / deciderSeconds, 3),
  ratioToCuredNoOp: significant(curedNoOpSeconds / deciderSeconds, 3),
})

const measured = (topic: FilledTopic, { services, minutes, dayMinutes }: DeciderSizes, rounds: readonly Numbers[]): Measured => {
  const { records, ticks, decisions, holds, intents } = topic.counts
  const of = (name: string): number => median(rounds.map((round) => round[name] ?? Number.NaN))
  const figures = {
    ratio: of('ratio'),
    deciderMicrosPerRecord: of('deciderMicrosPerRecord'),
    noOpMicrosPerRecord: of('noOpMicrosPerRecord'),
    ratioToCuredNoOp: of('ratioToCuredNoOp'),
    curedNoOpMicrosPerRecord: of('curedNoOpMicrosPerRecord'),
    recordsPerSecondAndCore: Math.round(1e6 / of('deciderMicrosPerRecord')),
  }
  return {
    what:
      'CPU time (user and system, all threads) of the whole decider process from its first assignment until it has committed the whole topic, decisions, ' +
      'intents, first snapshots and checkpoints written and acknowledged, against a kafkajs consumer that decodes every record with avsc, ' +
      'commits after each batch and does nothing else; ratio = no-op / decider, 1 is as cheap; the cured no-op reads with our cures of kafkajs ' +
      '(docs/kafkajs-cures.md), above all without taking records apart before they are asked for; all processes single, started with the same arguments of node, starts excluded',
    parameters: {
      services,
      worldMinutes: minutes,
      dayMinutes,
      partitions: topic.ends.size,
      records,
      recordsPerWorldSecond: significant(records / (minutes * 60)),
      tickPeriodMs: 1000,
      ticks,
      decisions,
      holds,
      intents,
      decisionsPercentOfRecords: significant((100 * decisions) / records, 3),
      decisionsAndHoldsPercentOfRecords: significant((100 * (decisions + holds)) / records, 3),
    },
    rounds,
    figures,
    goals: [goal(figures, 'ratio', { atLeast: 0.7 })],
  }
}
