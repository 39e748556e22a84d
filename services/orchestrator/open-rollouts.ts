/** Keeps the gauge of open rollouts up to date from Temporal's own count, which survives our restarts. */
import { countOpenRollouts } from '../../adapters/temporal/submitter.ts'
import type { Logger } from '../../core/ports.ts'
import type { OrchestratorMeters } from './meters.ts'
import type { Workers } from './workers.ts'

/** Wall time; as often as Prometheus usually scrapes. */
const lookEveryMs = 10_000

export const watchOpenRollouts = (client: Workers['client'], { openRollouts }: OrchestratorMeters, log: Logger): { stop(): void } => {
  const look = async (): Promise<void> => {
    try {
      openRollouts.set(await countOpenRollouts(client))
    } catch (error) {
      log.warn({ err: error }, 'open rollouts could not be counted; the gauge keeps its value')
    }
  }
  const timer = setInterval(() => void look(), lookEveryMs)
  void look()
  return { stop: () => clearInterval(timer) }
}
