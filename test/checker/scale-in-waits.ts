/**
 * S10 b (docs/invariants.md): ∀ decision d that takes something away: no order that the same version gave for the service before is under way at d's
 * tick. It is under way until its end was reported in `signals`, or until its expiry and two ready deadlines have passed.
 * Weaker than the product: what is still reported then, or stands under a stop, is under way for longer; it counts as over here.
 */
import type { Violation } from './evidence.ts'
import type { ScaleDecided, ScaleIntentEmitted } from './records.ts'
import { takesAway } from './scale-in-evidence.ts'
import { byCore, isRemovedAfter, placeOf, type Entry, type ServiceView, type View } from './view.ts'

/** Of a report on the whole order, not on one of its groups. */
const ends: ReadonlySet<string> = new Set(['completed', 'refused', 'expired', 'superseded', 'halted'])

export const scaleInWaits = (view: View): readonly Violation[] =>
  [...view.services.values()].flatMap((service) => {
    const intents = new Map(service.intents.map(({ record }) => [record.decisionId, record]))
    return byCore(service.decisions).flatMap((decisions) =>
      decisions.filter(({ record }) => takesAway(record)).flatMap((decision): readonly Violation[] => {
        const before = ordersBefore(decisions, decision, intents)
        return before.filter((intent) => isUnderWay(service, decision, intent)).map((intent) => violated(service, decision, intent))
      }),
    )
  })

type Decision = Entry<ScaleDecided>

const ordersBefore = (decisions: readonly Decision[], { record }: Decision, intents: ReadonlyMap<string, ScaleIntentEmitted>): readonly ScaleIntentEmitted[] =>
  decisions.flatMap((one) => (one.record.inputs.tickOffset < record.inputs.tickOffset ? (intents.get(one.record.decisionId) ?? []) : []))

const isUnderWay = (service: ServiceView, { record: { time, inputs } }: Decision, { intentId, emittedAt, expiresAt, readyDeadlineMs }: ScaleIntentEmitted): boolean => {
  if (time >= expiresAt + 2 * readyDeadlineMs || isRemovedAfter(service, emittedAt)) return false
  return !service.reports.some(({ offset, record }) => offset < inputs.tickOffset && record.intentId === intentId && record.group === null && ends.has(record.outcome))
}

const violated = ({ service }: ServiceView, decision: Decision, { intentId }: ScaleIntentEmitted): Violation => ({
  invariant: 'S10',
  service,
  detail: `${decision.record.decisionId} takes something away while ${intentId} is under way`,
  at: placeOf(decision),
})
