/** Configuration of the collector. */
import { z } from 'zod'
import type { AllowRule } from '../../core/signals/gate.ts'
import { commaList, wholeNumber, subClusterList } from '../config.ts'

/** `source=service/role`; each part may end in `*`, which then stands for any rest. */
const allowRule = /^([a-z0-9-]*\*|[a-z0-9-]+\/(?:[a-z0-9-]*\*|[a-z0-9-]+))=([a-z0-9-]*\*|[a-z0-9-]+)\/(\*|prefill|decode)$/

const allowRules = commaList
  .refine((items) => items.every((item) => allowRule.test(item)), 'source=service/role, separated by commas, for example gateway/*=chat-70b/decode')
  .transform((items) => items.map(ruleOf))

const ruleOf = (item: string): AllowRule => {
  const [, source = '', service = '', role = ''] = allowRule.exec(item) ?? []
  return { source, service, role }
}

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
  /**
   * Services whose load foreign producers report through `metrics`. Their instances are observed as all others' are, and a
   * heartbeat is sent; their engines are not scraped.
   */
  HETEROSCALE_FOREIGN_SERVICES: commaList.optional(),
  /** Who may write what to `metrics`; absent: everyone of every known service. Broker ACLs say who may write at all. */
  HETEROSCALE_GATE_ALLOW: allowRules.optional(),
  /**
   * Records a producer may write in a second of world time, and at once. All four records of both roles for 30 services every
   * 5 s make 48; the burst is what gathers while such a producer is cut off for 10 s.
   */
  HETEROSCALE_GATE_RECORDS_PER_SECOND: wholeNumber(1, 100_000).default(50),
  HETEROSCALE_GATE_BURST: wholeNumber(1, 1_000_000).default(500),
}

export type CollectorConfig = z.output<z.ZodObject<typeof collectorShape>>
