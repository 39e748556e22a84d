/** Configuration of the collector. */
import { z } from 'zod'
import { wholeNumber, subClusterList } from '../config.ts'

export const collectorShape = {
  /**
   * Part of every sample's source, `<collector>/<subCluster>`. Two collectors that run at once need different ones. They may
   * look at the same sub-cluster, a spare beside its first: decisions take the freshest of a sub-cluster, never the sum.
   */
  HETEROSCALE_COLLECTOR_ID: z.string().regex(/^[a-z0-9-]{1,40}$/, 'lower-case letters, digits, dashes').default('collector'),
  HETEROSCALE_CELL: z.string().min(1).default('cell-a'),
  HETEROSCALE_SUB_CLUSTERS: subClusterList,
  /** World time between rounds; each sample covers one. */
  HETEROSCALE_SCRAPE_INTERVAL_MS: wholeNumber(100, 600_000).default(5000),
  /** Wall time that one target may take. */
  HETEROSCALE_SCRAPE_DEADLINE_MS: wholeNumber(50, 60_000).default(2000),
  /** An unchanged inventory is restated after this much world time. */
  HETEROSCALE_INVENTORY_INTERVAL_MS: wholeNumber(1000, 600_000).default(60_000),
  /** DCGM exporter of a node, `{node}` replaced by its name; not scraped when absent. */
  HETEROSCALE_DCGM_URL: z.string().includes('{node}').optional(),
}

export type CollectorConfig = z.output<z.ZodObject<typeof collectorShape>>
