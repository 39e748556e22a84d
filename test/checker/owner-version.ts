/** What one version of the deciding code may be asked about while others own the log before and after it. */
import type { ScaleIntentEmitted } from './records.ts'
import { lowerBound } from './recent-inputs.ts'
import type { Tick } from './ticks.ts'
import { isOfLog } from './verdict-id.ts'
import type { Entry, ServiceView, View } from './view.ts'

/**
 * The version that owned the log when the report came had decided the intent itself (another one has no such intent open), and said later, while it
 * still owned the log, that everything up to the report was acknowledged. What comes between the last look of one version and the claim of the
 * next is folded by the next one, silently.
 */
export const isOrderOfOwner = (view: View, { partition, offset }: { readonly partition: number; readonly offset: number }, intentId: string): boolean => {
  const intent = view.intents.get(intentId)
  const decision = intent === undefined ? undefined : view.decisions.get(intent.record.decisionId)
  if (decision === undefined || decision.record.inputs.tickOffset >= offset || !isOfLog(view.ticks, decision.record)) return false
  const ticks = view.ticks.get(partition)?.counted ?? []
  const isOwn = (tick: Tick | undefined): boolean => tick?.coreHash === decision.record.coreHash
  const next = lowerBound(ticks, offset)
  if (!isOwn(ticks[next - 1])) return false
  for (let index = next; index < ticks.length && isOwn(ticks[index]); index += 1) if ((ticks[index]?.decidedThrough ?? -1) >= offset) return true
  return false
}

/** Its end was told to an owner of another version, or on another log: neither derives facts of intents that it has not given. */
export const isToldToAnother = (view: View, { reports }: ServiceView, intentId: string): boolean =>
  view.toldElsewhere.has(intentId) || reports.some((report) => report.record.intentId === intentId && report.record.group === null && !isOrderOfOwner(view, report, intentId))

/**
 * Its version, or its log, owns nothing any more, and its number, or a higher one, stands before it in `intents`: whoever hands it on late is
 * refused without a word, and nobody waits for its end. One that stands first has its turn first, and so has an effect or an end; and one that
 * was placed, had an effect, or is named by any fact was not refused.
 */
export const isOvertaken = (view: View, { intents }: ServiceView, { record: { intentId, sequence, decisionId }, offset }: Entry<ScaleIntentEmitted>): boolean => {
  const decision = view.decisions.get(decisionId)?.record
  if (decision === undefined || isBegun(view, intentId)) return false
  const owner = view.ticks.get(decision.inputs.partition)?.counted.at(-1)
  const isSuperseded = view.isOver || owner?.coreHash !== decision.coreHash || !isOfLog(view.ticks, decision)
  return isSuperseded && intents.some((other) => other.record.intentId !== intentId && other.record.sequence >= sequence && other.offset < offset)
}

const isBegun = (view: View, intentId: string): boolean =>
  view.facts.has(intentId) || view.writes.some((write) => write.intentId === intentId) || [...view.cells.values()].some(({ answers }) => answers.has(intentId))
