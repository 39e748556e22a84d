/** Configuration of the orchestrator. */
import type { z } from 'zod'
import { defaultMaxInventoryAgeMs } from '../../core/placement/inventory-age.ts'
import { commaList, subClusterList, wholeNumber } from '../config.ts'

export const orchestratorShape = {
  /** Cells whose capacity this deployment schedules; each is owned by one process at a time. */
  HETEROSCALE_CELLS: commaList.default(['cell-a']),
  HETEROSCALE_SUB_CLUSTERS: subClusterList,
  /** World time. Above the collector's HETEROSCALE_INVENTORY_INTERVAL_MS, with room for a few that failed. */
  HETEROSCALE_INVENTORY_MAX_AGE_MS: wholeNumber(10_000, 3_600_000).default(defaultMaxInventoryAgeMs),
  /** A service's workflow continues as new after this many intents. */
  HETEROSCALE_INTENTS_PER_RUN: wholeNumber(1, 1000).default(100),
}

export type OrchestratorConfig = z.output<z.ZodObject<typeof orchestratorShape>>
