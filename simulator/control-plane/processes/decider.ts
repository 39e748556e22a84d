/** The production decider in a simulated process. */
import * as engine from '../../../core/audit/engine.ts'
import type { EventLog } from '../../../core/ports.ts'
import type { DurationMs } from '../../../core/units.ts'
import { startDecider } from '../../../services/decider/decider.ts'
import { createDeciderMetrics } from '../../../services/decider/metrics.ts'
import type { Boot } from './supervisor.ts'
import { silentMetrics } from './silent-metrics.ts'

export const deciderGroup = 'heteroscale-decider'
const snapshotIntervalMs = 600_000

export type DeciderParts = { readonly eventLogOf: (process: Parameters<Boot>[0]) => EventLog; readonly coreHash: string; readonly tickMs: DurationMs }

export const bootDecider =
  ({ eventLogOf, coreHash, tickMs }: DeciderParts): Boot =>
  async (process) => {
    const { died } = await startDecider({
      eventLog: eventLogOf(process),
      group: deciderGroup,
      clock: process.clock,
      log: process.log,
      metrics: createDeciderMetrics(silentMetrics),
      coreHash,
      engine,
      ownerId: process.name,
      simulated: false,
      tickMs,
      snapshotIntervalMs,
      mintLogId: () => `log-${process.name}-${Math.floor(1e9 * process.stage.random.next()).toString(36)}`,
    })
    return { died }
  }
