/**
 * The independent checker: logs in, verdict out. It reads only what the outside world saw (evidence.ts), imports nothing of the product, and
 * asks one formula after the other. Each file beside this one states its formula, where it comes from, and where it is weaker than that.
 */
import { allOrNothing } from './all-or-nothing.ts'
import { bounds } from './bounds.ts'
import { count } from './counted.ts'
import type { CheckReport, Evidence, Violation } from './evidence.ts'
import { expiry } from './expiry.ts'
import { killSwitch } from './kill-switch.ts'
import { liveness } from './liveness.ts'
import { noLostInput } from './no-lost-input.ts'
import { oneDecision } from './one-decision.ts'
import { oneEffect } from './one-effect.ts'
import { oneVerdict } from './one-verdict.ts'
import { orderedEffects } from './ordered-effects.ts'
import { registeredBand } from './registered-band.ts'
import { removalRate } from './removal-rate.ts'
import { reservations } from './reservations.ts'
import { compared, sameRecord, type Replay } from './same-record.ts'
import { scaleInEvidence } from './scale-in-evidence.ts'
import { scaleInWaits } from './scale-in-waits.ts'
import { singleWriter } from './single-writer.ts'
import { stabilisation } from './stabilisation.ts'
import { unheardLoad } from './unheard-load.ts'
import { staticStability } from './static-stability.ts'
import { timeAndOwner } from './time-and-owner.ts'
import { unknownIsNotDone } from './unknown-is-not-done.ts'
import { buildViews, type View } from './view.ts'

type Formula = (view: View) => readonly Violation[]

/** Each answers for the invariants that its docstring names. These hold verdicts against the log that they were taken from. */
const ofVerdicts: readonly Formula[] = [scaleInEvidence, scaleInWaits, removalRate, stabilisation, unheardLoad, bounds, singleWriter, killSwitch, noLostInput, oneDecision, timeAndOwner]
const ofTheRun: readonly Formula[] = [
  oneEffect, orderedEffects, oneVerdict, allOrNothing, registeredBand, staticStability, expiry, reservations, unknownIsNotDone, liveness,
]

/** `replay`: what deciding everything again with the product's own core found; without it S17 is checked as far as an outsider can. */
export const check = (evidence: Evidence, { replay }: { readonly replay?: Replay } = {}): CheckReport => {
  const views = buildViews(evidence)
  const last = views.at(-1) as View
  const found = [
    ...ofTheRun.flatMap((formula) => formula(last)),
    ...views.flatMap((view) => [...ofVerdicts.flatMap((formula) => formula(view)), ...sameRecord(view)]),
    ...(replay === undefined ? [] : compared(last, replay)),
  ]
  return { violations: once(found), counted: count(last) }
}

/** What concerns effects alone is found with every life of the log. */
const once = (violations: readonly Violation[]): readonly Violation[] =>
  [...new Map(violations.map((one) => [JSON.stringify([one.invariant, one.service, one.detail, one.at]), one])).values()]
