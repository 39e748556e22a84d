/** Which log a verdict was taken from. Ids derive from (logId, partition, offset, service) (DESIGN section 3 rule 5), so an id tells its log. */
import { sha256 } from './canonical.ts'
import type { TickLog } from './ticks.ts'
import type { View } from './view.ts'

type Taken = { readonly decisionId: string; readonly service: string; readonly inputs: { readonly partition: number; readonly tickOffset: number } }

export const verdictIdOf = (logId: string, { service, inputs }: Pick<Taken, 'service' | 'inputs'>): string =>
  `${service}-${sha256(`${logId}/${inputs.partition}/${inputs.tickOffset}/${service}`).slice(0, 16)}`

export const isOfLog = (ticks: ReadonlyMap<number, TickLog>, verdict: Taken): boolean => {
  const logId = ticks.get(verdict.inputs.partition)?.counted[0]?.logId
  return logId !== undefined && verdictIdOf(logId, verdict) === verdict.decisionId
}

/** The version that owned the log when the report came decided the intent itself: another one has no such intent open. */
export const isOrderOfOwner = (view: View, { partition, offset }: { readonly partition: number; readonly offset: number }, intentId: string): boolean => {
  const intent = view.intents.get(intentId)
  const owner = view.ticks.get(partition)?.counted.findLast((tick) => tick.offset < offset)
  const decision = intent === undefined ? undefined : view.decisions.get(intent.record.decisionId)
  return owner !== undefined && decision?.record.coreHash === owner.coreHash && decision.record.inputs.tickOffset < offset && isOfLog(view.ticks, decision.record)
}
