/** What befalls Kafka, Temporal and the sub-clusters' API servers and nodes. */
import type { OutRecord } from '../../../core/ports.ts'
import type { Stage } from '../stage.ts'
import type { World } from '../world.ts'
import type { Strike } from './strike.ts'

/** Extends an end that another fault may have set. */
const latest = (known: number, toMs: number): number => Math.max(known, toMs)

const kafkaDown: Strike = ({ broker }, { toMs }) => {
  broker.health.downUntilMs = latest(broker.health.downUntilMs, toMs)
  return { target: 'kafka' }
}

const temporalDown: Strike = (world, { toMs }) => {
  world.temporal.downUntilMs = latest(world.temporal.downUntilMs, toMs)
  return { target: 'temporal' }
}

const slowWrites: Strike = ({ broker: { health } }, { toMs, draw }) => {
  health.slowByMs = 500 + 7_500 * draw
  health.slowUntilMs = latest(health.slowUntilMs, toMs)
  return { target: 'kafka' }
}

const diskFull: Strike = ({ broker: { health } }, { toMs }) => {
  health.diskFullUntilMs = latest(health.diskFullUntilMs, toMs)
  return { target: 'kafka' }
}

const lostAnswers: Strike = ({ broker: { health } }, { toMs, draw }) => {
  health.lostAnswers = 0.01 + 0.06 * draw
  health.lostAnswersUntilMs = latest(health.lostAnswersUntilMs, toMs)
  return { target: 'kafka' }
}

/** Copies of records that a producer's retry left in the log, some time after the first of them. */
const duplicatedRecords: Strike = (world, fault) => {
  repeat(world.stage, fault, () => {
    const topic = world.stage.pick(['signals', 'intents', 'decisions'] as const)
    const log = world.broker.records(topic, Math.floor(world.stage.random.next() * world.broker.partitionCount(topic)))
    const copies = log.slice(-1 - Math.floor(30 * world.stage.random.next()), log.length).filter(({ event }) => event !== null)
    if (copies.length === 0 || world.broker.isDown) return
    world.stage.hit('duplicated-records')
    world.broker.write(copies.map(({ partition, key, event }): OutRecord => ({ topic, partition, key, event })))
  })
  return { target: 'kafka' }
}

/** Calls back some ten times while the fault lasts. */
export const repeat = (stage: Stage, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }, call: () => void): void => {
  const again = (): void => {
    if (stage.scheduler.nowMs >= toMs) return
    call()
    stage.scheduler.after(stage.between(0.05, 0.15) * (toMs - fromMs), again)
  }
  again()
}

const apiTrouble: Strike = (world, { toMs, draw }) => {
  const [name, { health }] = world.stage.pick([...world.apis])
  const isDead = draw < 0.15
  Object.assign(health, isDead ? { refused: 1, lostAnswer: 0, delayed: 0 } : { refused: 0.2 * draw, lostAnswer: 0.1 + 0.3 * draw, delayed: 0.1 + 0.2 * draw })
  health.untilMs = latest(health.untilMs, isDead ? Math.min(toMs, world.stage.scheduler.nowMs + 90_000) : toMs)
  return { target: name }
}

const reads = (world: World, toMs: number, trouble: { readonly staleByMs: number; readonly partial: number }) => {
  const [name, { health }] = world.stage.pick([...world.apis])
  Object.assign(health, trouble)
  health.readsUntilMs = latest(health.readsUntilMs, toMs)
  return { target: name }
}

const staleReads: Strike = (world, { toMs, draw }) => reads(world, toMs, { staleByMs: 5_000 + 60_000 * draw, partial: 0 })
const partialReads: Strike = (world, { toMs, draw }) => reads(world, toMs, { staleByMs: 0, partial: 0.2 + 0.5 * draw })

const nodeLoss: Strike = (world) => {
  const [name, { cluster }] = world.stage.pick([...world.apis])
  const inUse = cluster.nodes().filter(({ gpusFree, gpus, schedulable }) => gpusFree < gpus && schedulable)
  const lost = world.stage.pick(inUse.length > 0 ? inUse : cluster.nodes())
  const count = cluster.loseNode(lost.node)
  for (let index = 0; index < count; index += 1) world.stage.hit('node-loss')
  return { target: `${name}/${lost.node}`, lift: () => cluster.restoreNode(lost.node) }
}

const startUpNeverEnds: Strike = (world, { toMs }) => {
  const [name, { cluster }] = world.stage.pick([...world.apis])
  cluster.neverReadyUntilMs = latest(cluster.neverReadyUntilMs, toMs)
  return { target: name }
}

export const serverFaults = {
  'kafka-down': kafkaDown,
  'kafka-down-long': kafkaDown,
  'temporal-down': temporalDown,
  'temporal-down-long': temporalDown,
  'slow-writes': slowWrites,
  'disk-full': diskFull,
  'lost-answers': lostAnswers,
  'duplicated-records': duplicatedRecords,
  'api-trouble': apiTrouble,
  'stale-reads': staleReads,
  'partial-reads': partialReads,
  'node-loss': nodeLoss,
  'start-up-never-ends': startUpNeverEnds,
} as const
