/** Brings the planned faults about, lifts each at its end, and heals whatever is left in time for the world to recover. */
import type { World } from '../world.ts'
import { operatorActs } from './operators.ts'
import type { Struck } from './nemesis-line.ts'
import type { Fault, FaultKind } from './plan.ts'
import { processFaults } from './processes.ts'
import { serverFaults } from './servers.ts'
import type { Strike } from './strike.ts'

const strikes: { readonly [kind in Fault['kind']]: Strike } = { ...serverFaults, ...processFaults, ...operatorActs }

/** Fills `lines` as faults end. */
export const unleash = (world: World, faults: readonly Fault[], lines: Struck[]): void => {
  for (const fault of faults) world.stage.scheduler.at(fault.fromMs, () => strike(world, fault, lines))
}

/** Beginnings of the names under which a fault is counted where it bites. */
export const bitesOf: { readonly [kind in FaultKind]: string } = {
  'crash-decider': 'crash:decider',
  'crash-orchestrator': 'crash:orchestrator',
  'crash-registrar': 'crash:registrar',
  'crash-collector': 'crash:collector',
  'pause-decider': 'pause:decider',
  'pause-orchestrator': 'pause:orchestrator',
  'rebalance': 'rebalance',
  'kafka-down': 'kafka-down:',
  'kafka-down-long': 'kafka-down:',
  'temporal-down': 'temporal-down',
  'temporal-down-long': 'temporal-down',
  'collectors-down-long': 'down:collector',
  'deciders-down-long': 'down:decider',
  'orchestrators-down-long': 'down:orchestrator',
  'slow-writes': 'slow-writes',
  'disk-full': 'disk-full',
  'lost-answers': 'lost-answers',
  'duplicated-records': 'duplicated-records',
  'api-trouble': 'api:',
  'stale-reads': 'stale-read',
  'partial-reads': 'partial-read',
  'node-loss': 'node-loss',
  'start-up-never-ends': 'start-up-never-ends',
  'clock-ahead': 'clock-ahead',
  'collector-skew': 'collector-skew',
  'zombie-of-another-core': 'zombie-of-another-core',
  'old-snapshot-last': 'old-snapshot-last',
  'group-deleted': 'group-deleted',
  'topic-recreated': 'topic-recreated',
  'workflow-cache-lost': 'workflow-cache-lost',
  'kill-switch': 'ordered:kill-switch',
  'freeze': 'ordered:freeze',
  'pause-service': 'ordered:mode',
  'recommend-only': 'ordered:mode',
  'manual-scale': 'ordered:manual-scale',
  'bounds-changed': 'bounds-changed',
}

/** How often faults of this kind have bitten so far. */
const hitsOf = ({ stage }: World, kind: FaultKind): number =>
  [...stage.hits].reduce((sum, [name, count]) => sum + (name.startsWith(bitesOf[kind]) ? count : 0), 0)

const strike = (world: World, fault: Fault, lines: Struck[]): void => {
  const { stage } = world
  const before = hitsOf(world, fault.kind)
  const { target, lift, clockOffsetMs } = strikes[fault.kind](world, fault)
  stage.tell('nemesis', `${fault.kind} strikes ${target} for ${Math.round((fault.toMs - fault.fromMs) / 1000)} s`)
  stage.scheduler.at(fault.toMs, () => {
    lift?.()
    stage.tell('nemesis', `${fault.kind} of ${target} is over`)
    const line = { kind: fault.kind, target, fromMs: Math.floor(fault.fromMs), toMs: Math.ceil(fault.toMs), hits: hitsOf(world, fault.kind) - before }
    lines.push(clockOffsetMs === undefined ? line : { ...line, clockOffsetMs })
  })
}

/** A person looks after what the product cannot repair: instances that never start, and rollouts that called for help. */
export const heal = (world: World, healedAtMs: number): void => {
  const { stage } = world
  stage.scheduler.at(healedAtMs, () => {
    stage.tell('nemesis', 'everything is healed')
    for (const { cluster } of world.apis.values()) cluster.replaceUnstarted(90_000)
    for (const supervisor of world.processes.values()) supervisor.start()
    repair(world)
  })
}

const repairEveryMs = 60_000

const repair = (world: World): void => {
  for (const execution of world.temporal.executions.values()) if (execution.isOpen && execution.workflow === 'rollout') execution.note({ type: 'signal', name: 'repair' })
  world.stage.scheduler.after(repairEveryMs, () => repair(world))
}
