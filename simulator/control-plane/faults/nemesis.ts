/** Brings the planned faults about, lifts each at its end, and heals whatever is left in time for the world to recover. */
import type { NemesisLine } from '../evidence.ts'
import type { World } from '../world.ts'
import { operatorActs } from './operators.ts'
import type { Fault } from './plan.ts'
import { processFaults } from './processes.ts'
import { serverFaults } from './servers.ts'
import type { Strike } from './strike.ts'

const strikes: { readonly [kind in Fault['kind']]: Strike } = { ...serverFaults, ...processFaults, ...operatorActs }

/** Fills `lines` as faults end. */
export const unleash = (world: World, faults: readonly Fault[], lines: NemesisLine[]): void => {
  for (const fault of faults) world.stage.scheduler.at(fault.fromMs, () => strike(world, fault, lines))
}

const totalHits = ({ stage }: World): number => [...stage.hits.values()].reduce((sum, count) => sum + count, 0)

const strike = (world: World, fault: Fault, lines: NemesisLine[]): void => {
  const { stage } = world
  const before = totalHits(world)
  const { target, lift, clockOffsetMs } = strikes[fault.kind](world, fault)
  stage.tell('nemesis', `${fault.kind} strikes ${target} for ${Math.round((fault.toMs - fault.fromMs) / 1000)} s`)
  stage.scheduler.at(fault.toMs, () => {
    lift?.()
    stage.tell('nemesis', `${fault.kind} of ${target} is over`)
    const line = { fault: fault.kind, target, fromMs: Math.floor(fault.fromMs), toMs: Math.ceil(fault.toMs), hits: totalHits(world) - before }
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
