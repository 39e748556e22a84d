/** The servers die under a rollout, and come back on their data. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../support/until.ts'
import { beAway } from './away.ts'
import type { PassedPoint } from './arming.ts'
import { effects } from './case.ts'
import type { Case, Struck } from './case.ts'

const noticed = (role: string, point: string, match?: string): Case['at'] => ({ role, action: 'notice', points: [{ point, ...(match === undefined ? {} : { match }) } satisfies PassedPoint] })

/** A rollout has written, and is not at its end. */
export const inMidRollout = noticed('orchestrator', 'http/(apply|registration-target)/after')

/** Wall time that a server is away. */
const awayMs = 3_000

const downForAWhile = (server: 'kafka' | 'temporal') => async ({ stage }: Struck): Promise<number> => (await beAway(stage, { names: [server], forMs: awayMs })).fromMs

export const serverCases: readonly Case[] = [
  { process: 'Kafka broker', step: 'in mid-rollout, down for 3 s', move: 'out', at: inMidRollout, then: downForAWhile('kafka'), effect: effects.tick, withinMs: 90_000 },
  { process: 'Kafka broker', step: 'a decision is about to be written, down for 3 s', move: 'either', at: noticed('decider', 'append/ScaleIntentEmitted/before'), then: downForAWhile('kafka'), effect: effects.tick, withinMs: 90_000 },
  { process: 'Kafka broker', step: 'a placement was appended, down for 3 s', move: 'either', at: noticed('orchestrator', 'append/PlacementDecided/after'), then: downForAWhile('kafka'), effect: effects.tick, withinMs: 90_000 },
  { process: 'Temporal server', step: 'in mid-rollout, down for 3 s', move: 'out', at: inMidRollout, then: downForAWhile('temporal'), withinMs: 90_000 },
  { process: 'Temporal server', step: 'an intent is being submitted, down for 3 s', move: 'either', at: noticed('orchestrator', 'submit/before'), then: downForAWhile('temporal'), withinMs: 90_000 },
]

/** `data` is the broker's file system, small and its own. */
export const diskCases = (data: string): readonly Case[] => [
  {
    process: 'Kafka broker',
    step: 'its disk is full in mid-rollout',
    move: 'out',
    at: inMidRollout,
    effect: effects.tick,
    withinMs: 120_000,
    then: async ({ stage }) => {
      const ballast = join(data, 'ballast')
      fill(ballast)
      await until('the broker has stopped on its full disk', () => stage.process('kafka').pid === undefined, 60_000)
      const diedAt = Date.now()
      const log = readFileSync(stage.process('kafka').logFile, 'utf8')
      if (!/No space left on device|SIGBUS|InternalError/.test(log)) throw new Error('the broker stopped, but not for its full disk')
      rmSync(ballast)
      await stage.process('kafka').restart()
      return diedAt
    },
  },
]

const fill = (file: string): void => {
  const megabyte = Buffer.alloc(1_048_576)
  for (let block = megabyte; block.length >= 1; ) {
    try {
      writeFileSync(file, block, { flag: 'a' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      block = block.subarray(0, Math.floor(block.length / 2))
    }
  }
}
