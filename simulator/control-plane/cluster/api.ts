/** The SubCluster port as a process sees it: an API server with a way to it, which may lose, delay, or age what it says. */
import type { GroupStatus, SubCluster, WriteOutcome } from '../../../core/ports.ts'
import { portError } from '../../../core/port-error.ts'
import { subClusterCallMs } from '../../../core/rollout/deadlines.ts'
import type { FleetWrite } from '../../../core/rollout/fleet-write.ts'
import type { EpochMs } from '../../../core/units.ts'
import type { SimProcess } from '../process.ts'
import type { SimSubCluster } from './sub-cluster.ts'

/** What ails an API server now; the fault injector sets it. */
export type ApiHealth = {
  untilMs: EpochMs
  /** Shares of writes: refused before the effect, not answered after it, and on their way for long. */
  refused: number
  lostAnswer: number
  delayed: number
  /** Lists are as old as this, or leave groups out and say so. */
  staleByMs: number
  partial: number
  readsUntilMs: EpochMs
}

export const healthy = (): ApiHealth => ({ untilMs: 0, refused: 0, lostAnswer: 0, delayed: 0, staleByMs: 0, partial: 0, readsUntilMs: 0 })

type Kept = { readonly atMs: EpochMs; readonly groups: readonly GroupStatus[] }

/** The API server in front of a sub-cluster; all processes share it. */
export class ApiServer {
  readonly cluster: SimSubCluster
  readonly health: ApiHealth = healthy()
  /** Former lists, oldest first, for a cache that lags. */
  readonly #kept: Kept[] = []

  constructor(cluster: SimSubCluster) {
    this.cluster = cluster
  }

  list(process: SimProcess): { readonly complete: boolean; readonly groups: readonly GroupStatus[] } {
    const { stage } = process
    const now = stage.scheduler.nowMs
    this.#keep(now)
    if (this.health.readsUntilMs <= now) return { complete: true, groups: this.cluster.groups() }
    if (stage.chance(this.health.partial)) {
      stage.hit('partial-read')
      return { complete: false, groups: this.cluster.groups().filter(() => stage.chance(0.5)) }
    }
    const old = this.#kept.find(({ atMs }) => atMs >= now - this.health.staleByMs)
    if (old === undefined || old.groups === this.cluster.groups()) return { complete: true, groups: this.cluster.groups() }
    stage.hit('stale-read')
    return { complete: true, groups: old.groups }
  }

  #keep(now: EpochMs): void {
    const groups = this.cluster.groups()
    if (this.#kept.at(-1)?.groups !== groups) this.#kept.push({ atMs: now, groups })
    while (this.#kept.length > 50) this.#kept.shift()
  }
}

export const createSubClusterPort = (server: ApiServer, process: SimProcess): SubCluster => {
  const { stage } = process
  const { cluster } = server
  const read = <T>(look: () => T): Promise<T> => process.ask({ there: 0, back: stage.between(2, 30) }, look)
  const write = (order: FleetWrite): Promise<WriteOutcome> => send(server, process, order)
  return {
    name: cluster.name,
    listNodes: () => read(() => cluster.nodes()),
    listGroups: () => read(() => server.list(process)),
    readGroup: (group) => read(() => cluster.group(group)),
    applyGroup: (order) => write({ method: 'applyGroup', write: order }),
    setRegistrationTarget: (order) => write({ method: 'setRegistrationTarget', write: order }),
    undo: (order) => write({ method: 'undo', write: order }),
    setRegistered: (gate) =>
      read(() => {
        if (!cluster.setGate(gate)) throw portError('not-found', `E_NOT_FOUND ${cluster.name}: no instance ${gate.instance} in ${gate.group}; the gate is unchanged`)
      }),
  }
}

/** A call ends after `subClusterCallMs` whatever became of it. */
const send = async (server: ApiServer, process: SimProcess, order: FleetWrite): Promise<WriteOutcome> => {
  const { stage } = process
  const { cluster, health } = server
  if (health.untilMs <= stage.scheduler.nowMs) return process.ask({ there: stage.between(1, 15), back: stage.between(1, 15) }, () => cluster.write(order), 'write')
  const fate = stage.random.next()
  if (fate < health.refused) {
    stage.hit('api:refused')
    await process.clock.sleep(stage.between(5, 500))
    throw portError('unavailable', `E_UNAVAILABLE ${cluster.name}: the API server refused the call`)
  }
  if (fate < health.refused + health.lostAnswer) return lose(process, { effectAfterMs: stage.between(1, 15), fault: 'api:effect-without-answer' }, () => cluster.write(order))
  if (fate < health.refused + health.lostAnswer + health.delayed) {
    return lose(process, { effectAfterMs: stage.between(2_000, 40_000), fault: 'api:effect-after-time-out' }, () => cluster.write(order))
  }
  return process.ask({ there: stage.between(1, 15), back: stage.between(1, 15) }, () => cluster.write(order), 'write')
}

/** The effect comes when it comes; the caller hears that its time is over. One time in three even that is lost. */
const lose = async (process: SimProcess, { effectAfterMs, fault }: { effectAfterMs: number; fault: string }, effect: () => WriteOutcome): Promise<never> => {
  const { stage } = process
  stage.hit(fault)
  const isSilent = stage.chance(0.33)
  await Promise.race([
    process.ask({ there: effectAfterMs, back: 10_000_000 }, effect, 'write'),
    process.clock.sleep(isSilent ? 9_000 : subClusterCallMs),
  ])
  throw portError('timeout', `E_TIMEOUT ${process.name}: no answer within ${subClusterCallMs} ms; read before you go on`)
}
