/** Bench (a): CPU of the decider's process against a consumer that only reads, on the same topic, filled beforehand. */
import type { BenchContext } from './context.ts'
import { withKafka } from './context.ts'
import { fillTopic, forgetDecider, untilCommitted, type FilledTopic } from './filled-topic.ts'
import { cpuSecondsOf } from './process-cpu.ts'
import { compiled, fromSource, logFolder, pidOf, startProgram, untilMarked } from './program.ts'
import { goal, significant, type Measured, type Numbers } from './result.ts'
import { median } from './statistics.ts'

export type DeciderSizes = { readonly services: number; readonly minutes: number; readonly nodeArgs: readonly string[] }

/** Rounds alternate, so that what else the machine does meets both alike. */
export const benchDecider = (context: BenchContext, sizes: DeciderSizes): Promise<Measured> =>
  withKafka(context, async (brokers) => {
    const topic = await fillTopic({ ...sizes, brokers, onProgress: context.onProgress })
    const dir = logFolder()
    const rounds: Numbers[] = []
    for (let round = 1; round <= context.rounds; round++) {
      const noOpSeconds = await noOpRound(topic, { dir, round })
      const deciderSeconds = await deciderRound(topic, { dir, round, nodeArgs: sizes.nodeArgs })
      rounds.push(roundOf(topic, noOpSeconds, deciderSeconds))
      context.onProgress(`round ${round}: ${JSON.stringify(rounds.at(-1))}`)
    }
    await topic.close()
    return measured(topic, sizes, rounds)
  })

type Round = { readonly dir: string; readonly round: number }

const noOpRound = async (topic: FilledTopic, { dir, round }: Round): Promise<number> => {
  const groupId = `${topic.prefix}-no-op-${round}`
  const program = startProgram(dir, {
    name: `no-op-${round}`,
    args: [...fromSource('no-op-consumer.ts'), topic.brokers.join(','), topic.prefix, groupId],
    env: {},
  })
  try {
    await untilMarked(program, 'reading')
    return await cpuUntil(pidOf(program), untilCommitted(topic, groupId))
  } finally {
    await program.stop()
  }
}

const deciderRound = async (topic: FilledTopic, { dir, round, nodeArgs }: Round & Pick<DeciderSizes, 'nodeArgs'>): Promise<number> => {
  const program = startProgram(dir, {
    name: `decider-${round}`,
    args: [...nodeArgs, ...compiled('services/decider/main.js')],
    env: environmentOf(topic),
  })
  try {
    await untilMarked(program, '"msg":"assigned"')
    return await cpuUntil(pidOf(program), untilCommitted(topic, `${topic.prefix}-decider`))
  } finally {
    await program.stop()
    await forgetDecider(topic)
  }
}

/** Its own first tick comes after a minute: until then it only folds the ticks that the topic holds. */
const environmentOf = (topic: FilledTopic): Record<string, string> => ({
  KAFKA_BROKERS: topic.brokers.join(','),
  HETEROSCALE_TOPIC_PREFIX: topic.prefix,
  HETEROSCALE_HTTP_PORT: '0',
  HETEROSCALE_TICK_MS: '60000',
  HETEROSCALE_SPEED: '1',
  HETEROSCALE_WORLD_EPOCH_MS: String(topic.worldEndMs),
  HETEROSCALE_WALL_EPOCH_MS: String(Date.now()),
})

const cpuUntil = async (pid: number, done: Promise<void>): Promise<number> => {
  const before = cpuSecondsOf(pid)
  await done
  return cpuSecondsOf(pid) - before
}

const perRecord = (seconds: number, { counts }: FilledTopic): number => significant((seconds * 1e6) / counts.records)

const roundOf = (topic: FilledTopic, noOpSeconds: number, deciderSeconds: number): Numbers => ({
  noOpCpuSeconds: significant(noOpSeconds),
  deciderCpuSeconds: significant(deciderSeconds),
  noOpMicrosPerRecord: perRecord(noOpSeconds, topic),
  deciderMicrosPerRecord: perRecord(deciderSeconds, topic),
  ratio: significant(noOpSeconds / deciderSeconds, 3),
})

const measured = (topic: FilledTopic, { services, minutes }: DeciderSizes, rounds: readonly Numbers[]): Measured => {
  const { records, ticks, decisions, holds, intents } = topic.counts
  const of = (name: string): number => median(rounds.map((round) => round[name] ?? Number.NaN))
  const figures = {
    ratio: of('ratio'),
    deciderMicrosPerRecord: of('deciderMicrosPerRecord'),
    noOpMicrosPerRecord: of('noOpMicrosPerRecord'),
    recordsPerSecondAndCore: Math.round(1e6 / of('deciderMicrosPerRecord')),
  }
  return {
    what:
      'CPU time (user and system, all threads) of the whole decider process from its first assignment until it has committed the whole topic, decisions, ' +
      'intents, first snapshots and checkpoints written and acknowledged, against a kafkajs consumer that decodes every record with avsc, ' +
      'commits after each batch and does nothing else; ratio = no-op / decider, 1 is as cheap; both processes single, starts excluded',
    parameters: {
      services,
      worldMinutes: minutes,
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
