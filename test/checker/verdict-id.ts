/** Which log a verdict was taken from. Ids derive from (logId, partition, offset, service) (DESIGN section 3 rule 5), so an id tells its log. */
import { sha256 } from './canonical.ts'
import type { TickLog } from './ticks.ts'

type Taken = { readonly decisionId: string; readonly service: string; readonly inputs: { readonly partition: number; readonly tickOffset: number } }

export const verdictIdOf = (logId: string, { service, inputs }: Pick<Taken, 'service' | 'inputs'>): string =>
  `${service}-${sha256(`${logId}/${inputs.partition}/${inputs.tickOffset}/${service}`).slice(0, 16)}`

export const isOfLog = (ticks: ReadonlyMap<number, TickLog>, verdict: Taken): boolean => {
  const logId = ticks.get(verdict.inputs.partition)?.counted[0]?.logId
  return logId !== undefined && verdictIdOf(logId, verdict) === verdict.decisionId
}
