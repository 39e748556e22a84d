/** Lets loads jump, one service after the other, and says of each jump what came of it. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ServiceId } from '../../core/ids.ts'
import { tpsPerInstance } from '../world/specification.ts'
import type { Chain, Jump } from './chain.ts'
import { samplePeriodMs, type Observer } from './observer.ts'

export type ClimbParts = {
  readonly services: readonly ServiceId[]
  readonly observer: Observer
  readonly chain: Chain
  /** Called with each jump whose target was written. */
  readonly onWritten: (jump: Jump) => void
}

/** Loads are observed, and calm, before the first jump. */
const calmFirstMs = 10_000
/** What a service needs from one jump to the next: decided, written, registered, settled. */
const turnMs = 12_000
/** A rollout ends within two seconds of its order; the next one finds servers at rest. */
const leastPeriods = 2
/** The intent's end is folded, and what stands was observed after it. */
const settleMs = 4_000
const patienceMs = 60_000

/**
 * Wall time from one jump to the next, of whichever service: whole sample periods and one service's part of a period. So samples with
 * a new load follow each other evenly, no two within a tick's period, and a turn of all services meets every phase of the tick.
 */
export const jumpEveryMs = (services: number): number => (Math.max(leastPeriods, Math.ceil(turnMs / services / samplePeriodMs)) + 1 / services) * samplePeriodMs

/** Resolves when every service has jumped `turns` times: each list holds the jumps of one turn. */
export const climbInTurns = async (parts: ClimbParts, turns: number): Promise<readonly (readonly Jump[])[]> => {
  for (const service of parts.services) parts.observer.setLoad(service, loadOf(1))
  await delay(calmFirstMs)
  const firstAtMs = Date.now()
  const climbs = await Promise.all(parts.services.map((_, index) => climb(parts, { index, turns, firstAtMs })))
  return Array.from({ length: turns }, (_, turn) => climbs.flatMap((jumps) => jumps.slice(turn, turn + 1)))
}

type Climb = { readonly index: number; readonly turns: number; readonly firstAtMs: number }

const climb = async (parts: ClimbParts, { index, turns, firstAtMs }: Climb): Promise<readonly Jump[]> => {
  const { services } = parts
  const jumps: Jump[] = []
  for (let turn = 0; turn < turns; turn++) {
    const atMs = firstAtMs + (turn * services.length + index) * jumpEveryMs(services.length)
    await delay(atMs - Date.now())
    jumps.push(await jumpOnce(parts, services[index] ?? '', turn + 2))
    await delay(settleMs)
  }
  return jumps
}

/** The load jumps by one prefill and two decode instances' worth; resolves when these serve. */
const jumpOnce = async ({ observer, chain, onWritten }: ClimbParts, service: ServiceId, prefill: number): Promise<Jump> => {
  const jump = chain.begin(service, loadOf(prefill))
  observer.setLoad(service, loadOf(prefill))
  await until(() => jump.writtenAtMs !== undefined && jump.orderedAtMs !== undefined, service)
  onWritten(jump)
  await until(() => observer.registered(service).decode >= 2 * prefill, service)
  return jump
}

/** Load for which `prefill` is right: just under what its decode instances serve, and from 9 to 10 still more than the tolerance of 10 %. */
const loadOf = (prefill: number): number => Math.round(0.995 * 2 * prefill * tpsPerInstance)

const until = async (isSo: () => boolean, service: ServiceId): Promise<void> => {
  const deadline = Date.now() + patienceMs
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`BENCH_LATENCY ${service}: nothing came of its jump within ${patienceMs} ms; nothing was measured`)
    await delay(20)
  }
}
