/** What befalls the product's own processes, and what their zombies leave behind. */
import type { SnapshotTaken } from '../../../core/events/decided.ts'
import { bootDecider, deciderGroup } from '../processes/decider.ts'
import { intentsGroup } from '../processes/orchestrator.ts'
import { Supervisor } from '../processes/supervisor.ts'
import type { Stage } from '../stage.ts'
import { formerCore, type World } from '../world.ts'
import { repeat } from './servers.ts'
import type { Strike } from './strike.ts'

const named = (world: World, prefix: string): readonly Supervisor[] => [...world.processes].filter(([name]) => name.startsWith(prefix)).map(([, it]) => it)

/** Where a crash hurts most: around the few questions that matter, which one of thousands would hardly meet. */
const rareMoments: { readonly [prefix: string]: readonly string[] } = {
  decider: ['append intents', 'append decisions', 'append snapshots', 'commit'],
  orchestrator: ['write', 'append cells', 'append signals', 'update', 'commit'],
}

const moment = (stage: Stage, prefix: string): { readonly calls: number; readonly only: string | null } => {
  const rare = rareMoments[prefix]
  if (rare === undefined || stage.chance(0.4)) return { calls: 1 + Math.floor(60 * stage.random.next() ** 2), only: null }
  return { calls: 1 + Math.floor(2 * stage.random.next()), only: stage.pick(rare) }
}

/** Again and again, each time at another of its questions to the world. */
const crash =
  (prefix: string): Strike =>
  (world, fault) => {
    const { stage } = world
    const victim = stage.pick(named(world, prefix))
    repeat(stage, fault, () =>
      victim.crashSoon({
        ...moment(stage, prefix),
        isAfterEffect: stage.chance(0.5),
        downMs: stage.between(1_000, 20_000),
        onDeath: () => {
          stage.hit(`crash:${prefix}`)
          stage.tell(victim.name, 'is killed')
        },
      }),
    )
    return { target: victim.name }
  }

const pause =
  (prefix: string): Strike =>
  (world, { toMs }) => {
    const victim = world.stage.pick(named(world, prefix))
    if (victim.current?.alive === true) {
      victim.current.pauseUntil(toMs)
      world.stage.hit(`pause:${prefix}`)
    }
    return { target: victim.name }
  }

/** All of one kind are gone for the whole time. */
const down =
  (prefix: string): Strike =>
  (world, { toMs }) => {
    for (const victim of named(world, prefix)) {
      victim.holdDownUntil(toMs)
      world.stage.hit(`down:${prefix}`)
    }
    return { target: prefix }
  }

const rebalance: Strike = (world, fault) => {
  repeat(world.stage, fault, () => {
    const [group, topic] = world.stage.pick([[deciderGroup, 'signals'], [intentsGroup, 'intents'], ['heteroscale-placer', 'cells']] as const)
    world.groupOf(group, topic).rebalance()
    world.stage.hit('rebalance')
  })
  return { target: 'kafka' }
}

const clockAhead: Strike = (world, { draw }) => {
  const victim = world.stage.pick(named(world, 'decider'))
  const clockOffsetMs = draw < 0.7 ? 60_000 : -60_000
  victim.setClockOffset(clockOffsetMs)
  world.stage.hit('clock-ahead')
  return { target: victim.name, clockOffsetMs, lift: () => victim.setClockOffset(0) }
}

const collectorSkew: Strike = (world, { draw }) => {
  const victim = world.stage.pick(named(world, 'collector'))
  const clockOffsetMs = Math.round((draw - 0.5) * 16_000)
  victim.setClockOffset(clockOffsetMs)
  world.stage.hit('collector-skew')
  return { target: victim.name, clockOffsetMs, lift: () => victim.setClockOffset(0) }
}

const zombieOfAnotherCore: Strike = (world, fault) => {
  const { stage } = world
  const zombie = new Supervisor(stage, `decider-former-${Math.round(fault.draw * 1e6)}`, bootDecider({ eventLogOf: world.eventLogOf, coreHash: formerCore, tickMs: world.tempo.tickMs }))
  world.processes.set(zombie.name, zombie)
  zombie.start()
  stage.hit('zombie-of-another-core')
  return {
    target: zombie.name,
    lift: () => {
      zombie.stop()
      world.processes.delete(zombie.name)
    },
  }
}

/** A zombie's send arrives after the newer snapshot. */
const oldSnapshotLast: Strike = (world, fault) => {
  repeat(world.stage, fault, () => {
    const all = world.records('snapshots').filter(({ event }) => event?.type === 'SnapshotTaken')
    const old = all.length === 0 ? null : world.stage.pick(all)
    const isOld = old !== null && all.some(({ event }) => isNewer(event as SnapshotTaken, old.event as SnapshotTaken))
    if (!isOld || world.broker.isDown) return
    world.stage.hit('old-snapshot-last')
    world.broker.write([{ topic: 'snapshots', key: old.key, event: old.event }])
  })
  return { target: 'snapshots' }
}

const isNewer = (a: SnapshotTaken, b: SnapshotTaken): boolean => a.service === b.service && a.lastInputOffset > b.lastInputOffset

/** Only a group without members can be deleted, so all of them are killed first. */
const groupDeleted: Strike = (world, { toMs, draw }) => {
  const [prefix, group, topic] = draw < 0.6 ? (['decider', deciderGroup, 'signals'] as const) : (['orchestrator', intentsGroup, 'intents'] as const)
  for (const victim of named(world, prefix)) victim.holdDownUntil(toMs)
  return {
    target: group,
    lift: () => {
      world.groupOf(group, topic).forget()
      world.stage.hit('group-deleted')
    },
  }
}

/** The log of all inputs is made anew while no decider runs, of whatever version; users apply their files again. */
const topicRecreated: Strike = (world, { fromMs, toMs }) => {
  const stopDeciders = (): void => named(world, 'decider').forEach((victim) => victim.holdDownUntil(toMs + 3_000))
  stopDeciders()
  world.stage.scheduler.at((fromMs + toMs) / 2, () => {
    stopDeciders()
    world.broker.recreate('signals')
    world.stage.hit('topic-recreated')
  })
  return {
    target: 'signals',
    lift: () => {
      for (const service of world.services) world.configure(service)
    },
  }
}

const workflowCacheLost: Strike = (world, fault) => {
  repeat(world.stage, fault, () => {
    if (world.temporal.evictAll() > 0) world.stage.hit('workflow-cache-lost')
  })
  return { target: 'temporal workers' }
}

export const processFaults = {
  'crash-decider': crash('decider'),
  'crash-orchestrator': crash('orchestrator'),
  'crash-registrar': crash('registrar'),
  'crash-collector': crash('collector'),
  'pause-decider': pause('decider'),
  'pause-orchestrator': pause('orchestrator'),
  'collectors-down-long': down('collector'),
  'deciders-down-long': down('decider'),
  'orchestrators-down-long': down('orchestrator'),
  'rebalance': rebalance,
  'clock-ahead': clockAhead,
  'collector-skew': collectorSkew,
  'zombie-of-another-core': zombieOfAnotherCore,
  'old-snapshot-last': oldSnapshotLast,
  'group-deleted': groupDeleted,
  'topic-recreated': topicRecreated,
  'workflow-cache-lost': workflowCacheLost,
} as const
