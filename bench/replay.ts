/** Bench (d): CPU of the audit replay against a consumer that only reads, on a log that a real decider has decided. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { BenchContext } from './context.ts'
import { withKafka } from './context.ts'
import { fillTopic, type FilledTopic } from './filled-topic.ts'
import { fromSource } from './program.ts'
import { goal, significant, type Measured, type Numbers } from './result.ts'
import { median } from './statistics.ts'
import { decide, readOnly } from './topic-runs.ts'

export type ReplaySizes = { readonly services: number; readonly minutes: number; readonly dayMinutes: number; readonly nodeArgs: readonly string[] }

/** Rounds alternate, so that what else the machine does meets both alike. Throws when the replay does not equal the record. */
export const benchReplay = (context: BenchContext, sizes: ReplaySizes): Promise<Measured> =>
  withKafka(context, async (brokers) => {
    const topic = await fillTopic({ ...sizes, brokers, onProgress: context.onProgress })
    await decide(topic, { keep: true })
    const rounds: Numbers[] = []
    for (let round = 1; round <= context.rounds; round++) {
      rounds.push(roundOf(topic, await readOnly(topic), await replay(topic, sizes.nodeArgs)))
      context.onProgress(`round ${round}: ${JSON.stringify(rounds.at(-1))}`)
    }
    await topic.close()
    return measured(topic, sizes, rounds)
  })

type Replayed = { readonly foldCpuSeconds: number; readonly cpuSeconds: number; readonly equal: boolean }

const replay = async ({ brokers, prefix }: FilledTopic, nodeArgs: readonly string[]): Promise<Replayed> => {
  const args = [...nodeArgs, ...fromSource('replay-fold.ts'), brokers.join(','), prefix]
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 })
  const replayed = JSON.parse(stdout) as Replayed
  if (!replayed.equal) throw new Error(`BENCH_REPLAY the replay differs from the record; nothing was measured: ${stdout.slice(0, 800)}`)
  return replayed
}

const roundOf = ({ counts }: FilledTopic, readSeconds: number, { foldCpuSeconds, cpuSeconds }: Replayed): Numbers => ({
  readRecordsPerSecondAndCore: significant(counts.records / readSeconds),
  foldRecordsPerSecondAndCore: significant(counts.records / foldCpuSeconds),
  foldAndCompareRecordsPerSecondAndCore: significant(counts.records / cpuSeconds),
  ratio: significant(readSeconds / foldCpuSeconds, 3),
})

const measured = ({ counts, ends }: FilledTopic, { services, minutes, dayMinutes }: ReplaySizes, rounds: readonly Numbers[]): Measured => {
  const names = ['ratio', 'foldRecordsPerSecondAndCore', 'foldAndCompareRecordsPerSecondAndCore', 'readRecordsPerSecondAndCore']
  const figures = Object.fromEntries(names.map((name) => [name, median(rounds.map((round) => round[name] ?? Number.NaN))]))
  return {
    what:
      'CPU time of reading `signals` and folding it again with the deciding core, up to the last record and before the comparison, against a kafkajs ' +
      'consumer that decodes every record with avsc and does nothing else; ratio = records per second and core of replay / of reading; every replay was equal',
    parameters: { services, worldMinutes: minutes, dayMinutes, partitions: ends.size, records: counts.records, decisions: counts.decisions, holds: counts.holds },
    rounds,
    figures,
    goals: [goal(figures, 'ratio', { atLeast: 0.4 })],
  }
}
