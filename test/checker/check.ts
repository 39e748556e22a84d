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
import { sameRecord, type Replay } from './same-record.ts'
import { scaleInEvidence } from './scale-in-evidence.ts'
import { singleWriter } from './single-writer.ts'
import { staticStability } from './static-stability.ts'
import { timeAndOwner } from './time-and-owner.ts'
import { unknownIsNotDone } from './unknown-is-not-done.ts'
import { buildView, type View } from './view.ts'

/** Each answers for the invariants that its docstring names. */
const formulas: readonly ((view: View) => readonly Violation[])[] = [
  oneEffect, orderedEffects, oneVerdict, allOrNothing, registeredBand, scaleInEvidence, removalRate, bounds, singleWriter, staticStability,
  expiry, killSwitch, noLostInput, oneDecision, timeAndOwner, reservations, unknownIsNotDone, liveness,
]

/** `replay`: what deciding everything again with the product's own core found; without it S17 is checked as far as an outsider can. */
export const check = (evidence: Evidence, { replay }: { readonly replay?: Replay } = {}): CheckReport => {
  const view = buildView(evidence)
  return { violations: [...formulas.flatMap((formula) => formula(view)), ...sameRecord(view, replay)], counted: count(view) }
}
