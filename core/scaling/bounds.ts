/** minReplicas and maxReplicas: the last rule before the ratio. */
import { showCounts } from '../roles.ts'
import { maximumOf, minimumOf } from '../service/specification.ts'
import type { Situation } from './argument.ts'
import { isWithin, maxCounts, minCounts } from './counts.ts'
import type { Ask } from './verdict.ts'

/**
 * Below the minimum it asks for the minimum, without any evidence of load but only when all instances are known. Above
 * the maximum it asks for the maximum; that is a scale-in like any other and needs its evidence.
 */
export const boundsAsk = ({ current, spec, evidence }: Situation): Ask => {
  const minimum = minimumOf(spec)
  const maximum = maximumOf(spec)
  const text = (): string => `${showCounts(current)} between ${showCounts(minimum)} and ${showCounts(maximum)}`
  if (evidence.instances.state !== 'fresh')
    return { policy: 'bounds', direction: 'hold', target: current, reason: `instances are ${evidence.instances.state}` }
  if (!isWithin(minimum, current))
    return { policy: 'bounds', direction: 'out', target: maxCounts(current, minimum), reason: () => `not ${text()}` }
  if (!isWithin(current, maximum))
    return { policy: 'bounds', direction: 'in', target: minCounts(current, maximum), reason: () => `not ${text()}` }
  return { policy: 'bounds', direction: 'hold', target: current, reason: text }
}
