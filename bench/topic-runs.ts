/** One run of a program over a filled topic: the decider, or a consumer that only reads. CPU seconds come back. */
import { nodeArgumentsOf } from '../infra/local/node-arguments.ts'
import { forgetDecider, untilCommitted, type FilledTopic } from './filled-topic.ts'
import { cpuSecondsOf } from './process-cpu.ts'
import { thisProduct, type Product } from './product.ts'
import { compiled, fromSource, logFolder, pidOf, startProgram, untilMarked } from './program.ts'

const dir = logFolder()

export type DeciderRun = {
  readonly nodeArgs?: readonly string[]
  /** Leave commits and snapshots as they are. */
  readonly keep?: boolean
  /** Whose decider; the topic must have been filled for it. */
  readonly product?: Product
}

let runs = 0

/** From its first assignment until it has read and committed everything; started with the same arguments of node as a decider. */
export const readOnly = async (topic: FilledTopic, cures: 'plain' | 'cured' = 'plain'): Promise<number> => {
  runs += 1
  const groupId = `${topic.prefix}-no-op-${runs}`
  const program = startProgram(dir, {
    name: `no-op-${runs}`,
    args: [...nodeArgumentsOf('decider'), ...fromSource('no-op-consumer.ts'), topic.brokers.join(','), topic.prefix, groupId, cures],
    env: {},
  })
  try {
    await untilMarked(program, 'reading')
    return await cpuUntil(pidOf(program), untilCommitted(topic, groupId))
  } finally {
    await program.stop()
  }
}

/** From its first assignment until it has decided, written and committed everything. */
export const decide = async (topic: FilledTopic, { nodeArgs = [], keep = false, product = thisProduct }: DeciderRun = {}): Promise<number> => {
  runs += 1
  const program = startProgram(dir, {
    name: `decider-${runs}`,
    args: [...product.nodeArgumentsOf('decider'), ...nodeArgs, ...compiled('services/decider/main.js', product.root)],
    env: environmentOf(topic),
  })
  try {
    await untilMarked(program, '"msg":"assigned"')
    return await cpuUntil(pidOf(program), untilCommitted(topic, `${topic.prefix}-decider`))
  } finally {
    await program.stop()
    if (!keep) await forgetDecider(topic)
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
