/** Configuration keys of the decider, beside the common ones. */
import { z } from 'zod'
import { wholeNumber, type ConfigShape } from '../config.ts'

export const deciderConfig = {
  /** World time between two ticks of a partition. */
  HETEROSCALE_TICK_MS: wholeNumber(10, 60_000).default(1000),
  /** World time between two snapshots of a service. */
  HETEROSCALE_SNAPSHOT_INTERVAL_MS: wholeNumber(1000, 86_400_000).default(600_000),
  /** Names this process in its claims; must differ between processes. Default: host, process and a random part. */
  HETEROSCALE_OWNER_ID: z.string().min(1).max(200).optional(),
} satisfies ConfigShape
