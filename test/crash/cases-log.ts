/** What is in the log is wrong: bytes that nobody can read, and a topic that was deleted and made again. */
import { createKafka } from '../../adapters/kafka/client.ts'
import { ensureTopics } from '../../adapters/kafka/topics.ts'
import { createApiClient } from '../../cli/api-client.ts'
import { localCell } from '../../infra/local/fleet.ts'
import { brokerTopic } from '../../core/topics.ts'
import type { Topic } from '../../core/topics.ts'
import { until } from '../support/until.ts'
import { effects } from './case.ts'
import type { Case, Struck } from './case.ts'
import { inMidRollout } from './cases-servers.ts'
import { manifestOf, services } from './services.ts'
import type { Stage } from './stage.ts'

/** Confluent framing with a schema id of ours, then bytes that are no record of it. */
const broken = Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), Buffer.alloc(40, 0xff)])
const unframed = Buffer.from('{"tps": 12}')
const unknownSchema = Buffer.concat([Buffer.from([0, 0, 1, 0, 0]), Buffer.from('later')])

/** The key under which each topic holds what the fleet works on. */
const keys: { readonly [topic in Topic]?: string } = { cells: localCell, controls: 'service/steady' }

const poison = async (stage: Stage, topic: Topic, values: readonly Buffer[]): Promise<void> => {
  const producer = createKafka({ brokers: stage.servers.kafkaBrokers, clientId: 'poisoner' }).producer()
  await producer.connect()
  await producer.send({ topic: brokerTopic(topic), messages: values.map((value) => ({ key: keys[topic] ?? 'steady', value })) })
  await producer.disconnect()
}

const lettersAbout = ({ history }: Stage, topic: Topic): number =>
  history.seen.filter(({ record }) => record.event?.type === 'DeadLetter' && record.event.topic === brokerTopic(topic)).length

const poisoned = (topic: Topic, values: readonly Buffer[]) => async ({ stage }: Struck): Promise<void> => {
  const before = lettersAbout(stage, topic)
  await poison(stage, topic, values)
  await until(`${values.length} dead letters`, () => lettersAbout(stage, topic) >= before + values.length)
}

/**
 * Whoever reads the topic ends, and is started again as a supervisor does it. The specification and what the log knew are gone with
 * it, so the services are applied anew. Gives when the topic was gone.
 */
const recreated = (topic: Topic) => async ({ stage }: Struck): Promise<number> => {
  const brokers = stage.servers.kafkaBrokers
  const admin = createKafka({ brokers, clientId: 'vandal' }).admin()
  await admin.connect()
  await admin.deleteTopics({ topics: [brokerTopic(topic)] })
  await until('the topic is gone', async () => !(await admin.listTopics()).includes(brokerTopic(topic)))
  await admin.disconnect()
  const goneAt = Date.now()
  await ensureTopics({ brokers, clientId: 'stage' })
  // The API takes its time to end: who waited for ticks alone might look before it has, and leave it dead.
  let isApplied = false
  const supervised = superviseUntil(stage, () => isApplied && allTickSince(stage, goneAt))
  const applied = applyAll(stage).then(() => (isApplied = true))
  await Promise.all([supervised, applied])
  return goneAt
}

const applyAll = async (stage: Stage): Promise<void> => {
  for (const service of services) await applyAnew(stage, service)
}

/** Starts again who has ended, until `isDone`. */
const superviseUntil = (stage: Stage, isDone: () => boolean): Promise<void> =>
  until(
    'the fleet has stopped falling, and every partition ticks',
    async () => {
      const fallen = Object.values(stage.fleet.processes).filter(({ pid }) => pid === undefined)
      await Promise.all(fallen.map((process) => process.restart()))
      return fallen.length === 0 && isDone()
    },
    90_000,
  )

/** The topics have four partitions. */
const allTickSince = ({ history }: Stage, wallMs: number): boolean =>
  new Set(history.seen.flatMap(({ record, at }) => (at > wallMs && record.event?.type === 'ClockTicked' ? [record.partition] : []))).size === 4

/** A file that differs, since the API takes an equal one for applied. */
const applyAnew = async (stage: Stage, service: (typeof services)[number]): Promise<void> => {
  const manifest = JSON.parse(manifestOf(service)) as { spec: object }
  const changed = { ...manifest, spec: { ...manifest.spec, priority: 1 } }
  const post = () => createApiClient(stage.fleet.apiUrl).post('/services?waitSeconds=5', Buffer.from(JSON.stringify(changed)), { 'x-heteroscale-author': 'crash-test' })
  await until(`${service} is taken`, () => post().then(() => true, () => false))
}

/** On topics of ours a schema that nobody knows may be a newer version's: it stops the partition, and is no case of this table. */
const poisonCase = (topic: Topic, values: readonly Buffer[] = [unframed, broken]): Case => ({
  process: `topic ${topic}`,
  step: 'records that nobody can read, in mid-rollout',
  move: 'either',
  at: inMidRollout,
  then: poisoned(topic, values),
  effect: effects.rollout,
})

export const logCases: readonly Case[] = [poisonCase('metrics', [unframed, broken, unknownSchema]), ...(['signals', 'intents', 'cells', 'controls', 'services'] as const).map((topic) => poisonCase(topic))]

/** Destroys what the checks over a whole history rest on, so it comes last, on a fleet of its own. */
export const recreatedCases: readonly Case[] = [
  { process: 'topic signals', step: 'deleted and made again in mid-rollout', move: 'out', at: inMidRollout, then: recreated('signals'), effect: effects.tick, withinMs: 120_000 },
]
