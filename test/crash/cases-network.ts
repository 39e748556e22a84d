/** The network between the services and the broker cuts, delays and swallows. */
import { setTimeout as delay } from 'node:timers/promises'
import type { FaultOptions, Proxy } from '../support/proxy.ts'
import { until } from '../support/until.ts'
import { effects } from './case.ts'
import type { Case } from './case.ts'
import { inMidRollout } from './cases-servers.ts'

/** Wall time for which nobody is let in. */
const refusedMs = 3_000

/** Longer than a client waits for an answer (30 s). */
const withinMs = 150_000

const cutFor = (proxy: Proxy, ms: number) => async (): Promise<number> => {
  proxy.refuse()
  proxy.cut()
  const cutAt = Date.now()
  await delay(ms)
  proxy.accept()
  return cutAt
}

/** Until it has hit `times` messages. Effects count from its begin. */
const hit = (proxy: Proxy, options: FaultOptions & { readonly times: number }) => async (): Promise<number> => {
  const beganAt = Date.now()
  const fault = proxy.fault(options)
  await until(`the fault has hit ${options.times} times`, () => fault.hits >= options.times)
  fault.heal()
  return beganAt
}

/** `proxy` stands between all services and the broker. */
export const networkCases = (proxy: Proxy): readonly Case[] => {
  const broken = (step: string, then: NonNullable<Case['then']>): Case => ({ process: 'network to Kafka', step, move: 'either', at: inMidRollout, then, effect: effects.rollout, withinMs })
  const answers = { direction: 'toClient' } as const
  return [
    broken('every connection is cut once', cutFor(proxy, 0)),
    broken('cut, and refused for 3 s', cutFor(proxy, refusedMs)),
    broken('answers to 40 writes come 700 ms late', hit(proxy, { ...answers, kind: 'Produce', effect: { delayMs: 700 }, times: 40 })),
    broken('cut before the answers to 5 writes', hit(proxy, { ...answers, kind: 'Produce', effect: 'cut', times: 5 })),
    broken('cut before 5 writes arrive', hit(proxy, { direction: 'toServer', kind: 'Produce', effect: 'cut', times: 5 })),
    broken('answers to 3 writes are swallowed', hit(proxy, { ...answers, kind: 'Produce', effect: 'swallow', times: 3 })),
    broken('answers to 5 reads are swallowed', hit(proxy, { ...answers, kind: 'Fetch', effect: 'swallow', times: 5 })),
    broken('answers to 3 commits are swallowed', hit(proxy, { ...answers, kind: 'OffsetCommit', effect: 'swallow', times: 3 })),
  ]
}
