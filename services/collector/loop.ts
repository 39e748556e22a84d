/** The collector's loop: a round per interval and sub-cluster, its records appended before the next round begins. */
import type { Appender, Clock, Logger } from '../../core/ports.ts'
import { appendRound } from './append-round.ts'
import type { CollectorMetrics } from './meters.ts'
import type { RoundResult, Rounds } from './round.ts'

export type LoopOptions = {
  readonly rounds: ReadonlyMap<string, Rounds>
  readonly services: () => readonly string[]
  readonly appender: Appender
  readonly clock: Clock
  readonly intervalMs: number
  readonly log: Logger
  readonly meters: CollectorMetrics
}

export type Loop = {
  /** World time of the last round whose records were acknowledged; null before the first. */
  lastRoundAt(): number | null
  stop(): Promise<void>
}

/**
 * Starts the loop. A round that takes longer than the interval delays the next one: rounds never pile up, and a log
 * that does not acknowledge stops the collection instead of filling the memory.
 */
export const startLoop = (options: LoopOptions): Loop => {
  let stopping = false
  let wake: () => void = () => undefined
  const stopped = new Promise<void>((resolve) => {
    wake = resolve
  })
  let lastRoundAt: number | null = null

  const run = async (): Promise<void> => {
    while (!stopping) {
      const startedAt = options.clock.now()
      if (await runRound(options)) lastRoundAt = options.clock.now()
      await options.clock.sleep(Math.max(0, startedAt + options.intervalMs - options.clock.now()), stopped)
    }
  }

  const running = run()
  const stop = async (): Promise<void> => {
    stopping = true
    wake()
    await running
  }
  return { lastRoundAt: () => lastRoundAt, stop }
}

/** All sub-clusters at once; one that cannot be read leaves the others alone. True when something was appended. */
const runRound = async (options: LoopOptions): Promise<boolean> => {
  const services = options.services()
  const results = await Promise.all(
    [...options.rounds].map(([subCluster, rounds]) => roundOf(options, { subCluster, rounds, services })),
  )
  const records = results.flatMap((result) => result?.records ?? [])
  if (records.length === 0) return results.some((result) => result !== null)
  return (await appendRound(options, records)) > 0
}

type Target = { readonly subCluster: string; readonly rounds: Rounds; readonly services: readonly string[] }

const roundOf = async (options: LoopOptions, target: Target): Promise<RoundResult | null> => {
  const { log, meters } = options
  try {
    const result = await target.rounds.next(target.services)
    meters.scraped.inc({ outcome: 'ok' }, result.instances - result.failures.length)
    meters.scraped.inc({ outcome: 'failed' }, result.failures.length)
    meters.unreadable.inc({ sub_cluster: target.subCluster }, 0)
    for (const failure of result.failures) log.debug({ err: failure.error, instance: failure.instance }, 'scrape failed')
    return result
  } catch (error) {
    meters.unreadable.inc({ sub_cluster: target.subCluster })
    log.warn({ err: error, subCluster: target.subCluster }, 'E_SUB_CLUSTER not readable; nothing is said of it this round')
    return null
  }
}
