/** How long a new instance takes from its node to readiness: a sum of log-normal steps, not a constant. */
import type { Random } from './prng.ts'

/** Median in ms and spread of the logarithm. Image and weights are on the node; cold ones take minutes. */
const steps: readonly (readonly [string, number, number])[] = [
  ['container', 4_000, 0.3],
  ['weights', 12_000, 0.25],
  ['engine and graph capture', 9_000, 0.2],
]

/** World time of one start-up, median about 26 s; `scale` stretches all of it. */
export const startUpMs = (random: Random, scale: number): number =>
  steps.reduce((sum, [, median, sigma]) => sum + random.logNormal(median, sigma), 0) * scale
