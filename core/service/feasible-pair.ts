/** Whether bounds and ratio of a service leave any fleet at all. */
import { prefillRange } from '../ratio-band.ts'
import type { RoleCounts } from '../roles.ts'
import type { DisaggregatedServiceSpec } from './specification.ts'
import { ratioBandOf } from './specification.ts'

/**
 * The smallest pair inside the bounds whose P/D is in the band of a single group, or null when there is none:
 * 1:2 ± 0.25 with prefill 1 to 4 and decode 40 to 80 has none, since 40 decode need at least 14 prefill.
 */
export const feasiblePair = (spec: DisaggregatedServiceSpec): RoleCounts | null => {
  const { prefill, decode } = spec.roles
  const band = ratioBandOf(spec)
  for (let count = decode.minReplicas; count <= decode.maxReplicas; count++) {
    const { least, most } = prefillRange(count, band)
    const smallest = Math.max(prefill.minReplicas, Math.ceil(least))
    if (smallest <= Math.min(prefill.maxReplicas, most)) return { prefill: smallest, decode: count }
  }
  return null
}
