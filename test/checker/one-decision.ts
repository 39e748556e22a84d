/**
 * S21, one decision (docs/invariants.md): ∀ service, tick: exactly one verdict, under the one id that follows from it. Ids derive from (logId,
 * partition, offset, service): `<service>-` and 16 digits of SHA-256 over `logId/partition/offset/service` (DESIGN section 3 rule 5), so an id
 * is used once for ever. A decision is an order: exactly one intent carries it out, under `i-<decisionId>`.
 */
import type { Violation } from './evidence.ts'
import { verdictIdOf } from './verdict-id.ts'
import { isOfThisLog } from './no-lost-input.ts'
import { placeOf, type ServiceView, type Verdict, type View } from './view.ts'

export const oneDecision = (view: View): readonly Violation[] =>
  [...view.services.values()].flatMap((service) => [...perTick(view, service), ...withoutIntent(view, service)])

const perTick = (view: View, service: ServiceView): readonly Violation[] => {
  const first = new Map<string, Verdict>()
  return [...service.decisions, ...service.holds].filter((verdict) => isOfThisLog(view, verdict)).flatMap((verdict): Violation[] => {
    const { decisionId, inputs } = verdict.record
    const place = `${inputs.partition}@${inputs.tickOffset}`
    const before = first.get(place)
    first.set(place, before ?? verdict)
    const tick = view.ticks.get(inputs.partition)?.at.get(inputs.tickOffset)
    const derived = tick === undefined ? null : verdictIdOf(tick.logId, verdict.record)
    const details = [
      ...(before === undefined ? [] : [`${decisionId} and ${before.record.decisionId} are verdicts of one tick, ${place}`]),
      ...(derived === null || derived === decisionId ? [] : [`${decisionId} is the id of another tick; ${place} has ${derived}`]),
    ]
    return details.map((detail) => ({ invariant: 'S21', service: service.service, detail, at: placeOf(verdict) }))
  })
}

/** The last outputs of an owner that died are written by the next one: only what was acknowledged must be whole. */
const withoutIntent = (view: View, { service, decisions, intents }: ServiceView): readonly Violation[] => {
  const ordered = new Set(intents.map(({ record }) => record.decisionId))
  return decisions.flatMap((decision): Violation[] => {
    const { decisionId, inputs } = decision.record
    const acknowledged = view.ticks.get(inputs.partition)?.counted.at(-1)?.decidedThrough ?? -1
    if (ordered.has(decisionId) || (isOfThisLog(view, decision) && acknowledged < inputs.tickOffset)) return []
    return [{ invariant: 'S21', service, detail: `${decisionId} has no intent`, at: placeOf(decision) }]
  })
}
