/** Runs cases one after another on one fleet: order, strike, start again, measure, judge. */
import type { RoleCounts } from '../../core/roles.ts'
import type { Bite } from './arming.ts'
import { effects } from './case.ts'
import type { Case, Effect, Owned, Row, Struck } from './case.ts'
import { judgeCase } from './judge.ts'
import { until } from '../support/until.ts'
import { awaitRest } from './rest.ts'
import { smallest } from './services.ts'
import type { ServiceName } from './services.ts'
import type { Stage } from './stage.ts'

/** Growing by more than this and then starting again keeps every case small. */
const mostPrefill = 8

export type Runner = { run(one: Case): Promise<Row> }

export const createRunner = (stage: Stage, onProgress: (line: string) => void): Runner => {
  const standing: Record<ServiceName, RoleCounts> = { steady: smallest, hasty: smallest }
  const moveTo = async (service: ServiceName, counts: RoleCounts): Promise<void> => {
    await stage.order(service, counts)
    standing[service] = counts
  }
  const makeRoom = async (service: ServiceName, move: Case['move']): Promise<RoleCounts> => {
    const next = nextCounts(standing[service], move)
    if (next !== null) return next
    const opposite = nextCounts(standing[service], 'either') as RoleCounts
    await moveTo(service, opposite)
    await awaitRest(stage, { service, ordered: opposite, withinMs: 60_000 })
    return nextCounts(opposite, move) as RoleCounts
  }
  const attempt = async (one: Case, service: ServiceName): Promise<Omit<Row, 'process' | 'step' | 'action'>> => {
    await awaitRest(stage, { service, ordered: standing[service], withinMs: 60_000 })
    const ordered = await makeRoom(service, one.move)
    await one.prepare?.(stage)
    const names = processNames(stage)
    const armed = stage.arming.arm(one.at)
    try {
      const orderedAt = Date.now()
      await moveTo(service, ordered)
      const bite = await armed.bitten(one.biteWithinMs)
      const struck = { stage, bite, name: names.get(bite.pid) ?? one.at.role, service }
      const since = (await (one.then ?? startAgain)(struck)) ?? bite.at
      const restAt = await awaitRest(stage, { service, ordered, withinMs: one.withinMs ?? 60_000 })
      return { fault: await judgeCase(stage, { since: orderedAt, mostCalls: one.mostCalls }), bite, nextEffectMs: await nextEffect(struck, { one, since }), convergedMs: restAt - bite.at }
    } finally {
      armed.disarm()
    }
  }
  return {
    run: async (one) => {
      const { process, step, at } = one
      const result = await attempt(one, one.service ?? 'steady').catch((error: unknown) => failed(error))
      const row = { process, step, action: at.action, ...result }
      onProgress(show(row))
      return row
    },
  }
}

const failed = (error: unknown): Omit<Row, 'process' | 'step' | 'action'> => ({ fault: error instanceof Error ? error.message : String(error), bite: null, nextEffectMs: null, convergedMs: null })

/** Null when there is no room for the move. Out in small steps, in at once. */
const nextCounts = ({ prefill, decode }: RoleCounts, move: Case['move']): RoleCounts | null => {
  const canGrow = prefill < mostPrefill
  if (move !== 'in' && canGrow) return { prefill: prefill + 1, decode: decode + 2 }
  if (move === 'out' || prefill === smallest.prefill) return null
  return smallest
}

const processNames = ({ fleet }: Stage): ReadonlyMap<number, string> =>
  new Map(Object.entries(fleet.processes).flatMap(([name, { pid }]) => (pid === undefined ? [] : [[pid, name]])))

export const startAgain = async ({ stage, name }: Struck): Promise<void> => {
  await stage.process(name).restart()
}

type Measured = { readonly one: Case; readonly since: number }

/** A takeover and a tick come for sure, if need be after rest was reached or seen without them; whatever else may not be needed any more. */
const nextEffect = async (struck: Struck, measured: Measured): Promise<number | null> => {
  const effect = effectOf(measured.one)
  if (effect === effects.claim || effect === effects.tick) await until('the partition is owned, and time goes on in it', async () => (await firstEffect(struck, measured)) !== null)
  return firstEffect(struck, measured)
}

/** What a process had sent when it died arrives a moment later, and is nobody's next effect. No process starts as fast. */
const onItsWayMs = 250

/** Wall time from `since` to the first effect after it; null when there was none. */
const firstEffect = async ({ stage, bite, service }: Struck, { one, since }: Measured): Promise<number | null> => {
  const effect = effectOf(one)
  const owned = await ownedAt(stage, service, bite.at)
  const records = stage.history.seen.filter((seen) => seen.at > since && (seen.service ?? service) === service && effect.record?.(seen, owned))
  const changes = (await stage.changes()).filter((change) => change.service === service && effect.change?.(change))
  const times = [...records.map(({ at }) => at), ...changes.map(({ time }) => stage.wallTime(time))].filter((at) => at > since + onItsWayMs)
  return times.length === 0 ? null : Math.round(Math.min(...times) - since)
}

const ownedAt = async ({ history, eventLog }: Stage, service: ServiceName, at: number): Promise<Owned> => {
  const partition = await eventLog.partitionOf('signals', service)
  const epochs = history.seen.flatMap((seen) => (seen.at <= at && seen.record.partition === partition && seen.record.event?.type === 'ClockTicked' ? [seen.record.event.epoch] : []))
  return { partition, epoch: Math.max(0, ...epochs.slice(-50)) }
}

const effectOf = ({ effect, at }: Case): Effect => effect ?? defaultEffect(at.role)

const defaultEffect = (role: string): Effect => {
  if (role.startsWith('decider')) return effects.claim
  if (role === 'registrar') return effects.gate
  return role === 'collector' ? effects.sample : effects.rollout
}

export const show = ({ process, step, action, fault, nextEffectMs, convergedMs, bite }: Row): string =>
  `${fault === null ? 'ok  ' : 'FAIL'} ${process} | ${step} | ${action} | next effect ${seconds(nextEffectMs)} | converged ${seconds(convergedMs)}${bite === null ? '' : ` | ${bite.point} ${bite.detail}`}${fault === null ? '' : ` | ${fault}`}`

export const seconds = (ms: number | null): string => (ms === null ? '-' : `${(ms / 1000).toFixed(1)} s`)

export type { Bite }
